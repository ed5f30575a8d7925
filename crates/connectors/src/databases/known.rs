//! What earlier runs have read: the checkpoint of a database.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::table::{Table, TableColumn};
use crate::cell::CellKind;
use crate::error::Error;
use crate::sink::Checkpoint;

/// The layout of checkpoints that this program writes.
const VERSION: u32 = 1;

/// What was read of each table, by the name of its stream.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Known {
    version: u32,
    pub(super) tables: BTreeMap<String, KnownTable>,
}

/// What was read of a table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KnownTable {
    pub(super) columns: BTreeMap<String, KnownColumn>,
    /// Columns that earlier runs have read and that were not there, or of another type, when nobody asked for them.
    #[serde(default)]
    pub(super) gone: BTreeMap<String, KnownColumn>,
    pub(super) key: Vec<String>,
    /// The rows that the table had.
    pub(super) rows: u64,
    /// How many rows more it had than were known after it was read whole: those that were rejected, or have one key.
    pub(super) rows_unknown: u64,
    pub(super) cursor: Option<KnownCursor>,
    /// The server's transactions before this number had ended.
    pub(super) ended_before: Option<u64>,
    pub(super) identity: Option<String>,
    /// The numbers of the tables that had its rows; earlier programs did not look.
    #[serde(default)]
    pub(super) parts: Option<BTreeSet<i64>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KnownColumn {
    pub(super) declared: String,
    pub(super) kind: CellKind,
    /// What tells it from another of the same name; earlier programs did not look.
    #[serde(default)]
    pub(super) identity: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KnownCursor {
    pub(super) column: String,
    /// The largest value, as the database writes it.
    pub(super) last: Option<String>,
}

impl KnownColumn {
    /// Whether a column is the one that earlier runs have read, and has the values that they read unless rows were written.
    pub(super) fn is(&self, column: &TableColumn) -> bool {
        self.declared == column.declared && !self.was_replaced(column)
    }

    /// Whether another column of the same name has taken its place.
    pub(super) fn was_replaced(&self, column: &TableColumn) -> bool {
        self.identity.zip(column.identity).is_some_and(|(before, now)| before != now)
    }
}

impl KnownTable {
    /// Returns what is known of a column that some run has read.
    pub(super) fn column(&self, name: &str) -> Option<&KnownColumn> {
        self.columns.get(name).or_else(|| self.gone.get(name))
    }

    /// Returns the numbers of the parts that a table has and had not; `None` if it is not known which it had.
    pub(super) fn new_parts(&self, table: &Table) -> Option<Vec<i64>> {
        match &self.parts {
            Some(parts) => Some(table.parts.difference(parts).copied().collect()),
            None => table.parts.is_empty().then(Vec::new),
        }
    }
}

impl Known {
    /// Reads a checkpoint; without one nothing is known.
    pub(super) fn read(checkpoint: Option<&Checkpoint>) -> Result<Known, Error> {
        let Some(checkpoint) = checkpoint else { return Ok(Known { version: VERSION, tables: BTreeMap::new() }) };
        let way_out = "run the program that wrote it, or a newer one";
        let known = Known::deserialize(checkpoint)
            .map_err(|error| Error::new("the position of the last run cannot be read", way_out).because(error))?;
        if known.version != VERSION {
            let what = format!("the position of the last run has layout {}, expected {VERSION}", known.version);
            return Err(Error::new(what, way_out));
        }
        Ok(known)
    }

    /// Returns it as a checkpoint.
    pub(super) fn write(&self) -> Result<Checkpoint, Error> {
        serde_json::to_value(self)
            .map_err(|error| Error::new("the position cannot be written", "report this as a fault").because(error))
    }
}
