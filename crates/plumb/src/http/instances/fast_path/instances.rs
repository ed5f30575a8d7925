//! JSON instances of InvokeEndpoint.

use super::rows::{list, row, writer};
use super::text::JsonText;
use crate::http::instances::form_names::FORM_NAMES;
use crate::scoring::{Rows, RowsWriter, Scorer};

/// Reads a body of JSON: `{"instances": [...]}`, or one instance alone.
pub(in crate::http::instances) fn instances(body: &[u8], scorer: &Scorer) -> Option<Rows> {
    let (mut text, mut rows) = (JsonText::of(body)?, instance_writer(scorer)?);
    match text.first_name() {
        Some("instances") => {
            list(&mut text, &mut rows, instance)?;
            text.take(b'}')?;
        }
        _ => {
            text = JsonText::of(body)?;
            instance(&mut text, &mut rows)?;
        }
    }
    text.end()?;
    rows.finish()
}

/// Reads an instance a line.
pub(in crate::http::instances) fn json_lines(body: &[u8], scorer: &Scorer) -> Option<Rows> {
    let (text, mut rows) = (JsonText::of(body)?, instance_writer(scorer)?);
    for line in text.text.split('\n') {
        let mut text = JsonText { text: line, at: 0 };
        if text.end().is_none() {
            instance(&mut text, &mut rows)?;
            text.end()?;
        }
    }
    rows.finish()
}

/// A writer of instances, whose form is recognised by names: a model with a feature of such a name is excluded.
fn instance_writer(scorer: &Scorer) -> Option<RowsWriter<'_>> {
    let has_form_name = FORM_NAMES.iter().chain(&["instances"]).any(|name| scorer.columns.has(name));
    (!has_form_name).then(|| writer(scorer))
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
