//! Small CSV files as bytes.

use std::path::Path;

use crate::error::Error;

/// Returns a CSV file of a heading and rows. Its name is for the error.
pub(crate) fn csv_of<const N: usize>(
    name: &str,
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<Vec<u8>, Error> {
    let failed = |error: csv::Error| Error::file("write", Path::new(name))(std::io::Error::other(error));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer.write_record(row).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| Error::file("write", Path::new(name))(std::io::Error::other(error.to_string())))
}
