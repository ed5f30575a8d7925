//! The keys of leads in SQL: `leads:17`, `email:ada@example.org`; and which rows of a table count.

use plumb_tables::ColumnReading;

use crate::column_role::ColumnRole;
use crate::events::KnownAt;
use crate::sql::{Cell, identifier, literal, table};
use crate::summary::StoredKind;
use crate::tables::{Found, Path};
use crate::words::sql_name;

impl Found<'_> {
    /// Returns what the keys of a table begin with.
    pub(crate) fn prefix(&self, table: usize) -> String {
        let name = sql_name(self.tables[table].name.called());
        let is_shared = (0..self.tables.len()).any(|other| {
            other != table && self.keys[other].is_some() && sql_name(self.tables[other].name.called()) == name
        });
        if is_shared { format!("{}_{name}", sql_name(&self.tables[table].name.source)) } else { name }
    }

    pub(crate) fn cell<'a>(&'a self, table: usize, position: usize, alias: &'a str) -> Cell<'a> {
        Cell { alias, column: self.column(table, position) }
    }

    /// Returns the key of a table's row, which has one.
    pub(crate) fn own_key(&self, table: usize, alias: &str) -> Option<String> {
        let key = self.keys[table]?;
        Some(format!("{} || {}", literal(&format!("{}:", self.prefix(table))), self.cell(table, key, alias).key()))
    }

    /// Returns whether a table's keys are tied to leads by `identity.sql`: the leads themselves, what rows of other tables
    /// refer to, and what says in two ways whose it is, of which a row may lack one.
    pub(crate) fn is_identity(&self, of: usize) -> bool {
        let Some(path) = self.paths[of].as_ref().filter(|_| self.keys[of].is_some()) else { return false };
        let is_referred_to = || self.paths.iter().flatten().any(|path| path.points_to(of));
        match path {
            Path::Itself => true,
            Path::Key(link) => {
                let is_partly_filled = self.column(of, link.from.1).filled < self.tables[of].rows;
                is_partly_filled && self.with_role(of, ColumnRole::Email).is_some() || is_referred_to()
            }
            Path::Email(_) => is_referred_to(),
            Path::Through(..) => false,
        }
    }

    /// Returns the key that a table's row finds its lead by, and the table that has to be joined, if any.
    pub(crate) fn lead_key(&self, of: usize, alias: &str) -> Option<(String, Option<String>)> {
        match self.paths[of].as_ref()? {
            _ if self.is_identity(of) => Some((self.own_key(of, alias)?, None)),
            Path::Itself => Some((self.own_key(of, alias)?, None)),
            Path::Key(link) => {
                let prefix = literal(&format!("{}:", self.prefix(link.to.0)));
                Some((format!("{prefix} || {}", self.cell(of, link.from.1, alias).key()), None))
            }
            Path::Email(column) => Some((email_key(self.cell(of, *column, alias)), None)),
            Path::Through(pairs, to_me, onwards) => {
                let prefix = literal(&format!("{}:", self.prefix(onwards.to.0)));
                let key = format!("{prefix} || {}", self.cell(*pairs, onwards.from.1, "pairs").key());
                let (mine, theirs) =
                    (self.cell(of, to_me.to.1, alias).key(), self.cell(*pairs, to_me.from.1, "pairs").key());
                Some((key, Some(format!("JOIN {} pairs ON {theirs} = {mine}\n", table(&self.tables[*pairs].name)))))
            }
        }
    }

    /// Returns the conditions under which a table's rows count: neither deleted nor of a load that is not whole.
    pub(crate) fn conditions(&self, of: usize, alias: &str) -> Vec<String> {
        let mut conditions = Vec::new();
        for position in 0..self.tables[of].columns.len() {
            if self.role(of, position) != Some(ColumnRole::Deleted) {
                continue;
            }
            let cell = self.cell(of, position, alias);
            let is_time =
                cell.column.is_time() || cell.column.stored == StoredKind::Timestamp || cell.column.filled == 0;
            let is_text = matches!(cell.column.reading, ColumnReading::Text | ColumnReading::Identifier);
            conditions.push(match is_time || is_text {
                true => format!("{} IS NULL", cell.raw()),
                false => format!("NOT coalesce({}, false)", cell.flag()),
            });
        }
        let loads = |name: &str| {
            self.tables
                .iter()
                .find(|other| other.name.source == self.tables[of].name.source && other.name.table == name)
        };
        if let (Some(loads), Some(load)) = (loads("_dlt_loads"), self.tables[of].column("_dlt_load_id")) {
            let load = Cell { alias, column: load }.raw();
            conditions.push(format!("{load} IN (SELECT load_id FROM {})", table(&loads.name)));
        }
        conditions
    }

    /// Returns the time at which a row was known, for a column of its own, and why; `None` if nothing says it. `at` is when
    /// it happened.
    pub(crate) fn known_expression(
        &self,
        of: usize,
        known: &KnownAt,
        at: &str,
        alias: &str,
    ) -> Option<(String, String)> {
        let name = |position: usize| &self.column(of, position).name;
        match known {
            KnownAt::Unknown => None,
            KnownAt::Column(position) => {
                let why = format!(
                    "A row is known from `{}` on, when it was entered, and not from when it happened.",
                    name(*position)
                );
                Some((self.cell(of, *position, alias).time_column(), why))
            }
            KnownAt::Loaded(position, None) => {
                let why = format!("A row is known from `{}` on, when it was loaded.", name(*position));
                Some((self.loaded(of, *position, alias), why))
            }
            KnownAt::Loaded(position, first_load_end) => {
                let loaded = self.loaded(of, *position, alias);
                let end = first_load_end.and_then(chrono::DateTime::from_timestamp_micros)?;
                let end = end.format("%Y-%m-%dT%H:%M:%SZ");
                let why = format!(
                    "Rows are known from `{0}` on, when they were loaded. Those of the first load, until {end}, had been known to the \
                     source before: they count as known when they happened, since nothing says better.",
                    name(*position)
                );
                Some((format!("CASE WHEN {loaded} < parse_timestamp('{end}') THEN {at} ELSE {loaded} END"), why))
            }
        }
    }

    /// Returns when a loader copied a row.
    pub(crate) fn loaded(&self, of: usize, position: usize, alias: &str) -> String {
        let cell = self.cell(of, position, alias);
        match cell.column.name.as_str() {
            "_dlt_load_id" => format!("parse_timestamp({}, 'unix')", cell.text()),
            _ => cell.time(),
        }
    }

    /// Returns a row's name for messages.
    pub(crate) fn origin(alias: &str) -> String {
        format!("{alias}.{}", identifier("_origin"))
    }
}

/// Returns the key of an address.
pub(crate) fn email_key(cell: Cell<'_>) -> String {
    format!("'email:' || normalise_email({})", cell.text())
}

/// Returns a WHERE clause, or nothing.
pub(crate) fn where_clause(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!("WHERE {}\n", conditions.join("\n  AND ")) }
}
