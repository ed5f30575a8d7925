//! What the events of a run are read from.

use super::earlier_ground::EarlierGround;
use super::fact_rows::KnownLeads;
use super::queries::{Queries, RawRows};
use crate::raw::Part;
use crate::sql_file::SqlFile;

/// What events are read from.
pub(super) struct EventReading<'a> {
    pub(super) raw: &'a RawRows<'a>,
    pub(super) queries: &'a Queries,
    pub(super) files: &'a [&'a SqlFile],
    pub(super) leads: KnownLeads<'a>,
    pub(super) earlier: EarlierGround<'a>,
}

impl EventReading<'_> {
    /// Returns the parts of a raw table.
    pub(super) fn parts(&self, table: &str) -> Vec<Part> {
        self.raw.state.tables.get(table).map(|table| table.parts.clone()).unwrap_or_default()
    }
}
