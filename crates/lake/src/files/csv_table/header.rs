//! The header: names of the columns.

use std::collections::HashMap;
use std::path::Path;

use csv::{ByteRecord, StringRecord};

use super::cells::number;
use super::error::Error;
use crate::files::limits::COLUMNS_MAX;

/// Returns the names of the columns, or why the first line does not name them.
pub(super) fn read_header(record: csv::Result<ByteRecord>, path: &Path) -> Result<Vec<String>, Error> {
    let wrong = |problem: String| Error::Header { path: path.to_owned(), problem };
    let record = record.map_err(|error| wrong(error.to_string()))?;
    if record.len() > COLUMNS_MAX {
        return Err(wrong(format!("it names {} columns: expected at most {COLUMNS_MAX}", record.len())));
    }
    let record = StringRecord::from_byte_record(record)
        .map_err(|_| wrong("it is not valid UTF-8: save the file in that encoding".to_owned()))?;
    let names: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
    if names.iter().all(|name| name.is_empty()) {
        return Err(wrong("there is none: the first line has to name the columns".to_owned()));
    }
    let empty: Vec<String> =
        (1..).zip(&names).filter(|(_, name)| name.is_empty()).map(|(number, _)| number.to_string()).collect();
    if !empty.is_empty() {
        return Err(wrong(format!("column {} has no name", empty.join(", "))));
    }
    if let Some(number) = names.iter().find(|name| number(name).is_some()) {
        return Err(wrong(format!("`{number}` is a number: the first line has to name the columns")));
    }
    let mut times: HashMap<&str, usize> = HashMap::new();
    names.iter().for_each(|name| *times.entry(name).or_default() += 1);
    let mut repeated: Vec<String> = times
        .iter()
        .filter(|(_, times)| **times > 1)
        .map(|(name, times)| format!("`{name}` ({times} times)"))
        .collect();
    repeated.sort();
    if repeated.is_empty() { Ok(names) } else { Err(wrong(format!("{} must occur once", repeated.join(", ")))) }
}
