//! The bodies of MLflow.

use super::rows::{list, read, row};
use super::text::JsonText;
use crate::http::error::Error;
use crate::http::middleware::request_memory::RequestMemory;
use crate::scoring::{Rows, RowsWriter, Scorer};

/// Reads a list of rows under one name, or columns and their rows.
pub(in crate::http) fn mlflow(body: &[u8], scorer: &Scorer, memory: &RequestMemory) -> Result<Option<Rows>, Error> {
    read(scorer, memory, |rows| {
        let mut text = JsonText::of(body)?;
        match text.first_name()? {
            "dataframe_records" | "instances" | "inputs" => list(&mut text, rows, row)?,
            "dataframe_split" => split(&mut text, rows)?,
            _ => return None,
        }
        text.take(b'}')?;
        text.end()
    })
}

/// `{"columns": [names], "data": [[values]]}`.
fn split(text: &mut JsonText, rows: &mut RowsWriter) -> Option<()> {
    (text.first_name()? == "columns").then_some(())?;
    text.take(b'[')?;
    let mut columns = Vec::new();
    loop {
        columns.push(rows.column(text.string()?)?);
        if !text.continues(b']')? {
            break;
        }
    }
    text.take(b',')?;
    (text.name()? == "data").then_some(())?;
    list(text, rows, |text, rows| {
        rows.begin()?;
        text.take(b'[')?;
        for (index, column) in columns.iter().enumerate() {
            rows.put(*column, text.cell()?)?;
            if text.continues(b']')? != (index + 1 < columns.len()) {
                return None;
            }
        }
        Some(())
    })?;
    text.take(b'}')
}
