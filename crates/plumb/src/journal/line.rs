//! A line of the journal: one entry in JSON. It is written from texts that the database gets too, and read again only
//! where a server was killed, or where the loader is so far behind that the entries are not in memory any more.

use std::io::Write;

use anyhow::{Context, Result};
use plumb_lead::{Band, Interval, Prediction, migrate_prediction};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::capture::Capture;
use super::entry::{JournalEntry, StoredEntry};
use crate::store::{PredictionRow, RecordedCall, RecordedFlag};

/// The beginning of a line of a flag.
const FLAG_BEGINNING: &[u8] = b"{\"flag\":";

/// A line of a flag.
#[derive(Deserialize)]
struct FlagLine {
    flag: RecordedFlag,
}

/// A line of a call.
#[derive(Deserialize)]
struct CallLine {
    variant: String,
    #[serde(default)]
    shadow: bool,
    #[serde(default)]
    event_id: Option<String>,
    #[serde(default)]
    first_row: usize,
    predictions: Vec<Prediction>,
    capture: Option<Capture>,
}

/// What stands before a prediction's reasons, in the names of [`Prediction`].
#[derive(Serialize)]
struct Head<'a> {
    prediction_id: &'a str,
    lead_id: &'a str,
    target: &'a str,
    model_id: &'a str,
    as_of: chrono::DateTime<chrono::Utc>,
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<Interval>,
    band: Band,
}

/// Returns a line with its end, and the entry in the form that the loader needs.
pub(super) fn write(entry: &JournalEntry) -> Result<(Vec<u8>, StoredEntry)> {
    let rows = entry.predictions.iter().map(PredictionRow::of).collect::<Result<Vec<_>>>()?;
    let mut line = b"{\"variant\":".to_vec();
    serde_json::to_writer(&mut line, entry.variant)?;
    if entry.shadow {
        line.extend_from_slice(b",\"shadow\":true");
    }
    if let Some(event_id) = entry.event_id {
        line.extend_from_slice(b",\"event_id\":");
        serde_json::to_writer(&mut line, event_id)?;
    }
    if entry.first_row > 0 {
        write!(line, ",\"first_row\":{}", entry.first_row)?;
    }
    line.extend_from_slice(b",\"predictions\":[");
    for (index, (prediction, row)) in entry.predictions.iter().zip(&rows).enumerate() {
        if index > 0 {
            line.push(b',');
        }
        write_prediction(&mut line, prediction, row)?;
    }
    line.push(b']');
    if let Some(capture) = entry.capture {
        line.extend_from_slice(b",\"capture\":");
        serde_json::to_writer(&mut line, capture)?;
    }
    line.extend_from_slice(b"}\n");
    let call = RecordedCall {
        variant: entry.variant.to_owned(),
        shadow: entry.shadow,
        event_id: entry.event_id.map(str::to_owned),
        first_row: entry.first_row,
        rows,
    };
    Ok((line, StoredEntry::Call { call, capture: entry.capture.cloned() }))
}

/// Returns the line of a flag with its end, and the entry.
pub(super) fn write_flag(flag: &RecordedFlag) -> Result<(Vec<u8>, StoredEntry)> {
    let mut line = FLAG_BEGINNING.to_vec();
    serde_json::to_writer(&mut line, flag)?;
    line.extend_from_slice(b"}\n");
    Ok((line, StoredEntry::Flag(flag.clone())))
}

/// Returns what a line of a prediction contains, and no text inside it can: there, quotation marks are escaped.
pub(super) fn mark_of(prediction_id: &str) -> Result<String> {
    Ok(format!("\"prediction_id\":{}", serde_json::to_string(prediction_id)?))
}

fn write_prediction(line: &mut Vec<u8>, prediction: &Prediction, row: &PredictionRow) -> Result<()> {
    let Prediction { prediction_id, lead_id, target, model_id, as_of, score, interval, band, .. } = prediction;
    let (as_of, score, interval, band) = (*as_of, score.get(), *interval, *band);
    serde_json::to_writer(
        &mut *line,
        &Head { prediction_id, lead_id, target, model_id, as_of, score, interval, band },
    )?;
    // The texts go on inside the head's object.
    line.pop();
    for (name, text) in [(",\"reasons\":", &row.reasons_json), (",\"provenance\":", &row.provenance_json)] {
        line.extend_from_slice(name.as_bytes());
        line.extend_from_slice(text.as_bytes());
    }
    line.push(b'}');
    Ok(())
}

/// Reads lines that begin at a byte of their file.
pub(super) fn read_all(bytes: &[u8], from: u64) -> Result<Vec<StoredEntry>> {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| read(line).with_context(|| format!("a line after byte {from} is not readable"))).collect()
}

/// Reads the lines that can be read, and returns the others beside them.
pub(super) fn read_some(bytes: &[u8]) -> (Vec<StoredEntry>, Vec<&[u8]>) {
    let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match read(line) {
            Ok(entry) => entries.push(entry),
            Err(_) => unreadable.push(line),
        }
    }
    (entries, unreadable)
}

/// Reads a line.
pub(super) fn read(line: &[u8]) -> Result<StoredEntry> {
    if line.starts_with(FLAG_BEGINNING) {
        let FlagLine { flag } = serde_json::from_slice(line)?;
        return Ok(StoredEntry::Flag(flag));
    }
    let line = serde_json::from_slice(line).or_else(|error| of_older_program(line).ok_or(error))?;
    let CallLine { variant, shadow, event_id, first_row, predictions, capture } = line;
    let rows = predictions.iter().map(PredictionRow::of).collect::<Result<_>>()?;
    Ok(StoredEntry::Call { call: RecordedCall { variant, shadow, event_id, first_row, rows }, capture })
}

/// Reads a line of a program before version 6 of the schema, which a server left behind that was killed.
fn of_older_program(line: &[u8]) -> Option<CallLine> {
    let mut line: Value = serde_json::from_slice(line).ok()?;
    for prediction in line["predictions"].as_array_mut()? {
        *prediction = migrate_prediction(prediction.take());
    }
    serde_json::from_value(line).ok()
}
