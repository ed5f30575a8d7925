//! Lines of CSV without a header and without quotes.

use super::rows::writer;
use crate::http::instances::csv_cells::{self, CsvLayout};
use crate::scoring::{Rows, Scorer};

/// Reads rows.
pub(in crate::http::instances) fn csv(body: &[u8], layout: CsvLayout, scorer: &Scorer) -> Option<Rows> {
    let text = std::str::from_utf8(body).ok()?;
    if layout.header || !text.is_ascii() || text.contains('"') {
        return None;
    }
    let features = &scorer.artifact.model.features.features;
    let (delimiter, mut rows) = (char::from(csv_cells::delimiter(text)), writer(scorer));
    for line in text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        if line.contains('\r') {
            return None;
        }
        if line.is_empty() {
            continue;
        }
        rows.begin();
        let mut cells = line.split(delimiter).map(str::trim).skip(layout.labels);
        for (column, feature) in features.iter().enumerate() {
            rows.put(column, csv_cells::cell(&feature.kind, cells.next()?)?)?;
        }
        if cells.next().is_some() {
            return None;
        }
    }
    rows.finish()
}
