//! Rows in JSON: names with values, or values in the model's order.

use super::text::JsonText;
use crate::http::cost;
use crate::http::error::Error;
use crate::http::middleware::request_memory::RequestMemory;
use crate::scoring::{Rows, RowsWriter, Scorer};

/// Reads rows by a function. `None` if they are not plain enough for it; too many of them, or of more than there is memory
/// for, are an error.
pub(super) fn read<'a>(
    scorer: &'a Scorer,
    memory: &RequestMemory,
    fill: impl FnOnce(&mut RowsWriter<'a>) -> Option<()>,
) -> Result<Option<Rows>, Error> {
    cost::need_for_matrix(memory, scorer)?;
    let mut rows = RowsWriter::new(&scorer.artifact.model.features, &scorer.columns, memory.limits.rows);
    match fill(&mut rows) {
        Some(()) => Ok(rows.finish()),
        None if rows.has_too_many() => Err(Error::too_many("rows", memory.limits.rows)),
        None => Ok(None),
    }
}

/// Names with their values, or values in the model's order.
pub(super) fn row(text: &mut JsonText, rows: &mut RowsWriter) -> Option<()> {
    rows.begin()?;
    if text.take(b'[').is_some() {
        for column in 0..rows.width() {
            rows.put(column, text.cell()?)?;
            if text.continues(b']')? != (column + 1 < rows.width()) {
                return None;
            }
        }
        return Some(());
    }
    text.take(b'{')?;
    if text.take(b'}').is_some() {
        return Some(());
    }
    loop {
        let column = rows.column(text.name()?)?;
        rows.put(column, text.cell()?)?;
        if !text.continues(b'}')? {
            return Some(());
        }
    }
}

/// A list, each item read by a function.
pub(super) fn list(
    text: &mut JsonText,
    rows: &mut RowsWriter,
    mut each: impl FnMut(&mut JsonText, &mut RowsWriter) -> Option<()>,
) -> Option<()> {
    text.take(b'[')?;
    loop {
        each(text, rows)?;
        if !text.continues(b']')? {
            return Some(());
        }
    }
}
