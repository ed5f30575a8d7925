//! Raw feature values, column by column, before a feature set turns them into a [`crate::Matrix`].

use crate::Error;

/// The level code of a missing category.
pub const MISSING_LEVEL: u32 = u32::MAX;

/// Named columns of one length.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    rows: usize,
    columns: Vec<Column>,
}

/// One named column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The feature's name, as in SQL.
    pub name: String,
    /// Its values, a row each.
    pub values: Values,
}

/// The values of one column. NaN is a missing number or flag.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers.
    Number(Vec<f32>),
    /// Yes (1) or no (0).
    Flag(Vec<f32>),
    /// Words: `codes` point into `levels`; [`MISSING_LEVEL`] is a missing one.
    Category {
        /// A code a row.
        codes: Vec<u32>,
        /// The words, each once.
        levels: Vec<String>,
    },
}

impl Table {
    /// Returns the table of these columns, or [`Error::Rows`] if their lengths differ.
    pub fn new(columns: Vec<Column>) -> Result<Table, Error> {
        let rows = columns.first().map_or(0, |column| column.values.len());
        for column in &columns {
            if column.values.len() != rows {
                return Err(Error::Rows { name: column.name.clone(), found: column.values.len(), expected: rows });
            }
        }
        Ok(Table { rows, columns })
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the columns in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Returns a table of these rows, in this order. Panics if one is out of range.
    pub fn select(&self, rows: &[usize]) -> Table {
        let columns = self
            .columns
            .iter()
            .map(|column| Column { name: column.name.clone(), values: column.values.select(rows) })
            .collect();
        Table { rows: rows.len(), columns }
    }

    /// Returns a table without the named columns.
    pub fn without(&self, names: &[String]) -> Table {
        let columns = self.columns.iter().filter(|column| !names.contains(&column.name)).cloned().collect();
        Table { rows: self.rows, columns }
    }
}

impl Values {
    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        match self {
            Values::Number(values) | Values::Flag(values) => values.len(),
            Values::Category { codes, .. } => codes.len(),
        }
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the kind of the values as a word for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Values::Number(_) => "number",
            Values::Flag(_) => "flag",
            Values::Category { .. } => "category",
        }
    }

    /// Returns the value of a row as a person would write it; `None` if it is missing.
    pub fn text(&self, row: usize) -> Option<String> {
        match self {
            Values::Number(values) => values.get(row).filter(|value| !value.is_nan()).map(f32::to_string),
            Values::Flag(values) => {
                values.get(row).filter(|value| !value.is_nan()).map(|value| (*value != 0.0).to_string())
            }
            Values::Category { codes, levels } => codes.get(row).and_then(|code| levels.get(*code as usize)).cloned(),
        }
    }

    fn select(&self, rows: &[usize]) -> Values {
        match self {
            Values::Number(values) => Values::Number(rows.iter().map(|row| values[*row]).collect()),
            Values::Flag(values) => Values::Flag(rows.iter().map(|row| values[*row]).collect()),
            Values::Category { codes, levels } => {
                Values::Category { codes: rows.iter().map(|row| codes[*row]).collect(), levels: levels.clone() }
            }
        }
    }
}
