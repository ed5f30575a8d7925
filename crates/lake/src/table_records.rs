//! Tables of a data folder as records of text, for who reads tables of any kind.

use std::path::Path;

use plumb_tables::RecordSource;

use crate::current::Current;
use crate::error::Error;
use crate::publish;
use crate::raw;

/// Returns the names of a data folder's raw tables, such as `crm.leads`, in their order.
pub fn raw_table_names(data: &Path) -> Result<Vec<String>, Error> {
    Ok(publish::state(data, &Current::load(data)?)?.tables.into_keys().collect())
}

/// Returns the rows of a raw table, such as `crm.leads`, as records: of rows with a key the newest of each.
pub fn raw_table_records(data: &Path, name: &str) -> Result<Box<dyn RecordSource>, Error> {
    let state = publish::state(data, &Current::load(data)?)?;
    match state.tables.get(name) {
        Some(table) => Ok(Box::new(raw::records_of(&data.join("raw"), name, table)?)),
        None => {
            let known: Vec<&str> = state.tables.keys().map(String::as_str).collect();
            let problem = format!("is no table of a source: expected one of `{}`", known.join("`, `"));
            Err(plumb_tables::Error::Unreadable { name: name.to_owned(), problem }.into())
        }
    }
}
