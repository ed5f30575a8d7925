//! A run over the tables of a database: which rows of each are read, and what is known afterwards.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;

use super::asked::tell_left_out;
use super::checks::{check_tables, cursor_of, key_of, wanted_columns};
use super::config::{DatabaseConfig, DatabaseKind, names};
use super::kinds::settled_kind;
use super::known::{Known, KnownColumn, KnownCursor, KnownTable};
use super::reading::Reading;
use super::since;
use super::table::{Horizon, Order, Query, Server, Table, TableColumn};
use crate::cell::CellKind;
use crate::error::Error;
use crate::sink::{Checkpoint, Sink};

/// A file of SQLite is near: this many times more of its rows are read whole.
const SQLITE_ROWS_RATIO: u64 = 10;

/// Reads all tables.
pub(super) async fn run<S: Server>(
    mut server: S,
    config: &DatabaseConfig,
    checkpoint: Option<&Checkpoint>,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let mut known = Known::read(checkpoint)?;
    let mut listing = server.list(&config.tables).await?;
    tell_left_out(&mut listing, config)?;
    check_tables(&mut listing.tables, &known, config, &mut listing.notes)?;
    let horizon = server.horizon().await?;
    for table in &listing.tables {
        check_rows(&mut server, table, &known, config).await?;
    }
    for note in listing.notes {
        sink.note(&note.stream, note.column.as_deref(), note.count, note.what, note.way_out);
    }
    for table in &listing.tables {
        sink.progress(&table.stream);
        let before = known.tables.get(&table.stream).cloned();
        let mut run = TableRun::new(&mut server, table, before, horizon, config, sink).await?;
        let read = AssertUnwindSafe(run.read(sink)).catch_unwind().await;
        let after = read.unwrap_or_else(|_| Err(run.panicked()))?;
        known.tables.insert(table.stream.clone(), after);
    }
    server.end().await?;
    sink.checkpoint(known.write()?)
}

/// Stops at a table that had rows and has none: more often a mistake than true, and it would call all of them deleted.
async fn check_rows<S: Server>(
    server: &mut S,
    table: &Table,
    known: &Known,
    config: &DatabaseConfig,
) -> Result<(), Error> {
    let rows = known.tables.get(&table.stream).map_or(0, |known| known.rows);
    if rows == 0 || names(&config.allow_empty, table) {
        return Ok(());
    }
    let sql = format!("SELECT 'x' FROM {} LIMIT 1", table.sql);
    let doing = format!("look at table `{}`", table.label);
    if server.text(Query { sql, bind: None, doing }).await?.is_some() {
        return Ok(());
    }
    let what = format!("table `{}` has no rows, {rows} are known", table.label);
    let way_out = format!("see why it is empty; if it is meant to be, write `allow_empty = [\"{}\"]`", table.label);
    Err(Error::new(what, way_out))
}

/// One table of a run.
struct TableRun<'a, S> {
    server: &'a mut S,
    config: &'a DatabaseConfig,
    reading: Reading<'a>,
    cursor: Option<(TableColumn, Order)>,
    before: Option<KnownTable>,
    horizon: Option<Horizon>,
}

