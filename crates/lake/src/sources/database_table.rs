//! A database's table into the raw rows, row by row; with a cursor, only its new rows.

use futures::{Stream, TryStreamExt};

use super::source_pull::SourcePull;
use crate::error::Error;
use crate::raw::{RawTable, RejectedRow};
use crate::timestamp::from_micros;
use plumb_connectors::{Cell, CellKind};

/// The bytes that a cell counts beside its text.
const CELL_BYTES: u64 = 8;

/// A table as its database describes it.
pub(super) struct TableSpec {
    pub(super) name: String,
    pub(super) columns: Vec<(String, CellKind)>,
    pub(super) key: Vec<String>,
}

/// The cells of a row, or why one cannot be read.
pub(super) type Cells = Vec<Result<Cell, String>>;

/// A table that is being read. The databases differ only in their queries and in how a cell is read.
pub(super) struct TableReading<'a> {
    spec: &'a TableSpec,
    table: RawTable,
    cursor: Option<String>,
    /// The cursor's largest value so far; before the first row, that of the last run.
    last: Option<String>,
    line: u64,
    /// What further rows may hold: 8 bytes a cell, and the length of each text.
    bytes_left: u64,
}

impl<'a> TableReading<'a> {
    /// Opens a table for its new rows; `None` if it is not among the source's `tables`.
    pub(super) fn open(pull: &SourcePull<'_>, spec: &'a TableSpec) -> Result<Option<TableReading<'a>>, Error> {
        let wanted = &pull.source.tables;
        if !wanted.is_empty() && !wanted.contains(&spec.name) {
            return Ok(None);
        }
        let (cursor, last) = cursor_of(pull, spec)?;
        let key = pull.source.key.get(&spec.name).unwrap_or(&spec.key).clone();
        if let Some(missing) = key.iter().find(|key| spec.columns.iter().all(|(column, _)| column != *key)) {
            let problem = format!("table `{}` has no column `{missing}` for its key", spec.name);
            return Err(pull.error(problem, "name columns that no two rows have in common"));
        }
        (pull.progress)(&format!("reading {}: {}", pull.name, spec.name));
        let table = RawTable::open(pull.name, &spec.name, spec.columns.clone(), key, pull.raw_folder, pull.state)?;
        Ok(Some(TableReading { spec, table, cursor, last, line: 0, bytes_left: u64::MAX }))
    }

    /// Returns the same, for rows of no more than so many bytes: 8 a cell, and the length of each text.
    pub(super) fn within(self, bytes: u64) -> TableReading<'a> {
        TableReading { bytes_left: bytes, ..self }
    }

    /// Returns the cursor's column and the value from which on rows are read; `None` if all are read.
    pub(super) fn since(&self) -> Option<(&str, &str)> {
        self.cursor.as_deref().zip(self.last.as_deref())
    }

    /// Adds all rows of a query.
    pub(super) async fn add_all<R>(
        &mut self,
        mut rows: impl Stream<Item = Result<R, sqlx::Error>> + Unpin,
        cells_of: impl Fn(&R, &[(String, CellKind)]) -> Cells,
        pull: &mut SourcePull<'_>,
    ) -> Result<(), Error> {
        let doing = format!("read table `{}`", self.spec.name);
        while let Some(row) = rows.try_next().await.map_err(database_error(pull.name, &doing))? {
            self.line += 1;
            pull.report.rows_read += 1;
            let cells = cells_of(&row, &self.spec.columns);
            self.count(&cells, pull)?;
            self.add(cells, pull)?;
        }
        Ok(())
    }

    /// Counts what a row holds, and stops where a table holds more than it can.
    fn count(&mut self, cells: &Cells, pull: &SourcePull<'_>) -> Result<(), Error> {
        let text = |cell: &Result<Cell, String>| match cell {
            Ok(Cell::Text(text)) => text.len() as u64,
            _ => 0,
        };
        let bytes: u64 = cells.iter().map(|cell| CELL_BYTES + text(cell)).sum();
        let left = self.bytes_left.checked_sub(bytes);
        self.bytes_left = left.ok_or_else(|| {
            let (table, line) = (&self.spec.name, self.line);
            let problem = format!("table `{table}` holds more by row {line} than a file of this length can");
            pull.error(
                problem,
                "if it is a view that repeats itself, name the tables to read by `tables` in plumb.toml",
            )
        })?;
        Ok(())
    }

    fn add(&mut self, cells: Cells, pull: &mut SourcePull<'_>) -> Result<(), Error> {
        let (spec, line) = (self.spec, self.line);
        let origin = format!("{}.{}", pull.name, spec.name);
        let mut row = vec![Cell::Null; self.table.columns().len()];
        for ((column, _), cell) in spec.columns.iter().zip(cells) {
            let cell = match cell {
                Ok(cell) => cell,
                Err(reason) => {
                    pull.rejected.push(RejectedRow { file: origin, line, field: column.clone(), reason });
                    return Ok(());
                }
            };
            if self.cursor.as_ref() == Some(column) {
                advance(&mut self.last, &cell);
            }
            row[self.position(column).expect("opened with these columns")] = cell;
        }
        let key: Vec<String> =
            spec.key.iter().filter_map(|key| self.position(key)).map(|position| cell_text(&row[position])).collect();
        let origin = if key.is_empty() { format!("{origin}:{line}") } else { format!("{origin}:{}", key.join("/")) };
        self.table.push(row, origin)
    }

    fn position(&self, column: &str) -> Option<usize> {
        self.table.columns().iter().position(|(known, _)| known == column)
    }

    /// Writes what is left, and counts the new rows.
    pub(super) fn finish(self, pull: &mut SourcePull<'_>) -> Result<(), Error> {
        pull.report.rows_new += self.table.finish(self.last, pull.state)?;
        Ok(())
    }
}

