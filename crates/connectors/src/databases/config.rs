//! What is read of a database, and how.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use super::table::Table;
use crate::selection::Selection;

/// How far behind the cursor's last value rows are read again: long enough for most transactions, short enough that few
/// rows are read twice.
const LOOK_BACK: Duration = Duration::from_secs(60 * 60);

/// How far behind its last value a cursor that counts is read again: numbers are given before a transaction ends.
pub(super) const LOOK_BACK_NUMBERS: u32 = 10_000;

/// Up to so many rows a table is read whole although it has a cursor: that takes seconds, and misses nothing.
const WHOLE_ROWS_MAX: u64 = 100_000;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// A query may look through a large table before it has a first row to give.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// The program that keeps a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// PostgreSQL, and what speaks as it does.
    Postgres,
    /// MySQL or MariaDB.
    MySql,
    /// A file of SQLite.
    Sqlite,
}

/// What is read of a database, and how. Tables are named as in `tables`, or as the stream is that they become.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// The program that keeps it.
    pub kind: DatabaseKind,
    /// Its address, password included; of SQLite the path of the file.
    pub url: String,
    /// The tables to read; empty is all that can be read. `schema.table` is a table of another schema, and becomes the
    /// stream `schema_table`.
    pub tables: Vec<String>,
    /// For a table, the column that grows when a row is added or changed.
    pub cursor: BTreeMap<String, String>,
    /// How far behind the cursor's last value rows are read again, if the cursor is a moment; one hour unless it is set.
    pub look_back: Duration,
    /// For a table, the columns that no two rows have in common; its primary key unless it is set.
    pub key: BTreeMap<String, Vec<String>>,
    /// For a table, the columns that are read, beside those of its key and its cursor; all of a table that is not named.
    pub columns: BTreeMap<String, BTreeSet<String>>,
    /// What SQL asks for, by the name of the stream, whatever its letters' case; `None` is all that there is. What cannot be
    /// read any more is an error only if somebody asks for it.
    pub asked: Option<BTreeMap<String, Selection>>,
    /// Whether no more is read than is asked for: no table that `asked`, `tables` and the other settings leave out, and of a
    /// table that has a key no other column. What earlier runs have read is read on.
    pub only_asked: bool,
    /// The tables with a cursor of which all keys are read each time, so that deleted rows are found.
    pub compare_keys: BTreeSet<String>,
    /// The tables that may come back without a row although they had some: all their rows are then called deleted.
    pub allow_empty: BTreeSet<String>,
    /// The tables and columns (`table.column`) that earlier runs have read and that may be gone.
    pub gone: BTreeSet<String>,
    /// Up to so many rows a table is read whole although it has a cursor; 100,000 unless it is set. A file of SQLite, which
    /// is near, ten times as many.
    pub whole_rows_max: u64,
    /// How long a connection may take; 30 seconds unless it is set.
    pub connect_timeout: Duration,
    /// How long a statement may go without a row or an end; 10 minutes unless it is set.
    pub statement_timeout: Duration,
}

impl DatabaseConfig {
    /// Returns how a database is read of which nothing is known but its address.
    pub fn new(kind: DatabaseKind, url: impl Into<String>) -> DatabaseConfig {
        DatabaseConfig {
            kind,
            url: url.into(),
            tables: Vec::new(),
            cursor: BTreeMap::new(),
            look_back: LOOK_BACK,
            key: BTreeMap::new(),
            columns: BTreeMap::new(),
            asked: None,
            only_asked: false,
            compare_keys: BTreeSet::new(),
            allow_empty: BTreeSet::new(),
            gone: BTreeSet::new(),
            whole_rows_max: WHOLE_ROWS_MAX,
            connect_timeout: CONNECT_TIMEOUT,
            statement_timeout: STATEMENT_TIMEOUT,
        }
    }
}

/// Without the address, which has a password.
impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = formatter.debug_struct("DatabaseConfig");
        parts.field("kind", &self.kind).field("tables", &self.tables).field("cursor", &self.cursor);
        parts.finish_non_exhaustive()
    }
}

/// Returns what a map says of a table.
pub(super) fn of<'a, T>(map: &'a BTreeMap<String, T>, table: &Table) -> Option<&'a T> {
    map.get(&table.stream).or_else(|| map.get(&table.label))
}

/// Returns whether a set names a table.
pub(super) fn names(set: &BTreeSet<String>, table: &Table) -> bool {
    set.contains(&table.stream) || set.contains(&table.label)
}
