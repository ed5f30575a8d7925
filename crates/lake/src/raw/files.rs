//! CSV, JSON Lines and Parquet files into the raw layer. Files that grow are read from where they ended.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::{Digest, Sha256};

use super::table::{Cell, FileState, RawTable};
use super::{Pull, RejectedRow, Source, SourceKind, SourceReport, in_project};
use crate::Error;
use crate::bits::hex;
use crate::parquet_file::reading;
use crate::timestamp::timestamp_type;

/// The table's name in SQL: `<source>.records`.
const TABLE: &str = "records";

/// Bytes of a file's beginning that must not change while it grows.
const HEAD_BYTES: u64 = 4096;

pub(super) async fn pull(pull: &mut Pull<'_>) -> Result<(), Error> {
    let Pull { state, rejected, report, .. } = pull;
    let (name, source, project, raw_folder) = (pull.name, pull.source, pull.project, pull.raw_folder);
    let paths = matching(name, source, project)?;
    let mut table: Option<RawTable> = None;
    for path in paths {
        let label = path.strip_prefix(project).unwrap_or(&path).display().to_string();
        let state_key = format!("{name}:{label}");
        let now = look(&path)?;
        let before = state.files.get(&state_key).cloned();
        if before
            .as_ref()
            .is_some_and(|before| before.bytes == now.bytes && before.modified_micros == now.modified_micros)
        {
            report.files_unchanged += 1;
            continue;
        }
        let from = resume_point(&path, before)?;
        if table.is_none() {
            let key = source.key.get(TABLE).cloned().unwrap_or_default();
            table = Some(RawTable::open(name, TABLE, Vec::new(), key, raw_folder, state)?);
        }
        let table = table.as_mut().expect("set above");
        let mut reading = Reading { path: &path, label: &label, table, rejected, report };
        let (bytes, lines) = match source.kind {
            SourceKind::Jsonl => reading.jsonl(&from)?,
            SourceKind::Csv => reading.csv()?,
            SourceKind::Parquet => reading.parquet(name)?,
            SourceKind::Sqlite | SourceKind::Postgres => unreachable!("databases are read elsewhere"),
        };
        let head_bytes = bytes.min(HEAD_BYTES);
        state.files.insert(
            state_key,
            FileState {
                bytes,
                lines,
                modified_micros: now.modified_micros,
                head: head_of(&path, head_bytes)?,
                head_bytes,
            },
        );
    }
    if let Some(table) = table {
        report.rows_new += table.finish(None, state)?;
    }
    Ok(())
}

struct Reading<'a> {
    path: &'a Path,
    label: &'a str,
    table: &'a mut RawTable,
    rejected: &'a mut Vec<RejectedRow>,
    report: &'a mut SourceReport,
}

impl Reading<'_> {
    /// Returns the bytes and lines read so far. A last line that has no end yet and is no JSON is left for next time.
    fn jsonl(&mut self, from: &FileState) -> Result<(u64, u64), Error> {
        let mut file = File::open(self.path).map_err(Error::file("open", self.path))?;
        file.seek(SeekFrom::Start(from.bytes)).map_err(Error::file("read", self.path))?;
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let (mut bytes, mut lines) = (from.bytes, from.lines);
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).map_err(Error::file("read", self.path))?;
            if length == 0 {
                break;
            }
            let parsed = parse_object(&line);
            if parsed.is_err() && line.last() != Some(&b'\n') {
                break;
            }
            bytes += length as u64;
            lines += 1;
            match parsed {
                Ok(None) => {}
                Ok(Some(fields)) => {
                    self.report.rows_read += 1;
                    self.push_named(fields, lines)?;
                }
                Err(reason) => self.reject(lines, String::new(), reason),
            }
        }
        Ok((bytes, lines))
    }

    fn csv(&mut self) -> Result<(u64, u64), Error> {
        let mut reader = csv::ReaderBuilder::new()
            .from_path(self.path)
            .map_err(|error| Error::file("read", self.path)(std::io::Error::other(error)))?;
        let header: Vec<String> = reader
            .headers()
            .map_err(|error| Error::file("read the header of", self.path)(std::io::Error::other(error)))?
            .iter()
            .map(str::to_owned)
            .collect();
        let mut lines = 1;
        for record in reader.records() {
            match record {
                Ok(record) => {
                    lines = record.position().map_or(lines + 1, csv::Position::line);
                    self.report.rows_read += 1;
                    let fields = header
                        .iter()
                        .zip(record.iter())
                        .filter(|(_, value)| !value.is_empty())
                        .map(|(column, value)| (column.clone(), value.to_owned()))
                        .collect();
                    self.push_named(fields, lines)?;
                }
                Err(error) => {
                    lines = error.position().map_or(lines + 1, csv::Position::line);
                    self.reject(lines, String::new(), error.to_string());
                }
            }
        }
        Ok((look(self.path)?.bytes, lines))
    }

    fn parquet(&mut self, source: &str) -> Result<(u64, u64), Error> {
        let file = File::open(self.path).map_err(Error::file("open", self.path))?;
        let label = self.label;
        let unreadable = |problem: String| Error::Source {
            source_name: source.to_owned(),
            problem: format!("`{label}` is not a readable Parquet file: {problem}"),
            hint: "check that it was written completely".into(),
        };
        let open = || ParquetRecordBatchReaderBuilder::try_new(file).and_then(|builder| builder.build());
        let mut reader = reading(open).map_err(|error| unreadable(error.to_string()))?;
        let mut lines = 0;
        loop {
            let batch = reading(|| reader.next().transpose()).map_err(|error| unreadable(error.to_string()))?;
            let Some(batch) = batch else { break };
            let cells = text_columns(&batch)?;
            for row in 0..batch.num_rows() {
                lines += 1;
                self.report.rows_read += 1;
                let fields = cells
                    .iter()
                    .filter_map(|(column, values)| values[row].clone().map(|value| (column.clone(), value)))
                    .collect();
                self.push_named(fields, lines)?;
            }
        }
        Ok((look(self.path)?.bytes, lines))
    }

    fn push_named(&mut self, fields: BTreeMap<String, String>, line: u64) -> Result<(), Error> {
        for column in fields.keys() {
            if !self.table.columns().iter().any(|(known, _)| known == column) {
                self.table.add_text_column(column)?;
            }
        }
        let mut fields = fields;
        let cells = self
            .table
            .columns()
            .iter()
            .map(|(column, _)| fields.remove(column).map_or(Cell::Null, Cell::Text))
            .collect();
        self.table.push(cells, format!("{}:{line}", self.label))
    }

    fn reject(&mut self, line: u64, field: String, reason: String) {
        self.rejected.push(RejectedRow { file: self.label.to_owned(), line, field, reason });
    }
}

