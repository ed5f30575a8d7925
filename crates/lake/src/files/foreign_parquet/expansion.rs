//! How much the rows of a Parquet file mean, compared with its length.

use datafusion::arrow::array::{Array, RecordBatch, StringViewArray};

use super::limits::{BATCH_BYTES_MAX, EXPANSION_BYTES_FREE, EXPANSION_RATIO};

/// The bytes that a cell counts beside its text.
const CELL_BYTES: u64 = 8;

/// How much the rows read so far mean.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expansion {
    found: u64,
    most: u64,
}

impl Expansion {
    /// Begins to count for a file of so many bytes.
    pub(super) fn of_file(bytes: u64) -> Expansion {
        Expansion { found: 0, most: EXPANSION_BYTES_FREE.max(bytes.saturating_mul(EXPANSION_RATIO)) }
    }

    /// Adds rows; an error says that they are more than a file of this length may mean.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<(), String> {
        let cells = batch.num_rows() as u64 * batch.num_columns().max(1) as u64;
        let bytes = CELL_BYTES * cells + batch.columns().iter().map(text_bytes).sum::<u64>();
        if bytes > BATCH_BYTES_MAX {
            return Err(format!(
                "its next {} rows mean {bytes} bytes: expected at most {BATCH_BYTES_MAX}; leave its longest texts out",
                batch.num_rows()
            ));
        }
        self.found += bytes;
        if self.found > self.most {
            return Err(format!(
                "its rows mean more than {} bytes, {EXPANSION_RATIO} times the file's own: no table repeats itself so \
                 often; if this one does, write it as several files or as CSV",
                self.most
            ));
        }
        Ok(())
    }
}

fn text_bytes(column: &std::sync::Arc<dyn Array>) -> u64 {
    let Some(texts) = column.as_any().downcast_ref::<StringViewArray>() else { return 0 };
    // The length is in the lower 32 bits of a view.
    texts.views().iter().map(|view| u64::from(*view as u32)).sum()
}
