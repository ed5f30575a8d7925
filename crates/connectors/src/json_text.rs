//! Values of JSON as text, digit by digit as they were written.

use serde_json::value::RawValue;

use crate::cell::Cell;

/// Returns the text of a value: a string's content, and anything else as it stands. Null and the empty string are no value.
pub(crate) fn text_of(value: &RawValue) -> Option<String> {
    let written = value.get();
    if written.starts_with('"') {
        return serde_json::from_str(written).ok().filter(|text: &String| !text.is_empty());
    }
    (written != "null").then(|| written.to_owned())
}

/// Returns a cell of a text, if there is one.
pub(crate) fn cell(text: Option<String>) -> Cell {
    text.filter(|text| !text.is_empty()).map_or(Cell::Null, Cell::Text)
}