/// Returns the flattened fields of a line's JSON object, `None` for a blank line, or why it is no object.
fn parse_object(line: &[u8]) -> Result<Option<BTreeMap<String, String>>, String> {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let text = std::str::from_utf8(line).map_err(|error| format!("invalid UTF-8 at byte {}", error.valid_up_to()))?;
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let serde_json::Value::Object(object) = value else {
        return Err("expected a JSON object".into());
    };
    let mut fields = BTreeMap::new();
    flatten("", object, &mut fields);
    Ok(Some(fields))
}

fn flatten(prefix: &str, object: serde_json::Map<String, serde_json::Value>, fields: &mut BTreeMap<String, String>) {
    for (key, value) in object {
        let name = if prefix.is_empty() { key } else { format!("{prefix}_{key}") };
        match value {
            serde_json::Value::Null => {}
            serde_json::Value::String(text) => {
                fields.insert(name, text);
            }
            serde_json::Value::Object(inner) => flatten(&name, inner, fields),
            other => {
                fields.insert(name, other.to_string());
            }
        }
    }
}

type TextColumn = (String, Vec<Option<String>>);

fn text_columns(batch: &RecordBatch) -> Result<Vec<TextColumn>, Error> {
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let array = match field.data_type() {
            // Without the detour a moment would be written without its offset.
            DataType::Timestamp(..) => cast(array, &timestamp_type()),
            _ => Ok(array.clone()),
        }
        .map_err(Error::engine("read a moment from a Parquet file"))?;
        let text = cast(&array, &DataType::Utf8).map_err(Error::engine("read a column of a Parquet file"))?;
        let values = text.as_string::<i32>().iter().map(|value| value.map(str::to_owned)).collect();
        columns.push((field.name().clone(), values));
    }
    Ok(columns)
}

fn matching(name: &str, source: &Source, project: &Path) -> Result<Vec<PathBuf>, Error> {
    let pattern = in_project(project, &source.url);
    let bad = |problem: String| Error::Source {
        source_name: name.to_owned(),
        problem,
        hint: "check `url` in plumb.toml; it is relative to the project folder".into(),
    };
    let mut paths: Vec<PathBuf> = glob::glob(&pattern.to_string_lossy())
        .map_err(|error| bad(format!("`{}` is not a file pattern: {error}", source.url)))?
        .filter_map(Result::ok)
        .filter(|path| path.is_file())
        .collect();
    if paths.is_empty() {
        return Err(bad(format!("no file matches `{}`", pattern.display())));
    }
    paths.sort();
    Ok(paths)
}

fn look(path: &Path) -> Result<FileState, Error> {
    let metadata = std::fs::metadata(path).map_err(Error::file("read", path))?;
    let modified_micros = metadata
        .modified()
        .ok()
        .and_then(|modified| modified.duration_since(std::time::UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_micros() as i64);
    Ok(FileState { bytes: metadata.len(), modified_micros, ..FileState::default() })
}

/// A file whose beginning is as it was has grown; any other is read from its start, and its known rows are passed over.
fn resume_point(path: &Path, before: Option<FileState>) -> Result<FileState, Error> {
    let Some(before) = before else { return Ok(FileState::default()) };
    let same_head = look(path)?.bytes >= before.bytes && head_of(path, before.head_bytes)? == before.head;
    Ok(if same_head { before } else { FileState::default() })
}

fn head_of(path: &Path, bytes: u64) -> Result<String, Error> {
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(bytes).read_to_end(&mut head)).map_err(Error::file("read", path))?;
    Ok(hex(Sha256::digest(&head)))
}
