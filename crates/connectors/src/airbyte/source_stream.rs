//! A stream of a source in one run: its rows, what the source says of its progress, and what it has changed.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::records::{Object, RecordStream};
use crate::sink::Sink;

/// The field that has a value if the row was deleted.
pub(super) const DELETED_FIELD: &str = "_ab_cdc_deleted_at";

/// How many kinds of changes are told apart, of a stream.
const CHANGES_MAX: usize = 1_000;

/// What was heard of a stream until now.
#[derive(Debug)]
pub(super) struct SourceStream {
    pub(super) records: RecordStream,
    /// Records since the last state that counts them.
    pub(super) uncounted: u64,
    pub(super) status: Status,
    /// Whether it is decided what its completeness means.
    pub(super) is_settled: bool,
    /// Fields that the source has emptied or shortened, with what it did.
    changes: BTreeMap<(String, String), u64>,
}

/// What a source says of a stream's progress.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Status {
    Unknown,
    Running,
    Complete,
    Incomplete,
}

impl SourceStream {
    /// Returns a stream of which nothing has come.
    pub(super) fn new(records: RecordStream) -> SourceStream {
        let changes = BTreeMap::new();
        SourceStream { records, uncounted: 0, status: Status::Unknown, is_settled: false, changes }
    }

    /// Says what somebody should know of it at the end of a run.
    pub(super) fn notes(&self, sink: &mut dyn Sink) {
        self.records.notes(sink);
        for ((field, change), count) in &self.changes {
            let what = format!("the source itself has changed values of `{field}`: {change}");
            let way_out = "see in the source's documentation which values it cannot give";
            sink.note(self.records.name(), Some(field), *count, what, way_out.into());
        }
    }

    /// Ends a stream of which all has come: rows of a whole one that were not named are deleted.
    pub(super) fn settle(&mut self, is_readable: bool, sink: &mut dyn Sink) -> Result<(), Error> {
        self.is_settled = true;
        self.records.begin(sink)?;
        if !self.records.is_whole || !self.records.has_begun() {
            return Ok(());
        }
        if self.records.rejected() > 0 || !is_readable {
            self.note_not_deleted("some of its rows cannot be read, so that nothing was called deleted", sink);
            return Ok(());
        }
        sink.delete_unheard(self.records.name())
    }

    pub(super) fn note_not_deleted(&self, why: &str, sink: &mut dyn Sink) {
        let what = format!("{why}: rows that are gone from the system may still be here");
        sink.note(self.records.name(), None, 1, what, "see the other notes of the stream, and read it again".into());
    }

    /// Counts the values of a record that the source says it has changed.
    pub(super) fn count_changes(&mut self, record: &Object) {
        let changes: Vec<Object> = record.object("meta").and_then(|meta| meta.read("changes")).unwrap_or_default();
        for change in changes {
            let [field, kind, reason] = ["field", "change", "reason"].map(|name| change.text(name).unwrap_or_default());
            let what = if reason.is_empty() { kind.into_owned() } else { format!("{kind} ({reason})") };
            let is_known = self.changes.len() < CHANGES_MAX;
            let what = if is_known { what } else { "in many ways".to_owned() };
            let field = if is_known { field } else { "".into() };
            *self.changes.entry((field.into_owned(), what)).or_default() += 1;
        }
    }
}
