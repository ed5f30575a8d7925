//! How scores of a file's rows are written: as CSV, JSON Lines or Parquet.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use plumb_lake::scores::{Encoded, ScoreColumns, ScoreWriter, Scores};
use plumb_lead::Reason;
use serde::Serialize;
use serde_json::{Map, Value};

use super::unfinished::Unfinished;

/// How scores are written.
pub(super) enum Format {
    Csv(Named),
    JsonLines(Named),
    Parquet(ScoreColumns),
}

/// What is written beside the scores.
pub(super) struct Named {
    with_ids: bool,
    /// The features whose contributions are written.
    contributions: Option<Vec<String>>,
}

/// Rows as they are written. To make them is most of the work, and is done for several blocks at once.
pub(super) enum Written {
    Text(Vec<u8>),
    Columns(Encoded),
}

/// Where they go.
pub(super) enum Output {
    Terminal(std::io::Stdout),
    Text(Unfinished),
    Parquet(Box<ScoreWriter<Unfinished>>),
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

impl Format {
    /// Returns the format that a file's name asks for; CSV for the terminal.
    pub(super) fn of(out: Option<&Path>, with_ids: bool, contributions: Option<Vec<String>>) -> Result<Format> {
        let ending = out.map(|out| out.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            None | Some("csv") => Ok(Format::Csv(Named { with_ids, contributions })),
            Some("jsonl" | "ndjson") => Ok(Format::JsonLines(Named { with_ids, contributions })),
            Some("parquet") => Ok(Format::Parquet(ScoreColumns::new(with_ids, contributions.as_deref()))),
            Some(_) => bail!(
                "--out `{}`: expected a name that ends in `.csv`, `.jsonl` or `.parquet`",
                out.unwrap_or(Path::new("")).display()
            ),
        }
    }

    /// Returns rows as they are written.
    pub(super) fn written(&self, scores: &Scores) -> Result<Written> {
        match self {
            Format::Csv(named) => Ok(Written::Text(named.csv(scores)?)),
            Format::JsonLines(named) => Ok(Written::Text(named.json_lines(scores)?)),
            Format::Parquet(columns) => Ok(Written::Columns(columns.encode(scores)?)),
        }
    }

    fn header(&self) -> Result<Vec<u8>> {
        match self {
            Format::Csv(named) => named.header(),
            Format::JsonLines(_) | Format::Parquet(_) => Ok(Vec::new()),
        }
    }
}

impl Output {
    /// Begins to write to a file, or to the terminal.
    pub(super) fn begin(out: Option<&Path>, format: &Format) -> Result<Output> {
        let mut output = match (out, format) {
            (None, _) => Output::Terminal(std::io::stdout()),
            (Some(out), Format::Parquet(columns)) => {
                Output::Parquet(Box::new(ScoreWriter::start(Unfinished::begin(out)?, columns)?))
            }
            (Some(out), _) => Output::Text(Unfinished::begin(out)?),
        };
        output.write(&Written::Text(format.header()?))?;
        Ok(output)
    }

    /// Adds rows.
    pub(super) fn write(&mut self, written: &Written) -> Result<()> {
        match (self, written) {
            (Output::Terminal(to), Written::Text(text)) => to.write_all(text).context("cannot write the scores"),
            (Output::Text(to), Written::Text(text)) => to.write_all(text).context("cannot write the scores"),
            (Output::Parquet(to), Written::Columns(encoded)) => Ok(to.write(encoded)?),
            // A Parquet file has no header of text, and text comes from the formats of text.
            (_, _) => Ok(()),
        }
    }

    /// Ends the file and gives it its name.
    pub(super) fn finish(self) -> Result<()> {
        match self {
            Output::Terminal(mut to) => to.flush().context("cannot write the scores"),
            Output::Text(to) => to.finish(),
            Output::Parquet(to) => to.finish()?.finish(),
        }
    }
}

impl Named {
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
        writer.into_inner().context("cannot make a line of CSV")
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
            writer.write_field(sentence(&scores.reasons[at]))?;
            if let Some(contributions) = &scores.contributions {
                writer.write_field(contributions.base.to_string())?;
                for value in &contributions.values[at * contributions.columns..(at + 1) * contributions.columns] {
                    writer.write_field(value.to_string())?;
                }
            }
            writer.write_record(None::<&[u8]>)?;
        }
        writer.into_inner().context("cannot make lines of CSV")
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
            serde_json::to_writer(&mut text, &line).context("cannot make a line of JSON")?;
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

/// Returns reasons as one cell, each with the side that it is on.
fn sentence(reasons: &[Reason]) -> String {
    let side = |reason: &Reason| if reason.contribution >= 0.0 { "+ " } else { "- " };
    let texts: Vec<String> = reasons.iter().map(|reason| format!("{}{}", side(reason), reason.text)).collect();
    texts.join("; ")
}
