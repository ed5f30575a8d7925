//! The first rows of a file as a source of records of their own.

use plumb_tables::{Error, FilePlan, Note, Record, RecordSource, Records, SetAside};

/// The first rows of a source.
pub(super) struct Head<'a> {
    pub(super) source: &'a dyn RecordSource,
    /// How many rows.
    pub(super) rows_max: usize,
}

/// The most rows that are kept at once.
const ROWS_KEPT: usize = 10_000;

impl Head<'_> {
    /// Returns its first rows.
    pub(super) fn rows(&self) -> Result<Vec<Record>, Error> {
        let (mut records, mut rows) = (self.source.open()?, Vec::new());
        let mut record = Record::new();
        while rows.len() < self.rows_max.min(ROWS_KEPT) && records.next(&mut record)?.is_some() {
            rows.push(record.clone());
        }
        Ok(rows)
    }
}

struct HeadRecords {
    records: Box<dyn Records + Send>,
    left: usize,
}

impl RecordSource for Head<'_> {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn open(&self) -> Result<Box<dyn Records + Send>, Error> {
        Ok(Box::new(HeadRecords { records: self.source.open()?, left: self.rows_max }))
    }

    fn plan(&self) -> &FilePlan {
        self.source.plan()
    }

    fn notes(&self) -> &[Note] {
        self.source.notes()
    }
}

impl Records for HeadRecords {
    fn names(&self) -> &[String] {
        self.records.names()
    }

    fn next(&mut self, record: &mut Record) -> Result<Option<u64>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.records.next(record)
    }

    fn take_set_aside(&mut self) -> Vec<SetAside> {
        self.records.take_set_aside()
    }

    fn progress(&self) -> (u64, u64) {
        self.records.progress()
    }
}
