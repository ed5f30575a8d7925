//! Rows in JSON: names with values, or values in the model's order.

use super::text::JsonText;
use crate::scoring::{RowsWriter, Scorer};

pub(super) fn writer(scorer: &Scorer) -> RowsWriter<'_> {
    RowsWriter::new(&scorer.artifact.model.features, &scorer.columns)
}

/// Names with their values, or values in the model's order.
pub(super) fn row(text: &mut JsonText, rows: &mut RowsWriter) -> Option<()> {
    rows.begin();
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
