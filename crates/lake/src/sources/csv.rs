//! CSV files with a header.

use super::file_rows::FileRows;
use crate::error::Error;

/// Reads all rows, and returns the last line.
pub(super) fn read(mut rows: FileRows<'_>) -> Result<u64, Error> {
    let mut reader = csv::ReaderBuilder::new()
        .from_path(rows.path)
        .map_err(|error| Error::file("read", rows.path)(std::io::Error::other(error)))?;
    let header: Vec<String> = reader
        .headers()
        .map_err(|error| Error::file("read the header of", rows.path)(std::io::Error::other(error)))?
        .iter()
        .map(str::to_owned)
        .collect();
    let mut lines = 1;
    for record in reader.records() {
        match record {
            Ok(record) => {
                lines = record.position().map_or(lines + 1, csv::Position::line);
                let fields = header
                    .iter()
                    .zip(record.iter())
                    .filter(|(_, value)| !value.is_empty())
                    .map(|(column, value)| (column.clone(), value.to_owned()))
                    .collect();
                rows.push(fields, lines)?;
            }
            Err(error) => {
                lines = error.position().map_or(lines + 1, csv::Position::line);
                rows.reject(lines, error.to_string());
            }
        }
    }
    Ok(lines)
}
