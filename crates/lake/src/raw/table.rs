//! One raw table: Parquet parts, one a run, and the list of those that count.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray, BooleanBuilder, Float64Builder, Int64Array, Int64Builder, RecordBatch, StringArray,
    StringBuilder, TimestampMicrosecondBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::RejectedRow;
use crate::Error;
use crate::engine::moments;
use crate::timestamp::timestamp_type;

/// Rows held before they are written.
const BATCH_ROWS: usize = 16_384;

/// What the raw layer holds: saved after a run's parts, so that a run that dies half-way has changed nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// Tables by `source.table`.
    pub(crate) tables: BTreeMap<String, TableState>,
    /// How far each file has been read.
    pub(crate) files: BTreeMap<String, FileState>,
    /// Rows that could not be read, each once, however often its source was read.
    #[serde(default)]
    pub(crate) rejected: Vec<RejectedRow>,
    /// Number of the last run.
    pub(crate) run: u64,
    /// When the last run began: what all its rows are learned at, in microseconds.
    pub(crate) learned_at: i64,
}

/// What the raw layer holds of one table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TableState {
    pub(crate) columns: Vec<(String, RawKind)>,
    /// The columns that say which rows are versions of one; empty if each row stands for itself.
    pub(crate) key: Vec<String>,
    /// Whether some row is a newer version of another.
    pub(crate) has_versions: bool,
    pub(crate) parts: Vec<Part>,
    /// The cursor's last value, as text.
    pub(crate) cursor: Option<String>,
}

/// What one run added to a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Its file, in the raw folder.
    pub(crate) path: PathBuf,
    /// When its rows were learned, in microseconds.
    pub(crate) learned_at: i64,
}

/// How far a file has been read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileState {
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    pub(crate) modified_micros: i64,
    /// Hash of the first bytes: tells a file that grew from one that was replaced.
    pub(crate) head: String,
    pub(crate) head_bytes: u64,
}

/// The type of a raw column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RawKind {
    Text,
    Integer,
    Real,
    Flag,
    Moment,
}

/// One cell of a raw row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Text(String),
    Integer(i64),
    Real(f64),
    Flag(bool),
    Moment(i64),
}

/// A raw table that is being added to.
pub(crate) struct RawTable {
    name: String,
    folder: PathBuf,
    columns: Vec<(String, RawKind)>,
    key: Vec<String>,
    /// The hash of each key's newest row.
    newest: HashMap<i64, i64>,
    has_versions: bool,
    rows: Vec<Held>,
    /// Rows there are and were, in the order in which they were learned.
    sequence: i64,
    writer: Option<(ArrowWriter<File>, PathBuf)>,
    parts: Vec<Part>,
    run: u64,
    learned_at: i64,
    pub(crate) rows_new: u64,
}

/// A row that is not written yet.
struct Held {
    cells: Vec<Cell>,
    origin: String,
    hash: i64,
    key: i64,
}

impl State {
    /// Reads the state of a raw folder; none yet is an empty one.
    pub(crate) fn load(path: &Path) -> Result<State, Error> {
        match std::fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| Error::file("understand", path)(std::io::Error::other(error))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(State::default()),
            Err(error) => Err(Error::file("read", path)(error)),
        }
    }

    /// Returns what the raw layer held after the last run that began by a moment.
    pub(crate) fn until(&self, learned_at: i64) -> State {
        let mut state = self.clone();
        state.tables.values_mut().for_each(|table| table.parts.retain(|part| part.learned_at <= learned_at));
        state
    }

    /// Returns the moments at which the runs that brought something learned it, newest first.
    pub(crate) fn runs(&self) -> Vec<i64> {
        let parts = self.tables.values().flat_map(|table| &table.parts);
        let mut runs: Vec<i64> = parts.map(|part| part.learned_at).collect();
        runs.sort_unstable_by(|a, b| b.cmp(a));
        runs.dedup();
        runs
    }

    /// Adds what a run could not read; a row that is known already is not listed twice.
    pub(crate) fn add_rejected(&mut self, rejected: &[RejectedRow]) {
        let known: HashSet<RejectedRow> = self.rejected.iter().cloned().collect();
        self.rejected.extend(rejected.iter().filter(|row| !known.contains(row)).cloned());
    }

    /// Replaces the saved state in one step.
    pub(crate) fn save(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self).expect("maps with text keys become JSON");
        write_atomically(path, text.as_bytes())
    }
}

impl RawKind {
    fn data_type(self) -> DataType {
        match self {
            RawKind::Text => DataType::Utf8,
            RawKind::Integer => DataType::Int64,
            RawKind::Real => DataType::Float64,
            RawKind::Flag => DataType::Boolean,
            RawKind::Moment => timestamp_type(),
        }
    }
}

