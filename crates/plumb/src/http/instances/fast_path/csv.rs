//! Lines of CSV without a header and without quotes.

use super::rows::read;
use crate::http::error::Error;
use crate::http::instances::csv_cells::{self, CsvLayout};
use crate::http::middleware::request_memory::RequestMemory;
use crate::scoring::{Rows, RowsWriter, Scorer};

/// Reads rows.
pub(in crate::http::instances) fn csv(
    body: &[u8],
    layout: CsvLayout,
    scorer: &Scorer,
    memory: &RequestMemory,
) -> Result<Option<Rows>, Error> {
    read(scorer, memory, |rows| lines(body, layout, scorer, rows))
}

fn lines(body: &[u8], layout: CsvLayout, scorer: &Scorer, rows: &mut RowsWriter) -> Option<()> {
    let text = std::str::from_utf8(body).ok()?;
    if layout.header || !text.is_ascii() || text.contains('"') {
        return None;
    }
    let features = &scorer.artifact.model.features.features;
    let delimiter = char::from(csv_cells::delimiter(text));
    for line in text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        if line.contains('\r') {
            return None;
        }
        if line.is_empty() {
            continue;
        }
        rows.begin()?;
        let mut cells = line.split(delimiter).map(str::trim).skip(layout.labels);
        for (column, feature) in features.iter().enumerate() {
            rows.put(column, csv_cells::cell(&feature.kind, cells.next()?)?)?;
        }
        if cells.next().is_some() {
            return None;
        }
    }
    Some(())
}
