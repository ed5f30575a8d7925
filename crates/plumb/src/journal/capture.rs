//! What went over the wire, kept in SageMaker's data capture format: a folder an hour, a JSON object a line.

use std::collections::{BTreeMap, HashSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Record;

/// One call, as it was sent and answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Capture {
    /// The endpoint's name.
    pub(crate) endpoint: String,
    /// Its own id.
    pub(crate) event_id: String,
    /// The caller's name for it.
    pub(crate) inference_id: Option<String>,
    /// When it was answered.
    pub(crate) at: DateTime<Utc>,
    /// What was sent.
    pub(crate) input: Payload,
    /// What was answered.
    pub(crate) output: Payload,
}

/// A body with its content type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Payload {
    /// As the header had it.
    pub(crate) content_type: String,
    /// The body: as it is, if it is CSV or JSON; all else is in base64, as in SageMaker's own captures.
    pub(crate) data: String,
}

impl Payload {
    /// Returns a body as it is kept.
    pub(crate) fn new(content_type: &str, body: &[u8]) -> Payload {
        let data = match encoding(content_type) {
            "BASE64" => STANDARD.encode(body),
            _ => String::from_utf8_lossy(body).into_owned(),
        };
        Payload { content_type: content_type.to_owned(), data }
    }
}

/// Returns how a body of a type is kept.
fn encoding(content_type: &str) -> &'static str {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "text/csv" => "CSV",
        kind if kind.contains("json") => "JSON",
        _ => "BASE64",
    }
}

/// The files into which a journal's captures go.
pub(super) struct Captures {
    folder: PathBuf,
    /// The journal's name, so that two servers never write one file.
    segment: String,
    /// Whether some may have been written before: by a server that was killed before it could note so.
    again: bool,
}

impl Captures {
    pub(super) fn new(folder: &Path, segment: &str) -> Captures {
        Captures { folder: folder.to_owned(), segment: segment.to_owned(), again: false }
    }

    /// As [`Captures::new`], for a file that another server left behind.
    pub(super) fn again(folder: &Path, segment: &str) -> Captures {
        Captures { again: true, ..Captures::new(folder, segment) }
    }

    /// Writes the captures of some records, and forces them to the disk.
    pub(super) fn keep(&mut self, records: &[Record]) -> Result<()> {
        let mut files: BTreeMap<PathBuf, Vec<(&str, String)>> = BTreeMap::new();
        for (capture, record) in records.iter().filter_map(|record| Some((record.capture.as_ref()?, record))) {
            let hour = capture.at.format("%Y/%m/%d/%H").to_string();
            let folder = self.folder.join(&capture.endpoint).join(&record.variant).join(hour);
            let lines = files.entry(folder.join(format!("{}.jsonl", self.segment))).or_default();
            lines.push((&capture.event_id, format!("{}\n", line(capture))));
        }
        for (path, mut lines) in files {
            let cannot = || format!("cannot write `{}`", path.display());
            if self.again {
                let there = events(&path).with_context(cannot)?;
                lines.retain(|(event, _)| !there.contains(*event));
            }
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).with_context(cannot)?;
            }
            let mut file = OpenOptions::new().create(true).append(true).open(&path).with_context(cannot)?;
            let text: String = lines.into_iter().map(|(_, line)| line).collect();
            file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).with_context(cannot)?;
        }
        Ok(())
    }
}

fn line(capture: &Capture) -> Value {
    let payload = |payload: &Payload, mode: &str| {
        json!({
            "observedContentType": payload.content_type, "mode": mode, "data": payload.data,
            "encoding": encoding(&payload.content_type),
        })
    };
    let mut metadata = json!({
        "eventId": capture.event_id,
        "inferenceTime": capture.at.to_rfc3339_opts(SecondsFormat::Secs, true),
    });
    if let Some(id) = &capture.inference_id {
        metadata["inferenceId"] = json!(id);
    }
    json!({
        "captureData": {
            "endpointInput": payload(&capture.input, "INPUT"), "endpointOutput": payload(&capture.output, "OUTPUT"),
        },
        "eventMetadata": metadata,
        "eventVersion": "0",
    })
}

/// Returns the events that are in a file already, and cuts off a last line that was only written half.
fn events(path: &Path) -> Result<HashSet<String>> {
    if !path.exists() {
        return Ok(HashSet::new());
    }
    let text = std::fs::read_to_string(path)?;
    let whole = text.rfind('\n').map_or(0, |last| last + 1);
    OpenOptions::new().write(true).open(path)?.set_len(whole as u64)?;
    let event = |line: &str| -> Result<String> {
        let line: Value = serde_json::from_str(line)?;
        Ok(line["eventMetadata"]["eventId"].as_str().unwrap_or_default().to_owned())
    };
    text[..whole].lines().map(event).collect()
}
