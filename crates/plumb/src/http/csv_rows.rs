//! Rows of a CSV body as features of a model: by position, or by a header.

use std::collections::BTreeMap;

use plumb_lead::{Feature, FeatureKind, FieldValue};

use super::error::Error;
use super::subject::Subject;
use super::wire::usable;
use crate::scoring::Cell;

/// How the lines are laid out, by the parameters of the content type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// Cells before the features that are labels and no features.
    pub(super) labels: usize,
    /// Whether the first line has the features' names.
    pub(super) header: bool,
}

impl Layout {
    /// Reads `label_size`, `header` and `charset`; a parameter that is not known is an error, for it may change what the
    /// rows mean.
    pub(super) fn of_parameters(parameters: impl Iterator<Item = String>) -> Result<Layout, Error> {
        let mut layout = Layout::default();
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

/// Reads rows.
pub(super) fn read(body: &[u8], features: &[Feature], layout: Layout) -> Result<Vec<Subject>, Error> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Error::request(format!("the body is not UTF-8 at byte {}", error.valid_up_to())))?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut records = reader.records().enumerate();
    let not_csv = |line: usize, error: csv::Error| Error::request(format!("line {line} is not CSV: {error}"));
    let columns: Vec<&Feature> = match layout.header {
        false => features.iter().collect(),
        true => {
            let (_, names) = records.next().ok_or_else(Error::empty_body)?;
            named(features, &names.map_err(|error| not_csv(1, error))?, layout.labels)?
        }
    };
    let mut subjects = Vec::new();
    for (index, record) in records {
        let line = index + 1;
        let record = record.map_err(|error| not_csv(line, error))?;
        subjects.push(row(&record, &columns, layout.labels, line)?);
    }
    if subjects.is_empty() { Err(Error::empty_body()) } else { Ok(subjects) }
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

fn named<'a>(features: &'a [Feature], names: &csv::StringRecord, labels: usize) -> Result<Vec<&'a Feature>, Error> {
    let mut columns: Vec<&Feature> = Vec::new();
    for name in names.iter().skip(labels) {
        let feature = features.iter().find(|feature| feature.name == name);
        let feature =
            feature.ok_or_else(|| Error::field(name, "in the header is no feature").hint(order(features.iter())))?;
        if columns.iter().any(|column| column.name == name) {
            return Err(Error::field(name, "is in the header twice"));
        }
        columns.push(feature);
    }
    Ok(columns)
}

fn row(record: &csv::StringRecord, columns: &[&Feature], labels: usize, line: usize) -> Result<Subject, Error> {
    let expected = columns.len() + labels;
    if record.len() != expected {
        let message = format!("line {line} has {} cells: expected {expected}", record.len());
        return Err(Error::request(message).hint(order(columns.iter().copied())));
    }
    let cells = columns.iter().zip(record.iter().skip(labels)).map(|(feature, cell)| {
        let value = self::cell(&feature.kind, cell).ok_or_else(|| {
            let expected = match feature.kind {
                FeatureKind::Number => "a finite number that 32 bits can hold, or nothing if it is missing",
                _ => "a flag",
            };
            let error = Error::field(&feature.name, &format!("is `{cell}` in line {line}: expected {expected}"));
            if cell == feature.name { error.hint("send rows without a header, or `header=present`") } else { error }
        })?;
        Ok((feature.name.clone(), value.into()))
    });
    let features = cells.collect::<Result<BTreeMap<String, FieldValue>, Error>>()?;
    Ok(Subject::Features { lead_id: None, features })
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
