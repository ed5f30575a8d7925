//! A raw table as records of text: of rows with a key the newest, as SQL sees them.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::row_hash::DELETED;
use super::state::TableState;
use crate::error::Error;
use crate::files::parquet_records::{Keep, ParquetRecords};

/// Returns the records of a raw table.
pub(crate) fn records_of(raw_folder: &Path, name: &str, table: &TableState) -> Result<ParquetRecords, Error> {
    let files: Vec<PathBuf> = table.parts.iter().map(|part| raw_folder.join(&part.path)).collect();
    let keep = if table.has_versions { Keep::Newest(newest(&files)?) } else { Keep::All };
    // The columns of our own begin so, and no column of a source is called like one of them.
    let is_own =
        |column: &str| ["_origin", "_learned_at", "_deleted_at", "_hash", "_key", "_sequence"].contains(&column);
    Ok(ParquetRecords::of_files(name, files, keep, |column| !is_own(column))?)
}

/// Returns the number of the newest row of each key that is not deleted.
fn newest(files: &[PathBuf]) -> Result<HashMap<i64, i64>, Error> {
    let doing = "read raw rows";
    let mut newest = HashMap::new();
    for path in files {
        let file = File::open(path).map_err(Error::file("open", path))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(Error::engine(doing))?;
        let mask = ProjectionMask::columns(builder.parquet_schema(), ["_key", "_sequence", "_hash"]);
        for batch in builder.with_projection(mask).build().map_err(Error::engine(doing))? {
            let batch = batch.map_err(Error::engine(doing))?;
            let [keys, sequences, hashes] =
                ["_key", "_sequence", "_hash"].map(|name| batch[name].as_primitive::<Int64Type>().values());
            // Parts are in their order, and so are their rows.
            for ((key, sequence), hash) in keys.iter().zip(sequences).zip(hashes) {
                match *hash == DELETED {
                    true => newest.remove(key),
                    false => newest.insert(*key, *sequence),
                };
            }
        }
    }
    Ok(newest)
}
