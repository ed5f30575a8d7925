//! JSON instances of InvokeEndpoint.

use super::rows::{list, read, row};
use super::text::JsonText;
use crate::http::error::Error;
use crate::http::instances::form_names::FORM_NAMES;
use crate::http::middleware::request_memory::RequestMemory;
use crate::scoring::{Rows, RowsWriter, Scorer};

/// Reads a body of JSON: `{"instances": [...]}`, or one instance alone.
pub(in crate::http::instances) fn instances(
    body: &[u8],
    scorer: &Scorer,
    memory: &RequestMemory,
) -> Result<Option<Rows>, Error> {
    if has_form_name(scorer) {
        return Ok(None);
    }
    read(scorer, memory, |rows| {
        let mut text = JsonText::of(body)?;
        match text.first_name() {
            Some("instances") => {
                list(&mut text, rows, instance)?;
                text.take(b'}')?;
            }
            _ => {
                text = JsonText::of(body)?;
                instance(&mut text, rows)?;
            }
        }
        text.end()
    })
}

/// Reads an instance a line.
pub(in crate::http::instances) fn json_lines(
    body: &[u8],
    scorer: &Scorer,
    memory: &RequestMemory,
) -> Result<Option<Rows>, Error> {
    if has_form_name(scorer) {
        return Ok(None);
    }
    read(scorer, memory, |rows| {
        for line in JsonText::of(body)?.text.split('\n') {
            let mut text = JsonText { text: line, at: 0 };
            if text.end().is_none() {
                instance(&mut text, rows)?;
                text.end()?;
            }
        }
        Some(())
    })
}

/// The form of an instance is recognised by names: a model with a feature of such a name is excluded.
fn has_form_name(scorer: &Scorer) -> bool {
    FORM_NAMES.iter().chain(&["instances"]).any(|name| scorer.columns.has(name))
}

/// A row, or one under `features` and nothing beside it.
fn instance(text: &mut JsonText, rows: &mut RowsWriter) -> Option<()> {
    let start = text.at;
    if text.first_name() == Some("features") {
        row(text, rows)?;
        return text.take(b'}');
    }
    text.at = start;
    row(text, rows)
}
