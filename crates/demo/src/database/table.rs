//! A table, its columns and its rows, before they become SQL of one database or another.

use crate::calendar::Timestamp;

/// Rows a statement. SQLite takes 32,766 parameters: 500 rows of the widest table are 11,000.
pub(super) const ROWS: usize = 500;

/// A table and its columns; the first is the primary key.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, ColumnType)],
}

/// The type of a column.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum ColumnType {
    Text,
    Integer,
    Real,
    Flag,
    Timestamp,
}

/// One value.
pub(crate) enum Value {
    Null,
    Text(String),
    Word(&'static str),
    Integer(i64),
    Real(f64),
    Flag(bool),
    Timestamp(Timestamp),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<&'static str> for Value {
    fn from(word: &'static str) -> Value {
        Value::Word(word)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Integer(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Real(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Value {
        Value::Flag(flag)
    }
}

impl Table {
    /// Returns the statement that creates the table, with each type in the database's word.
    pub(super) fn create(&self, word: impl Fn(ColumnType) -> &'static str) -> String {
        let column = |(position, (name, kind)): (usize, &(&str, ColumnType))| {
            format!("{name} {}{}", word(*kind), if position == 0 { " PRIMARY KEY" } else { "" })
        };
        let columns: Vec<String> = self.columns.iter().enumerate().map(column).collect();
        format!("CREATE TABLE {} ({})", self.name, columns.join(", "))
    }

    /// Returns the statement that inserts so many rows.
    ///
    /// PostgreSQL wants numbered parameters. SQLite knows them too, but looks each up among all before it: in 500 rows
    /// that takes a hundred times as long as nameless ones.
    pub(super) fn insert(&self, rows: usize, parameter: impl Fn(usize) -> String) -> String {
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

/// Rows, so many a statement.
pub(super) struct Chunks<I>(pub(super) I);

impl<I: Iterator<Item = Vec<Value>>> Iterator for Chunks<I> {
    type Item = Vec<Vec<Value>>;

    fn next(&mut self) -> Option<Self::Item> {
        let chunk: Vec<Vec<Value>> = self.0.by_ref().take(ROWS).collect();
        (!chunk.is_empty()).then_some(chunk)
    }
}
