//! A sink for tests of messages: it counts, and checks what every sink may rely on.

use std::collections::BTreeMap;

use crate::cell::Cell;
use crate::error::Error;
use crate::sink::{Checkpoint, Sink};
use crate::stream::{Row, Stream};

/// What was given.
#[derive(Debug, Default)]
pub(crate) struct CountingSink {
    pub(crate) streams: BTreeMap<String, Stream>,
    pub(crate) rows: u64,
    pub(crate) rejected: u64,
    pub(crate) deleted: Vec<String>,
    pub(crate) checkpoints: Vec<Checkpoint>,
    pub(crate) notes: Vec<String>,
}

impl Sink for CountingSink {
    fn begin(&mut self, stream: &Stream) -> Result<(), Error> {
        assert!(
            !stream.columns.is_empty()
                && stream.key.iter().all(|key| stream.columns.iter().any(|column| column.name == *key))
        );
        self.streams.insert(stream.name.clone(), stream.clone());
        Ok(())
    }

    fn row(&mut self, stream: &str, row: Row) -> Result<(), Error> {
        assert_eq!(row.cells.len(), self.streams[stream].columns.len());
        self.rows += 1;
        Ok(())
    }

    fn heard(&mut self, _stream: &str, _key: &[Cell]) -> Result<(), Error> {
        Ok(())
    }

    fn reject(&mut self, _stream: &str, _number: u64, _column: &str, _reason: String) -> Result<(), Error> {
        self.rejected += 1;
        Ok(())
    }

    fn delete_unheard(&mut self, stream: &str) -> Result<(), Error> {
        assert!(self.streams[stream].is_whole);
        self.deleted.push(stream.to_owned());
        Ok(())
    }

    fn checkpoint(&mut self, checkpoint: Checkpoint) -> Result<(), Error> {
        self.checkpoints.push(checkpoint);
        Ok(())
    }

    fn note(&mut self, _stream: &str, _column: Option<&str>, count: u64, what: String, _way_out: String) {
        self.notes.push(format!("{count} {what}"));
    }

    fn progress(&mut self, _what: &str) {}
}
