//! A whole CSV file as a table.

use std::path::Path;

use plumb_lead::{Column, Table};

use super::cells::values_of;
use super::dialect::Dialect;
use super::error::{Error, RejectedRow};
use super::open::read_bytes;
use super::row_reader::RowReader;
use crate::files::limits::{TABLE_CELLS_MAX, TABLE_ROWS_MAX};

/// A CSV file in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvTable {
    /// The columns, with the names of the header.
    pub table: Table,
    /// The detected delimiter.
    pub delimiter: char,
    /// The rows that could not be read.
    pub rejected: Vec<RejectedRow>,
}

/// Reads a CSV file.
pub fn read_csv(path: &Path) -> Result<CsvTable, Error> {
    let bytes = read_bytes(path)?;
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let dialect = Dialect::sniff(text);
    let mut reader = RowReader::start(dialect, text, path)?;
    let read = |source| Error::Read { path: path.to_owned(), source };
    let (mut rows, mut rejected) = (Vec::new(), Vec::new());
    while let Some((_, row)) = reader.next().map_err(read)? {
        match row {
            Ok(row) => rows.push(row),
            Err(row) => rejected.push(row),
        }
        check_size(path, rows.len() + rejected.len(), reader.header().len())?;
    }
    if rows.is_empty() {
        return Err(Error::NoRows { path: path.to_owned(), first: rejected.into_iter().next() });
    }
    let columns = reader.header().iter().enumerate();
    let columns = columns.map(|(index, name)| Column { name: name.clone(), values: values_of(&rows, index) }).collect();
    let table = Table::new(columns).expect("every accepted row has a cell for every column");
    Ok(CsvTable { table, delimiter: char::from(dialect.delimiter), rejected })
}

/// Refuses more rows or cells than fit into memory.
fn check_size(path: &Path, rows: usize, columns: usize) -> Result<(), Error> {
    let most = if rows > TABLE_ROWS_MAX {
        format!("{TABLE_ROWS_MAX} rows")
    } else if rows.saturating_mul(columns) > TABLE_CELLS_MAX {
        format!("{TABLE_CELLS_MAX} cells")
    } else {
        return Ok(());
    };
    Err(Error::TooLarge { path: path.to_owned(), most })
}
