//! Captured calls in the format of SageMaker's data capture: a folder an hour, a JSON object a line.

use std::collections::{BTreeMap, HashSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::capture::{Capture, Payload, encoding};
use super::entry::StoredEntry;

/// The capture files of one segment of the journal.
pub(super) struct CaptureFiles {
    folder: PathBuf,
    /// The segment's name, so that two servers never write one file.
    segment: String,
    /// Whether some events may be in the files already: written by a server that was killed before it could record so.
    has_duplicates: bool,
}

impl CaptureFiles {
    pub(super) fn new(folder: &Path, segment: &str) -> CaptureFiles {
        CaptureFiles { folder: folder.to_owned(), segment: segment.to_owned(), has_duplicates: false }
    }

    /// As [`CaptureFiles::new`], for a segment that another server left behind.
    pub(super) fn of_left_behind(folder: &Path, segment: &str) -> CaptureFiles {
        CaptureFiles { has_duplicates: true, ..CaptureFiles::new(folder, segment) }
    }

    /// Appends the captures of some entries, and forces them to the disk.
    pub(super) fn append(&mut self, entries: &[StoredEntry]) -> Result<()> {
        let mut by_file: BTreeMap<PathBuf, Vec<(&str, String)>> = BTreeMap::new();
        for entry in entries {
            let StoredEntry::Call { call, capture: Some(capture) } = entry else { continue };
            let hour = capture.at.format("%Y/%m/%d/%H").to_string();
            let folder = self.folder.join(&capture.endpoint).join(&call.variant).join(hour);
            let lines = by_file.entry(folder.join(format!("{}.jsonl", self.segment))).or_default();
            lines.push((&capture.event_id, format!("{}\n", line(capture))));
        }
        for (path, mut lines) in by_file {
            let cannot = || format!("cannot write `{}`", path.display());
            if self.has_duplicates {
                let written = events(&path).with_context(cannot)?;
                lines.retain(|(event, _)| !written.contains(*event));
            }
            let (folder, is_new) = (path.parent().unwrap_or(Path::new("")), !path.exists());
            plumb_lake::create_folder(folder).with_context(cannot)?;
            let mut file = OpenOptions::new().create(true).append(true).open(&path).with_context(cannot)?;
            let text: String = lines.into_iter().map(|(_, line)| line).collect();
            file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).with_context(cannot)?;
            if is_new {
                // The journal's own copy is removed soon.
                plumb_lake::sync_folder(folder).with_context(cannot)?;
            }
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

/// Returns the ids of the events in a file, and cuts off a last line that was only written half.
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
