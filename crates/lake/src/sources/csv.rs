//! CSV files with a header.

use std::fs::File;

use csv::{ErrorKind, StringRecord};

use super::file_rows::FileRows;
use crate::error::Error;
use crate::files::row_limit::RowLimit;

/// Reads all rows, and returns the last line.
pub(super) fn read(mut rows: FileRows<'_>) -> Result<u64, Error> {
    let path = rows.path;
    let failed = |doing: &'static str, error: csv::Error| Error::file(doing, path)(error.into());
    let file = File::open(path).map_err(Error::file("read", path))?;
    let mut reader = csv::ReaderBuilder::new().from_reader(RowLimit::new(file));
    let header = reader.headers().map_err(|error| failed("read the header of", error))?;
    let header: Vec<String> = header.iter().map(str::to_owned).collect();
    let (mut lines, mut record) = (1, StringRecord::new());
    loop {
        let begins = reader.position().byte();
        reader.get_mut().begin_row(begins);
        match reader.read_record(&mut record) {
            Ok(true) => {
                lines = record.position().map_or(lines + 1, csv::Position::line);
                let fields = header
                    .iter()
                    .zip(record.iter())
                    .filter(|(_, value)| !value.is_empty())
                    .map(|(column, value)| (column.clone(), value.to_owned()))
                    .collect();
                rows.push(fields, lines)?;
            }
            Ok(false) => return Ok(lines),
            // A file that cannot be read on would be read again and again.
            Err(error) if matches!(error.kind(), ErrorKind::Io(_)) => return Err(failed("read on in", error)),
            Err(error) => {
                lines = error.position().map_or(lines + 1, csv::Position::line);
                rows.reject(lines, error.to_string())?;
            }
        }
    }
}
