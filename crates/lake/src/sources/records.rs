//! The records of a file that `plumb_tables` reads, as raw rows: each cell as it is written, by the name of its column.

use plumb_tables::{Record, RecordSource, SetAside};

use super::file_rows::FileRows;
use crate::error::Error;

/// Reads all rows, and returns the last line.
pub(super) fn read(rows: &mut FileRows<'_>, source: &dyn RecordSource) -> Result<u64, Error> {
    let mut records = source.open()?;
    let names = records.names().to_vec();
    let positions = rows.columns(&names)?;
    let (mut lines, mut record) = (0, Record::new());
    loop {
        let line = records.next(&mut record)?;
        for set_aside in records.take_set_aside() {
            lines = lines.max(set_aside.line);
            reject(rows, set_aside)?;
        }
        let Some(line) = line else { return Ok(lines) };
        lines = lines.max(line);
        rows.push_cells(&positions, &record, line)?;
    }
}

/// Rejects a row that the reader has set aside. Titles and footers are no rows: notes of the file say that they are there.
fn reject(rows: &mut FileRows<'_>, set_aside: SetAside) -> Result<(), Error> {
    if set_aside.is_row {
        rows.reject(set_aside.line, set_aside.column.as_deref().unwrap_or_default(), set_aside.reason)?;
    }
    Ok(())
}
