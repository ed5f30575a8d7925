//! The formats of a file of scores: CSV, JSON Lines and Parquet.

use std::path::Path;

use anyhow::{Context, Result, bail};
use plumb_lake::scores::{Encoded, ScoreColumns, Scores};
use plumb_lead::Reason;
use serde::Serialize;
use serde_json::{Map, Value};

/// The format of a file of scores.
pub(super) enum RowFormat {
    /// A header and a line a row.
    Csv(TextColumns),
    /// An object a row.
    JsonLines(TextColumns),
    /// Columns.
    Parquet(ScoreColumns),
}

/// The columns of a text format beside scores, bands and reasons.
pub(super) struct TextColumns {
    with_ids: bool,
    /// The features whose contributions are written.
    contributions: Option<Vec<String>>,
}

/// Rows encoded in a format. Encoding is most of the work, so several blocks are encoded at once.
pub(super) enum EncodedRows {
    /// Of CSV and JSON Lines.
    Text(Vec<u8>),
    /// Of Parquet.
    Columns(Encoded),
}

/// A line of JSON Lines.
#[derive(Serialize)]
struct Line<'a> {
    row: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Option<String>>,
    score: f64,
    band: &'static str,
    reasons: Vec<ReasonLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contributions: Option<Map<String, Value>>,
}

#[derive(Serialize)]
struct ReasonLine<'a> {
    field: &'a str,
    text: &'a str,
    value: Option<&'a str>,
    contribution: f64,
}

impl RowFormat {
    /// Returns the format that the extension of a file names.
    pub(super) fn of_file(path: &Path, with_ids: bool, contributions: Option<Vec<String>>) -> Result<RowFormat> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match extension.as_str() {
            "csv" => Ok(RowFormat::csv(with_ids, contributions)),
            "jsonl" | "ndjson" => Ok(RowFormat::JsonLines(TextColumns { with_ids, contributions })),
            "parquet" => Ok(RowFormat::Parquet(ScoreColumns::new(with_ids, contributions.as_deref()))),
            _ => bail!("--out `{}`: expected a name that ends in `.csv`, `.jsonl` or `.parquet`", path.display()),
        }
    }

    /// Returns CSV.
    pub(super) fn csv(with_ids: bool, contributions: Option<Vec<String>>) -> RowFormat {
        RowFormat::Csv(TextColumns { with_ids, contributions })
    }

    /// Encodes rows.
    pub(super) fn encode(&self, scores: &Scores) -> Result<EncodedRows> {
        match self {
            RowFormat::Csv(columns) => Ok(EncodedRows::Text(columns.csv(scores)?)),
            RowFormat::JsonLines(columns) => Ok(EncodedRows::Text(columns.json_lines(scores)?)),
            RowFormat::Parquet(columns) => Ok(EncodedRows::Columns(columns.encode(scores)?)),
        }
    }

    /// Returns what comes before all rows.
    pub(super) fn header(&self) -> Result<EncodedRows> {
        let header = match self {
            RowFormat::Csv(columns) => columns.header()?,
            RowFormat::JsonLines(_) | RowFormat::Parquet(_) => Vec::new(),
        };
        Ok(EncodedRows::Text(header))
    }
}

impl TextColumns {
    fn header(&self) -> Result<Vec<u8>> {
        let mut header = vec!["row".to_owned()];
        header.extend(self.with_ids.then(|| "id".to_owned()));
        header.extend(["score", "band", "reasons"].map(str::to_owned));
        if let Some(features) = &self.contributions {
            header.push("base".to_owned());
            header.extend(features.iter().map(|name| format!("contribution_{name}")));
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(header)?;
        writer.into_inner().context("cannot encode a line of CSV")
    }

    fn csv(&self, scores: &Scores) -> Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for (at, number) in scores.numbers.iter().enumerate() {
            writer.write_field(number.to_string())?;
            if let Some(ids) = &scores.ids {
                writer.write_field(ids[at].as_deref().unwrap_or_default())?;
            }
            writer.write_field(scores.scores[at].get().to_string())?;
            writer.write_field(scores.bands[at].letter())?;
            writer.write_field(reasons_cell(&scores.reasons[at]))?;
            if let Some(contributions) = &scores.contributions {
                writer.write_field(contributions.base.to_string())?;
                for value in &contributions.values[at * contributions.columns..(at + 1) * contributions.columns] {
                    writer.write_field(value.to_string())?;
                }
            }
            writer.write_record(None::<&[u8]>)?;
        }
        writer.into_inner().context("cannot encode lines of CSV")
    }

    fn json_lines(&self, scores: &Scores) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        for (at, number) in scores.numbers.iter().enumerate() {
            let named = self.contributions.as_ref().zip(scores.contributions.as_ref());
            let contributions = named.map(|(names, contributions)| {
                let values = contributions.values[at * contributions.columns..].iter();
                names.iter().cloned().zip(values.map(|value| Value::from(*value))).collect()
            });
            let line = Line {
                row: *number,
                id: scores.ids.as_ref().map(|ids| &ids[at]),
                score: scores.scores[at].get(),
                band: scores.bands[at].letter(),
                reasons: scores.reasons[at].iter().map(ReasonLine::of).collect(),
                base: named.map(|(_, contributions)| contributions.base),
                contributions,
            };
            serde_json::to_writer(&mut text, &line).context("cannot encode a line of JSON")?;
            text.push(b'\n');
        }
        Ok(text)
    }
}

impl ReasonLine<'_> {
    fn of(reason: &Reason) -> ReasonLine<'_> {
        let Reason { field, text, value, contribution, .. } = reason;
        ReasonLine { field, text, value: value.as_deref(), contribution: *contribution }
    }
}

/// Returns reasons as one cell, each with the sign of its contribution.
fn reasons_cell(reasons: &[Reason]) -> String {
    let side = |reason: &Reason| if reason.contribution >= 0.0 { "+ " } else { "- " };
    let texts: Vec<String> = reasons.iter().map(|reason| format!("{}{}", side(reason), reason.text)).collect();
    texts.join("; ")
}