impl RawTable {
    /// Opens a table for more rows. Columns that are new are added; one whose type changed is an error, and so is
    /// another key.
    pub(crate) fn open(
        source: &str,
        table: &str,
        columns: Vec<(String, RawKind)>,
        key: Vec<String>,
        raw_folder: &Path,
        state: &State,
    ) -> Result<RawTable, Error> {
        let name = format!("{source}.{table}");
        let known = state.tables.get(&name);
        if let Some(known) = known.filter(|known| known.key != key) {
            return Err(Error::Source {
                source_name: source.to_owned(),
                problem: format!(
                    "the key of `{table}` was `{}` and is now `{}`",
                    known.key.join("`, `"),
                    key.join("`, `")
                ),
                hint: "delete the data folder to read everything again".into(),
            });
        }
        let mut all = known.map(|known| known.columns.clone()).unwrap_or_default();
        for (column, kind) in columns {
            match all.iter().find(|(known, _)| *known == column) {
                Some((_, known_kind)) if *known_kind != kind => {
                    return Err(Error::Source {
                        source_name: source.to_owned(),
                        problem: format!("column `{column}` of `{table}` was {known_kind:?} and is now {kind:?}"),
                        hint: "delete the data folder to read everything again".into(),
                    });
                }
                Some(_) => {}
                None => all.push((column, kind)),
            }
        }
        let (mut newest, mut sequence) = (HashMap::new(), 0);
        for part in known.map(|known| known.parts.as_slice()).unwrap_or_default() {
            sequence += read_hashes(&raw_folder.join(&part.path), &mut newest)?;
        }
        Ok(RawTable {
            folder: raw_folder.join(source).join(table),
            name,
            columns: all,
            key,
            newest,
            has_versions: known.is_some_and(|known| known.has_versions),
            rows: Vec::new(),
            sequence,
            writer: None,
            parts: Vec::new(),
            run: state.run,
            learned_at: state.learned_at,
            rows_new: 0,
        })
    }

    /// Returns the columns, in the order in which [`RawTable::push`] takes cells.
    pub(crate) fn columns(&self) -> &[(String, RawKind)] {
        &self.columns
    }

    /// Adds a column that a file turned out to have, and returns its position.
    pub(crate) fn add_text_column(&mut self, column: &str) -> Result<usize, Error> {
        // Rows already held are shorter: they are written first, under the columns they had.
        self.close_part()?;
        self.columns.push((column.to_owned(), RawKind::Text));
        Ok(self.columns.len() - 1)
    }

    /// Adds a row unless it is known: the newest of its key says the very same. A row without a key, or that misses a
    /// part of it, stands for itself.
    ///
    /// Rows are told apart by the first 64 bits of their SHA-256: among five million rows the chance that two
    /// different ones are taken for the same is below one in a million.
    pub(crate) fn push(&mut self, cells: Vec<Cell>, origin: String) -> Result<(), Error> {
        let hash = hash_row(self.columns.iter().map(|(name, _)| name.as_str()).zip(&cells));
        let key = self.key_of(&cells).unwrap_or(hash);
        match self.newest.insert(key, hash) {
            Some(known) if known == hash => return Ok(()),
            Some(_) => self.has_versions = true,
            None => {}
        }
        self.rows_new += 1;
        self.rows.push(Held { cells, origin, hash, key });
        if self.rows.len() >= BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    fn key_of(&self, cells: &[Cell]) -> Option<i64> {
        if self.key.is_empty() {
            return None;
        }
        let named = self.key.iter().map(|key| {
            let position = self.columns.iter().position(|(name, _)| name == key)?;
            cells.get(position).filter(|cell| **cell != Cell::Null).map(|cell| (key.as_str(), cell))
        });
        named.collect::<Option<Vec<_>>>().map(hash_row)
    }

    /// Writes what is left and records the table in the state.
    pub(crate) fn finish(mut self, cursor: Option<String>, state: &mut State) -> Result<u64, Error> {
        self.close_part()?;
        let entry = state.tables.entry(self.name).or_default();
        entry.columns = self.columns;
        entry.key = self.key;
        entry.has_versions = self.has_versions;
        if cursor.is_some() {
            entry.cursor = cursor;
        }
        entry.parts.extend(self.parts);
        Ok(self.rows_new)
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let schema = stored_schema(&self.columns);
        if self.writer.is_none() {
            std::fs::create_dir_all(&self.folder).map_err(Error::file("create", &self.folder))?;
            // A part of this number may be left of a run that died: nothing lists it, so it is written over.
            let file_name = format!("run-{:06}-{}.parquet", self.run, self.parts.len());
            let path = self.folder.join(&file_name);
            let file = File::create(&path).map_err(Error::file("create", &path))?;
            let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
            let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))
                .map_err(Error::engine("start a Parquet file"))?;
            self.writer = Some((writer, path));
        }
        let rows = std::mem::take(&mut self.rows);
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len() + 5);
        for (index, (_, kind)) in self.columns.iter().enumerate() {
            arrays.push(build_column(*kind, rows.iter().map(|row| row.cells.get(index).unwrap_or(&Cell::Null))));
        }
        arrays.push(Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.origin.as_str()))));
        arrays.push(moments(std::iter::repeat_n(Some(self.learned_at), rows.len())));
        arrays.push(Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.hash))));
        arrays.push(Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.key))));
        let first = self.sequence;
        self.sequence += rows.len() as i64;
        arrays.push(Arc::new(Int64Array::from_iter_values(first..self.sequence)));
        let batch = RecordBatch::try_new(schema, arrays).map_err(Error::engine("build a batch of raw rows"))?;
        let (writer, _) = self.writer.as_mut().expect("opened above");
        writer.write(&batch).map_err(Error::engine("write raw rows"))
    }

    fn close_part(&mut self) -> Result<(), Error> {
        self.flush()?;
        if let Some((writer, path)) = self.writer.take() {
            let file = writer.into_inner().map_err(Error::engine("finish a Parquet file"))?;
            file.sync_all().map_err(Error::file("write", &path))?;
            let (source, table) = self.name.split_once('.').expect("the name was made with a dot");
            let path = Path::new(source).join(table).join(path.file_name().expect("the path was made with one"));
            self.parts.push(Part { path, learned_at: self.learned_at });
        }
        Ok(())
    }
}

