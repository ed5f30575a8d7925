//! What both parsers of CSV need: the layout of the lines, their delimiter, and the value of a cell.

use plumb_lead::{Feature, FeatureKind};

use super::values::usable;
use crate::http::error::Error;
use crate::scoring::Cell;

/// The layout of the lines, from the parameters of the content type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::http) struct CsvLayout {
    /// Label cells before the features.
    pub(super) labels: usize,
    /// Whether the first line has the features' names.
    pub(super) header: bool,
}

impl CsvLayout {
    /// Reads `label_size`, `header` and `charset`; an unknown parameter is an error, for it may change the meaning of the rows.
    pub(in crate::http) fn of_parameters(parameters: impl Iterator<Item = String>) -> Result<CsvLayout, Error> {
        let mut layout = CsvLayout::default();
        for parameter in parameters.filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=').map(|(name, value)| (name.trim(), value.trim().trim_matches('"'))) {
                Some(("label_size", "0"))
                | Some(("header", "absent"))
                | Some(("charset", "utf-8" | "utf8" | "us-ascii")) => {}
                Some(("label_size", "1")) => layout.labels = 1,
                Some(("header", "present")) => layout.header = true,
                _ => {
                    return Err(Error::content_type(
                        Some(&format!("text/csv; {parameter}")),
                        "`text/csv` with `charset=utf-8`, `label_size=0`, `label_size=1` or `header=present`",
                    ));
                }
            }
        }
        Ok(layout)
    }
}

/// Returns the first of the usual delimiters that the first line has outside quotes; a comma if it has none.
pub(super) fn delimiter(text: &str) -> u8 {
    let mut quoted = false;
    for byte in text.lines().next().unwrap_or_default().bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b',' | b';' | b'\t' | b'|' if !quoted => return byte,
            _ => {}
        }
    }
    b','
}

/// Returns a hint that names features in their order.
pub(super) fn order<'a>(features: impl Iterator<Item = &'a Feature>) -> String {
    let names: Vec<&str> = features.map(|feature| feature.name.as_str()).collect();
    format!("the order is `{}`", names.join("`, `"))
}

/// Returns a text as a value of a feature's kind; `None` if it is none.
pub(super) fn cell<'a>(kind: &FeatureKind, text: &'a str) -> Option<Cell<'a>> {
    if text.is_empty() {
        return Some(Cell::Missing);
    }
    match kind {
        FeatureKind::Number => text.parse().ok().and_then(usable).map(Cell::Number),
        FeatureKind::Flag => match text.to_ascii_lowercase().as_str() {
            "1" | "1.0" | "true" | "yes" => Some(Cell::Flag(true)),
            "0" | "0.0" | "false" | "no" => Some(Cell::Flag(false)),
            _ => None,
        },
        FeatureKind::Category { .. } => Some(Cell::Text(text)),
    }
}
