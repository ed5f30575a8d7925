//! Tables into SQLite and PostgreSQL: many rows a statement, everything in one transaction.

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Executor, PgConnection, SqliteConnection};

use super::calendar::{self, Moment};

/// Rows a statement. SQLite takes 32,766 parameters: 500 rows of the widest table are 11,000.
const ROWS: usize = 500;

/// A table and its columns; the first is the primary key.
pub(super) struct Sheet {
    pub(super) name: &'static str,
    pub(super) columns: &'static [(&'static str, Kind)],
}

/// The type of a column.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Text,
    Integer,
    Real,
    Flag,
    Moment,
}

/// One value.
pub(super) enum Cell {
    Null,
    Text(String),
    Word(&'static str),
    Integer(i64),
    Real(f64),
    Flag(bool),
    Moment(Moment),
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Null, Into::into)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<&'static str> for Cell {
    fn from(word: &'static str) -> Cell {
        Cell::Word(word)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Cell {
        Cell::Integer(number)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Cell {
        Cell::Real(number)
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Cell {
        Cell::Flag(flag)
    }
}

/// Creates the table and fills it. SQLite has no type for moments: they become text, UTC.
pub(super) async fn fill_sqlite(
    connection: &mut SqliteConnection,
    sheet: &Sheet,
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<()> {
    let failed = || format!("cannot write table `{}`", sheet.name);
    let create = sheet.create(|kind| match kind {
        Kind::Text | Kind::Moment => "TEXT",
        Kind::Integer => "INTEGER",
        Kind::Real => "REAL",
        Kind::Flag => "BOOLEAN",
    });
    connection.execute(AssertSqlSafe(create)).await.with_context(failed)?;
    let full = sheet.insert(ROWS, |_| "?".to_owned());
    for chunk in Chunks(rows) {
        let sql = if chunk.len() == ROWS { full.clone() } else { sheet.insert(chunk.len(), |_| "?".to_owned()) };
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for cell in chunk.into_iter().flatten() {
            query = match cell {
                Cell::Null => query.bind(None::<String>),
                Cell::Text(text) => query.bind(text),
                Cell::Word(word) => query.bind(word),
                Cell::Integer(number) => query.bind(number),
                Cell::Real(number) => query.bind(number),
                Cell::Flag(flag) => query.bind(flag),
                Cell::Moment(moment) => query.bind(calendar::plain(moment)),
            };
        }
        query.execute(&mut *connection).await.with_context(failed)?;
    }
    Ok(())
}

/// Creates the table and fills it. A table that is there already is an error: it may be somebody's.
pub(super) async fn fill_postgres(
    connection: &mut PgConnection,
    sheet: &Sheet,
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<()> {
    let failed = || {
        format!("cannot write table `{}` in PostgreSQL; the demo wants a database of its own, an empty one", sheet.name)
    };
    let create = sheet.create(|kind| match kind {
        Kind::Text => "TEXT",
        Kind::Integer => "BIGINT",
        Kind::Real => "DOUBLE PRECISION",
        Kind::Flag => "BOOLEAN",
        Kind::Moment => "TIMESTAMPTZ",
    });
    connection.execute(AssertSqlSafe(create)).await.with_context(failed)?;
    for chunk in Chunks(rows) {
        let mut query = sqlx::query(AssertSqlSafe(sheet.insert(chunk.len(), |position| format!("${position}"))));
        let kinds = sheet.columns.iter().map(|(_, kind)| *kind).cycle();
        for (cell, kind) in chunk.into_iter().flatten().zip(kinds) {
            query = match (cell, kind) {
                // PostgreSQL wants to know of what type nothing is.
                (Cell::Null, Kind::Text) => query.bind(None::<String>),
                (Cell::Null, Kind::Integer) => query.bind(None::<i64>),
                (Cell::Null, Kind::Real) => query.bind(None::<f64>),
                (Cell::Null, Kind::Flag) => query.bind(None::<bool>),
                (Cell::Null, Kind::Moment) => query.bind(None::<chrono::DateTime<chrono::Utc>>),
                (Cell::Text(text), _) => query.bind(text),
                (Cell::Word(word), _) => query.bind(word),
                (Cell::Integer(number), _) => query.bind(number),
                (Cell::Real(number), _) => query.bind(number),
                (Cell::Flag(flag), _) => query.bind(flag),
                (Cell::Moment(moment), _) => query.bind(calendar::utc_date(moment)),
            };
        }
        query.execute(&mut *connection).await.with_context(failed)?;
    }
    Ok(())
}

impl Sheet {
    fn create(&self, word: impl Fn(Kind) -> &'static str) -> String {
        let column = |(position, (name, kind)): (usize, &(&str, Kind))| {
            format!("{name} {}{}", word(*kind), if position == 0 { " PRIMARY KEY" } else { "" })
        };
        let columns: Vec<String> = self.columns.iter().enumerate().map(column).collect();
        format!("CREATE TABLE {} ({})", self.name, columns.join(", "))
    }

    /// PostgreSQL wants numbered parameters. SQLite knows them too, but looks each up among all before it: in 500 rows
    /// that takes a hundred times as long as nameless ones.
    fn insert(&self, rows: usize, parameter: impl Fn(usize) -> String) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let mut sql = format!("INSERT INTO {} ({}) VALUES ", self.name, columns.join(", "));
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..columns.len() {
                let comma = if column == 0 { "" } else { ", " };
                sql.push_str(comma);
                sql.push_str(&parameter(row * columns.len() + column + 1));
            }
            sql.push(')');
        }
        sql
    }
}

struct Chunks<I>(I);

impl<I: Iterator<Item = Vec<Cell>>> Iterator for Chunks<I> {
    type Item = Vec<Vec<Cell>>;

    fn next(&mut self) -> Option<Self::Item> {
        let chunk: Vec<Vec<Cell>> = self.0.by_ref().take(ROWS).collect();
        (!chunk.is_empty()).then_some(chunk)
    }
}