/// Returns the cursor's column and its last value.
fn cursor_of(pull: &SourcePull<'_>, spec: &TableSpec) -> Result<(Option<String>, Option<String>), Error> {
    let Some(cursor) = pull.source.cursor.get(&spec.name) else { return Ok((None, None)) };
    let problem = match spec.columns.iter().find(|(column, _)| column == cursor) {
        Some((_, CellKind::Text | CellKind::Integer | CellKind::Timestamp)) => {
            let table = pull.state.tables.get(&format!("{}.{}", pull.name, spec.name));
            return Ok((Some(cursor.clone()), table.and_then(|table| table.cursor.clone())));
        }
        Some(_) => format!("cursor `{cursor}` of table `{}` has no order to go by", spec.name),
        None => format!("table `{}` has no column `{cursor}` for its cursor", spec.name),
    };
    Err(pull.error(problem, "name a column that grows with every change, or leave the cursor out"))
}

/// Advances the cursor, which is stored as text: numbers are compared as numbers, all else as the database writes it.
fn advance(last: &mut Option<String>, cell: &Cell) {
    if matches!(cell, Cell::Null) {
        return;
    }
    let text = cell_text(cell);
    let later = match (&*last, cell) {
        (None, _) => true,
        (Some(known), Cell::Integer(value)) => known.parse::<i64>().is_ok_and(|known| *value > known),
        (Some(known), _) => text > *known,
    };
    if later {
        *last = Some(text);
    }
}

fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Integer(value) => value.to_string(),
        Cell::Real(value) => value.to_string(),
        Cell::Flag(value) => value.to_string(),
        Cell::Timestamp(value) => from_micros(*value).format("%Y-%m-%d %H:%M:%S%.6f+00").to_string(),
    }
}

/// Returns an identifier in quotes.
pub(super) fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// Returns what makes an error of a database's error.
pub(super) fn database_error(source: &str, doing: &str) -> impl FnOnce(sqlx::Error) -> Error + use<> {
    let (source_name, doing) = (source.to_owned(), doing.to_owned());
    move |source| Error::Database { source_name, doing, source }
}