/// Replaces a file in one step: whoever reads it sees the old or the new, never a half.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    use std::io::Write;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    }
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary).map_err(Error::file("create", &temporary))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::file("write", &temporary))?;
    std::fs::rename(&temporary, path).map_err(Error::file("replace", path))
}

/// Returns the columns as SQL sees them.
pub(crate) fn schema_of(columns: &[(String, RawKind)]) -> SchemaRef {
    let mut fields: Vec<Field> = columns.iter().map(|(name, kind)| Field::new(name, kind.data_type(), true)).collect();
    fields.push(Field::new("_origin", DataType::Utf8, true));
    fields.push(Field::new("_learned_at", timestamp_type(), true));
    Arc::new(Schema::new(fields))
}

/// Returns the columns as they are stored: with what tells rows and their versions apart.
pub(crate) fn stored_schema(columns: &[(String, RawKind)]) -> SchemaRef {
    let mut fields: Vec<Field> = schema_of(columns).fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.extend(["_hash", "_key", "_sequence"].map(|name| Field::new(name, DataType::Int64, false)));
    Arc::new(Schema::new(fields))
}

fn build_column<'a>(kind: RawKind, cells: impl Iterator<Item = &'a Cell>) -> ArrayRef {
    match kind {
        RawKind::Text => {
            let mut builder = StringBuilder::new();
            for cell in cells {
                if let Cell::Text(text) = cell { builder.append_value(text) } else { builder.append_null() }
            }
            Arc::new(builder.finish())
        }
        RawKind::Integer => {
            let mut builder = Int64Builder::new();
            cells.for_each(|cell| {
                builder.append_option(if let Cell::Integer(value) = cell { Some(*value) } else { None })
            });
            Arc::new(builder.finish())
        }
        RawKind::Real => {
            let mut builder = Float64Builder::new();
            cells.for_each(|cell| {
                builder.append_option(match cell {
                    Cell::Real(value) => Some(*value),
                    Cell::Integer(value) => Some(*value as f64),
                    _ => None,
                });
            });
            Arc::new(builder.finish())
        }
        RawKind::Flag => {
            let mut builder = BooleanBuilder::new();
            cells
                .for_each(|cell| builder.append_option(if let Cell::Flag(value) = cell { Some(*value) } else { None }));
            Arc::new(builder.finish())
        }
        RawKind::Moment => {
            let mut builder = TimestampMicrosecondBuilder::new().with_timezone("UTC");
            cells.for_each(|cell| {
                builder.append_option(if let Cell::Moment(value) = cell { Some(*value) } else { None })
            });
            Arc::new(builder.finish())
        }
    }
}

/// Hashes names with values and passes over nulls, so that a column added later changes no older row's hash.
fn hash_row<'a>(named: impl IntoIterator<Item = (&'a str, &'a Cell)>) -> i64 {
    let mut hasher = Sha256::new();
    let mut named: Vec<(&str, &Cell)> = named.into_iter().collect();
    named.sort_by_key(|(name, _)| *name);
    for (name, cell) in named {
        let text = match cell {
            Cell::Null => continue,
            Cell::Text(text) => format!("t{text}"),
            Cell::Integer(value) => format!("i{value}"),
            Cell::Real(value) => format!("r{}", value.to_bits()),
            Cell::Flag(value) => format!("f{value}"),
            Cell::Moment(value) => format!("m{value}"),
        };
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    let digest = hasher.finalize();
    let mut head = [0; 8];
    head.copy_from_slice(&digest[..8]);
    i64::from_le_bytes(head)
}

/// Reads which row is the newest of each key, a part after the other, and returns the part's rows.
fn read_hashes(path: &Path, newest: &mut HashMap<i64, i64>) -> Result<i64, Error> {
    let doing = "read a part of the raw layer";
    let file = File::open(path).map_err(Error::file("open", path))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(Error::engine(doing))?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["_hash", "_key"]);
    let mut rows = 0;
    for batch in builder.with_projection(mask).build().map_err(Error::engine(doing))? {
        let batch = batch.map_err(Error::engine(doing))?;
        let [hashes, keys] = ["_hash", "_key"].map(|name| batch[name].as_primitive::<Int64Type>().values());
        newest.extend(keys.iter().copied().zip(hashes.iter().copied()));
        rows += batch.num_rows() as i64;
    }
    Ok(rows)
}
