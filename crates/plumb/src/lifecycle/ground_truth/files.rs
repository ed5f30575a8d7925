//! Ground truth files as SageMaker writes them: JSON Lines in folders by the hour of the label, each line with an event
//! and its labels. A bad line is rejected, not an error.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::EventLabels;

/// A longer line is rejected.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// The most lines of a file that are rejected: each is kept with its reason, and a file of nothing else is of another kind.
const REJECTED_MAX: usize = 100_000;

/// The longest event id: SageMaker allows 64 characters, our own ids have fewer.
const EVENT_ID_CHARS_MAX: usize = 256;

/// A line, or a whole file, that is not ground truth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RejectedLine {
    /// The file, relative to the folder of ground truth.
    pub(crate) file: String,
    /// The line; 0 is the whole file.
    pub(crate) line: u32,
    /// Why it was rejected.
    pub(crate) reason: String,
}

/// The contents of a file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Contents {
    pub(super) labels: Vec<EventLabels>,
    pub(super) rejected: Vec<RejectedLine>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    ground_truth_data: Data,
    event_metadata: Metadata,
}

#[derive(Deserialize)]
struct Data {
    data: String,
    #[serde(default)]
    encoding: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    event_id: String,
}

/// Returns the files under a folder, sorted by name; hidden files are skipped.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot list `{}`: expected a folder of ground truth", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        match entry.file_type().with_context(cannot)? {
            _ if is_hidden => {}
            kind if kind.is_dir() => files.extend(list(&entry.path())?),
            _ => files.push(entry.path()),
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a file in a folder `yyyy/mm/dd/hh` under `folder`.
pub(super) fn read(folder: &Path, path: &Path) -> Result<Contents> {
    let name = path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let mut contents = Contents::default();
    let rejected = &mut contents.rejected;
    let mut reject = |line: u32, reason: String| {
        rejected.push(RejectedLine { file: name.clone(), line, reason });
        rejected.len() < REJECTED_MAX
    };
    let Some(hour) = hour(path) else {
        reject(0, "is not in a folder `yyyy/mm/dd/hh`, the hour of its labels".to_owned());
        return Ok(contents);
    };
    let cannot = || format!("cannot read `{}`", path.display());
    let mut reader = BufReader::new(File::open(path).with_context(cannot)?);
    for line in 1.. {
        let mut bytes = Vec::new();
        if (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes).with_context(cannot)? == 0 {
            break;
        }
        if bytes.last() != Some(&b'\n') && bytes.len() as u64 == LINE_BYTES_MAX {
            reader.skip_until(b'\n').with_context(cannot)?;
            if !reject(line, format!("is longer than {LINE_BYTES_MAX} bytes")) {
                break;
            }
            continue;
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match parse(&bytes) {
            Ok((event_id, labels)) => {
                contents.labels.push(EventLabels { event_id, labels, hour, file: name.clone(), line });
            }
            Err(reason) => {
                if !reject(line, reason) {
                    break;
                }
            }
        }
    }
    if contents.rejected.len() == REJECTED_MAX {
        let reason = format!("has {REJECTED_MAX} lines that are rejected: the rest of it is not read");
        contents.rejected.push(RejectedLine { file: name, line: 0, reason });
    }
    Ok(contents)
}

/// Returns the hour that the folders of a file name.
fn hour(path: &Path) -> Option<DateTime<Utc>> {
    let mut names = path.parent()?.components().rev().map(|part| part.as_os_str().to_str());
    let mut number = |digits: usize| {
        let name = names.next().flatten()?;
        (name.len() == digits && name.bytes().all(|byte| byte.is_ascii_digit())).then(|| name.parse::<u32>().ok())?
    };
    let (hour, day, month, year) = (number(2)?, number(2)?, number(2)?, number(4)?);
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Some(day.and_hms_opt(hour, 0, 0)?.and_utc())
}

/// Parses a line into its event and labels.
fn parse(bytes: &[u8]) -> Result<(String, Vec<bool>), String> {
    let line: Line = serde_json::from_slice(bytes).map_err(|error| {
        format!("is not ground truth: {error}; expected `groundTruthData.data` and `eventMetadata.eventId`")
    })?;
    let event_id = line.event_metadata.event_id;
    if event_id.is_empty() || event_id.chars().count() > EVENT_ID_CHARS_MAX {
        return Err(format!("has an `eventId` that is empty or longer than {EVENT_ID_CHARS_MAX} characters"));
    }
    let Data { data, encoding } = line.ground_truth_data;
    let labels = match encoding.as_deref().unwrap_or("CSV") {
        "CSV" => csv_labels(&data),
        "JSON" => json_labels(&data),
        "BASE64" => {
            let bytes =
                STANDARD.decode(data.trim()).map_err(|error| format!("has data that is not base64: {error}"))?;
            csv_labels(&String::from_utf8(bytes).map_err(|_| "has data that is not text".to_owned())?)
        }
        other => Err(format!("has encoding `{other}`: expected `CSV`, `JSON` or `BASE64`")),
    }?;
    if labels.is_empty() { Err("has no label".to_owned()) } else { Ok((event_id, labels)) }
}

fn csv_labels(data: &str) -> Result<Vec<bool>, String> {
    data.split(['\n', ',']).map(str::trim).filter(|cell| !cell.is_empty()).map(label).collect()
}

fn json_labels(data: &str) -> Result<Vec<bool>, String> {
    let value: Value = serde_json::from_str(data).map_err(|error| format!("has data that is not JSON: {error}"))?;
    let one = |value: &Value| match value {
        Value::String(text) => label(text),
        value => label(&value.to_string()),
    };
    match &value {
        Value::Array(list) => list.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

fn label(text: &str) -> Result<bool, String> {
    let word = text.trim_matches('"').to_ascii_lowercase();
    match (word.as_str(), word.parse::<f64>()) {
        ("true" | "yes", _) => Ok(true),
        ("false" | "no", _) => Ok(false),
        (_, Ok(1.0)) => Ok(true),
        (_, Ok(0.0)) => Ok(false),
        _ => Err(format!("has label `{text}`: expected 1 or 0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Result<(&str, &[bool]), &str>) {
        match (parse(line.as_bytes()), expected) {
            (Ok((event, labels)), Ok(expected)) => assert_eq!((event.as_str(), labels.as_slice()), expected),
            (Err(reason), Err(part)) => assert!(reason.contains(part), "{line}: {reason}"),
            (found, _) => panic!("{line}: {found:?}"),
        }
    }

    fn line(data: &str, encoding: &str) -> String {
        let data = serde_json::json!({ "data": data, "encoding": encoding });
        serde_json::json!({ "groundTruthData": data, "eventMetadata": { "eventId": "e" }, "eventVersion": "0" })
            .to_string()
    }

    #[test]
    fn labels_are_read_in_each_encoding() {
        for text in ["1", "1.0", "true", " yes\n", "\"1\""] {
            check(&line(text, "CSV"), Ok(("e", &[true])));
        }
        check(&line("0\n1\n0\n", "CSV"), Ok(("e", &[false, true, false])));
        check(&line("0,1", "CSV"), Ok(("e", &[false, true])));
        check(&line("1", "JSON"), Ok(("e", &[true])));
        check(&line("[false, 1.0, \"no\"]", "JSON"), Ok(("e", &[false, true, false])));
        check(&line("MQ==", "BASE64"), Ok(("e", &[true])));
        check(r#"{"groundTruthData":{"data":"0"},"eventMetadata":{"eventId":"x"}}"#, Ok(("x", &[false])));
    }

    #[test]
    fn malformed_line_is_rejected_with_its_reason() {
        check("{", Err("is not ground truth"));
        check("[1]", Err("is not ground truth"));
        check(r#"{"groundTruthData":{"data":"0"}}"#, Err("eventMetadata"));
        check(r#"{"groundTruthData":{"data":0},"eventMetadata":{"eventId":"x"}}"#, Err("expected a string"));
        check(r#"{"groundTruthData":{"data":"0"},"eventMetadata":{"eventId":""}}"#, Err("is empty"));
        check(&line("maybe", "CSV"), Err("has label `maybe`: expected 1 or 0"));
        check(&line("2", "CSV"), Err("`2`"));
        check(&line("NaN", "CSV"), Err("`NaN`"));
        check(&line(" \n", "CSV"), Err("has no label"));
        check(&line("{\"a\":1}", "JSON"), Err("has label `{\"a\":1}`"));
        check(&line("[", "JSON"), Err("not JSON"));
        check(&line("!", "BASE64"), Err("not base64"));
        check(&line("1", "XML"), Err("encoding `XML`"));
    }

    #[test]
    fn hour_of_labels_is_read_from_the_folders() {
        let of = |path: &str| hour(Path::new(path)).map(|hour| hour.to_rfc3339());
        assert_eq!(of("prefix/2026/03/01/09/a.jsonl").as_deref(), Some("2026-03-01T09:00:00+00:00"));
        for path in ["a.jsonl", "2026/03/01/a.jsonl", "2026/13/01/09/a.jsonl", "2026/03/01/24/a.jsonl", "26/03/01/09/a"]
        {
            assert_eq!(of(path), None, "{path}");
        }
    }

    #[test]
    fn malformed_line_is_rejected_and_the_next_one_is_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("2026/03/01/09/a.jsonl");
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        let long = "x".repeat(LINE_BYTES_MAX as usize + 10);
        let text = [b"{\n".as_slice(), b"\n\xff\n", long.as_bytes(), b"\n", line("1", "CSV").as_bytes()].concat();
        std::fs::write(&path, text).expect("it can be written");
        std::fs::write(folder.path().join(".hidden"), "x").expect("it can be written");
        std::fs::write(folder.path().join("astray.jsonl"), line("1", "CSV")).expect("it can be written");
        let files = list(folder.path()).expect("a folder");
        let [first, astray] = &files[..] else { panic!("{files:?}") };
        let Contents { labels, rejected } = read(folder.path(), first).expect("readable");
        assert_eq!(
            labels.iter().map(|labels| (labels.line, labels.file.as_str())).collect::<Vec<_>>(),
            [(5, "2026/03/01/09/a.jsonl")]
        );
        assert_eq!(rejected.iter().map(|rejected| rejected.line).collect::<Vec<_>>(), [1, 3, 4]);
        assert!(rejected[2].reason.contains("longer than"), "{rejected:?}");
        let Contents { labels, rejected } = read(folder.path(), astray).expect("readable");
        assert!(
            labels.is_empty() && rejected[0].line == 0 && rejected[0].reason.contains("yyyy/mm/dd/hh"),
            "{rejected:?}"
        );
    }

    #[test]
    fn a_file_of_bad_lines_is_not_read_to_its_end() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("2026/03/01/09/a.jsonl");
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        std::fs::write(&path, "x\n".repeat(REJECTED_MAX + 10)).expect("it can be written");
        let Contents { labels, rejected } = read(folder.path(), &path).expect("readable");
        assert_eq!((labels.len(), rejected.len()), (0, REJECTED_MAX + 1));
        let last = rejected.last().expect("many are");
        assert!(last.line == 0 && last.reason.contains("100000 lines that are rejected"), "{last:?}");
    }
}