impl<'a, S: Server> TableRun<'a, S> {
    async fn new(
        server: &'a mut S,
        table: &'a Table,
        before: Option<KnownTable>,
        horizon: Option<Horizon>,
        config: &'a DatabaseConfig,
        sink: &mut dyn Sink,
    ) -> Result<TableRun<'a, S>, Error> {
        let key = key_of(table, config)?;
        let cursor = cursor_of(table, config)?;
        let columns = wanted_columns(table, &key, cursor, before.as_ref(), config)?;
        let mut kinds = Vec::with_capacity(columns.len());
        for column in &columns {
            kinds.push(settled_kind(server, table, column, before.as_ref(), &key, config, sink).await?);
        }
        let cursor = cursor.cloned().and_then(|column| column.order.map(|order| (column, order)));
        let horizon = horizon.filter(|_| table.has_transactions);
        Ok(TableRun { server, config, reading: Reading::new(table, columns, kinds, key), cursor, before, horizon })
    }

    /// Reads the table, and returns what is known of it afterwards.
    async fn read(&mut self, sink: &mut dyn Sink) -> Result<KnownTable, Error> {
        let mut count = None;
        let since = if self.cursor.is_some() && self.before.is_some() {
            count = Some(self.count().await?);
            self.since(count)
        } else {
            None
        };
        let mut rows_unknown = self.before.as_ref().map_or(0, |before| before.rows_unknown);
        match (since, count) {
            (Some((condition, last)), Some(rows)) => {
                self.read_since(condition, last, sink).await?;
                let missed = self.missed(rows, sink);
                self.tell_deleted(rows, sink);
                if missed > rows_unknown {
                    self.tell_missed(missed, rows, sink);
                    self.read_whole(sink).await?;
                    rows_unknown = self.missed(rows, sink);
                }
            }
            _ => {
                self.read_whole(sink).await?;
                let rows = self.reading.number;
                count = Some(rows);
                rows_unknown =
                    sink.rows_known(&self.reading.table.stream).map_or(0, |known| rows.saturating_sub(known));
            }
        }
        self.reading.tell_untold(sink);
        self.known_after(count.unwrap_or_default(), rows_unknown).await
    }

    /// Returns the condition of the rows that are new or changed, and what stands in its placeholder; `None` if all are
    /// to be read.
    fn since(&self, count: Option<u64>) -> Option<(String, String)> {
        let (before, (column, order)) = (self.before.as_ref()?, self.cursor.as_ref()?);
        let ratio = if self.config.kind == DatabaseKind::Sqlite { SQLITE_ROWS_RATIO } else { 1 };
        let is_small = count? <= self.config.whole_rows_max.saturating_mul(ratio);
        let is_known = |column: &TableColumn| before.columns.get(&column.name).is_some_and(|known| known.is(column));
        let has_all_columns = self.reading.columns.iter().all(is_known);
        let known = before.cursor.as_ref().filter(|known| known.column == column.name)?;
        let is_same = before.identity == self.reading.table.identity && before.key == self.reading.key;
        if is_small || !has_all_columns || !is_same {
            return None;
        }
        let (last, parts) = (known.last.clone()?, before.new_parts(self.reading.table)?);
        let written = self.horizon.and_then(|horizon| since::written_since(horizon, before.ended_before?));
        let look_back = if written.is_some() { Duration::ZERO } else { self.config.look_back };
        let mut condition = self.server.since(column, *order, look_back);
        condition.push_str(&since::others(column, written, &parts));
        Some((condition, last))
    }

    async fn read_since(&mut self, condition: String, last: String, sink: &mut dyn Sink) -> Result<(), Error> {
        let table = self.reading.table;
        let compares = names(&self.config.compare_keys, table);
        self.reading.begin(compares, sink)?;
        self.read_rows(Some((condition, last)), sink).await?;
        if compares {
            self.read_keys(sink).await?;
            self.reading.delete_unheard(sink)?;
        }
        Ok(())
    }

    async fn read_whole(&mut self, sink: &mut dyn Sink) -> Result<(), Error> {
        self.reading.begin(!self.reading.key.is_empty(), sink)?;
        self.read_rows(None, sink).await?;
        self.reading.delete_unheard(sink)
    }

    async fn read_rows(&mut self, since: Option<(String, String)>, sink: &mut dyn Sink) -> Result<(), Error> {
        let (condition, bind) = since.unzip();
        let columns = self.reading.columns.clone();
        let sql = select(&columns, self.reading.table, condition);
        let doing = format!("read table `{}`", self.reading.table.label);
        let reading = &mut self.reading;
        self.server.rows(Query { sql, bind, doing }, &columns, &mut |values| reading.row(values, sink)).await
    }

    async fn read_keys(&mut self, sink: &mut dyn Sink) -> Result<(), Error> {
        sink.progress(&format!("{}: all keys", self.reading.table.stream));
        let positions = self.reading.key_positions();
        let columns: Vec<TableColumn> =
            positions.into_iter().map(|index| self.reading.columns[index].clone()).collect();
        let sql = select(&columns, self.reading.table, None);
        let doing = format!("read the keys of table `{}`", self.reading.table.label);
        let reading = &mut self.reading;
        self.server.rows(Query { sql, bind: None, doing }, &columns, &mut |values| reading.heard(values, sink)).await
    }

    async fn count(&mut self) -> Result<u64, Error> {
        let table = self.reading.table;
        let sql = format!("SELECT CAST(count(*) AS {}) FROM {}", text_type(self.config.kind), table.sql);
        let doing = format!("count the rows of table `{}`", table.label);
        let count = self.server.text(Query { sql, bind: None, doing }).await?;
        let what = || Error::new(format!("table `{}` has no count of rows", table.label), "report this as a fault");
        count.and_then(|count| count.parse().ok()).ok_or_else(what)
    }

    /// Returns how many rows the table has that are not known after its new ones were read.
    fn missed(&self, rows: u64, sink: &mut dyn Sink) -> u64 {
        let read = self.before.as_ref().map_or(0, |before| before.rows) + self.reading.number;
        rows.saturating_sub(sink.rows_known(&self.reading.table.stream).unwrap_or(read))
    }

    fn tell_missed(&self, missed: u64, rows: u64, sink: &mut dyn Sink) {
        let table = self.reading.table;
        let cursor = self.cursor.as_ref().map_or("", |(column, _)| &column.name);
        let what = format!(
            "the table has {rows} rows, {} were known: it was read whole, for the cursor `{cursor}` does not tell all",
            rows - missed
        );
        let way_out =
            "if this happens often, leave its cursor out, or name one that grows with every change".to_owned();
        sink.note(&table.stream, None, missed, what, way_out);
    }

    fn tell_deleted(&self, rows: u64, sink: &mut dyn Sink) {
        let table = self.reading.table;
        if names(&self.config.compare_keys, table) {
            return;
        }
        let before = self.before.as_ref().map_or(0, |before| before.rows);
        let known = sink.rows_known(&table.stream).unwrap_or(before);
        if known > rows {
            let what =
                format!("the table has {rows} rows, {known} are known: rows were deleted, and a cursor does not tell");
            let way_out = format!("write `compare_keys = [\"{}\"]`, which reads all keys each time", table.label);
            sink.note(&table.stream, None, known - rows, what, way_out);
        }
    }

    async fn known_after(&mut self, rows: u64, rows_unknown: u64) -> Result<KnownTable, Error> {
        let cursor = match &self.cursor {
            None => None,
            Some((column, order)) => {
                let sql = self.server.last(self.reading.table, column, *order);
                let doing = format!("read the last `{}` of table `{}`", column.name, self.reading.table.label);
                let last = self.server.text(Query { sql, bind: None, doing }).await?;
                Some(KnownCursor { column: column.name.clone(), last })
            }
        };
        let columns = self.reading.columns.iter().zip(&self.reading.kinds);
        let before = self.before.as_ref().map(|before| before.columns.iter().chain(&before.gone));
        let is_read = |name: &String| self.reading.columns.iter().any(|column| column.name == *name);
        let gone = before.into_iter().flatten().filter(|(name, _)| !is_read(name));
        let known = |(column, kind): (&TableColumn, &CellKind)| {
            (
                column.name.clone(),
                KnownColumn { declared: column.declared.clone(), kind: *kind, identity: column.identity },
            )
        };
        Ok(KnownTable {
            gone: gone.map(|(name, column)| (name.clone(), column.clone())).collect(),
            columns: columns.map(known).collect(),
            key: self.reading.key.clone(),
            rows,
            rows_unknown,
            cursor,
            ended_before: self.horizon.map(|horizon| horizon.ended_before),
            identity: self.reading.table.identity.clone(),
            parts: Some(self.reading.table.parts.clone()),
        })
    }

    fn panicked(&self) -> Error {
        let Reading { table, columns, number, column, .. } = &self.reading;
        let column = columns.get(*column).map_or("", |column| &column.name);
        let what = format!("reading table `{}` failed in the program, at row {number}, column `{column}`", table.label);
        Error::new(what, "leave the column out, or read a view that casts it to text, and report this as a fault")
    }
}

fn select(columns: &[TableColumn], table: &Table, condition: Option<String>) -> String {
    let list = columns.iter().map(|column| column.select.as_str()).collect::<Vec<_>>().join(", ");
    let condition = condition.map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
    format!("SELECT {list} FROM {}{condition}", table.sql)
}

fn text_type(kind: DatabaseKind) -> &'static str {
    if kind == DatabaseKind::MySql { "CHAR" } else { "TEXT" }
}
