//! One raw table: Parquet parts, one a run, of rows that were new or changed.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::cell::{Cell, RawKind, build_column, hash_row};
use super::schema::stored_schema;
use super::state::{Part, State, TableState};
use crate::error::Error;
use crate::files::file_hash::HashedFile;
use crate::files::limits::BLOCK_BYTES_MAX;
use crate::files::parquet_files::parquet_writer;
use crate::files::replace_file::{create_folder, sync_folder};
use crate::rounded_ids::RoundedIds;
use crate::timestamp::timestamp_array;

/// Rows that are collected before they are written.
const BATCH_ROWS: usize = 16_384;

/// A row group is in memory until it is written.
const ROW_GROUP_BYTES_MAX: u64 = 256 << 20;

/// A raw table that is being added to.
pub(crate) struct RawTable {
    name: String,
    folder: PathBuf,
    columns: Vec<(String, RawKind)>,
    key: Vec<String>,
    /// The hash of each key's newest row.
    newest: HashMap<i64, i64>,
    has_versions: bool,
    rows: Vec<PendingRow>,
    /// The bytes of their texts.
    pending_bytes: u64,
    /// Number of the next row, in the order in which rows are learned.
    sequence: i64,
    writer: Option<(ArrowWriter<HashedFile>, PathBuf)>,
    parts: Vec<Part>,
    run: u64,
    learned_at: i64,
    pub(crate) rows_new: u64,
    /// Rows of this run whose key a spreadsheet has rounded.
    rounded: RoundedIds,
}

/// A row that is not written yet.
struct PendingRow {
    cells: Vec<Cell>,
    origin: String,
    hash: i64,
    key: i64,
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
        let columns = check_unchanged(table, known, columns, &key).map_err(|problem| Error::Source {
            source_name: source.to_owned(),
            problem,
            hint: read_anew(source),
        })?;
        let (mut newest, mut sequence) = (HashMap::new(), 0);
        for part in known.map(|known| known.parts.as_slice()).unwrap_or_default() {
            sequence += read_hashes(&raw_folder.join(&part.path), &mut newest)?;
        }
        Ok(RawTable {
            folder: raw_folder.join(source).join(table),
            name,
            columns,
            key,
            newest,
            has_versions: known.is_some_and(|known| known.has_versions),
            rows: Vec::new(),
            pending_bytes: 0,
            sequence,
            writer: None,
            parts: Vec::new(),
            run: state.run,
            learned_at: state.learned_at,
            rows_new: 0,
            rounded: RoundedIds::default(),
        })
    }

    /// Returns the columns, in the order in which [`RawTable::push`] takes cells.
    pub(crate) fn columns(&self) -> &[(String, RawKind)] {
        &self.columns
    }

    /// Adds a text column, and returns its position.
    pub(crate) fn add_text_column(&mut self, column: &str) -> Result<usize, Error> {
        // A part has its columns from its first row on; pending rows lack the new one, and that is missing in them. So a
        // file with a new field in each row does not make a part of each.
        if self.writer.is_some() {
            self.close_part()?;
        }
        self.columns.push((column.to_owned(), RawKind::Text));
        Ok(self.columns.len() - 1)
    }

    /// Adds a row unless the newest row of its key is the same. A row without a key, or without a part of it, stands
    /// for itself.
    ///
    /// Rows are compared by the first 64 bits of their SHA-256: among five million rows the chance that two
    /// different ones count as the same is below one in a million.
    pub(crate) fn push(&mut self, cells: Vec<Cell>, origin: String) -> Result<(), Error> {
        let hash = hash_row(self.columns.iter().map(|(name, _)| name.as_str()).zip(&cells));
        let key = self.key_of(&cells).unwrap_or(hash);
        self.note_rounded(&cells);
        match self.newest.insert(key, hash) {
            Some(known) if known == hash => return Ok(()),
            Some(_) => self.has_versions = true,
            None => {}
        }
        self.rows_new += 1;
        self.pending_bytes += bytes_of(&cells);
        self.rows.push(PendingRow { cells, origin, hash, key });
        let is_full = self.rows.len() >= BATCH_ROWS || self.pending_bytes >= BLOCK_BYTES_MAX;
        if is_full { self.flush() } else { Ok(()) }
    }

    /// Returns the rows of this run whose key a spreadsheet has rounded.
    pub(crate) fn rounded_keys(&self) -> &RoundedIds {
        &self.rounded
    }

    fn note_rounded(&mut self, cells: &[Cell]) {
        for key in &self.key {
            let position = self.columns.iter().position(|(name, _)| name == key);
            if let Some(Cell::Text(text)) = position.and_then(|position| cells.get(position)) {
                self.rounded.add(text);
            }
        }
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
        let rows = std::mem::take(&mut self.rows);
        self.pending_bytes = 0;
        let batch = self.batch(&rows)?;
        if self.writer.is_none() {
            self.writer = Some(self.start_part(batch.schema())?);
        }
        let (writer, _) = self.writer.as_mut().expect("opened above");
        writer.write(&batch).map_err(Error::engine("write raw rows"))?;
        // Rows of long texts fill the memory long before they are as many as a row group has.
        if writer.in_progress_size() as u64 >= ROW_GROUP_BYTES_MAX {
            writer.flush().map_err(Error::engine("write raw rows"))?;
        }
        Ok(())
    }

    fn start_part(&self, schema: SchemaRef) -> Result<(ArrowWriter<HashedFile>, PathBuf), Error> {
        create_folder(&self.folder)?;
        // The time is of this run alone, so that no two runs ever write to one name, whatever state was restored.
        let name = format!("run-{:06}-{}-{:x}.parquet", self.run, self.parts.len(), self.learned_at);
        let path = self.folder.join(name);
        Ok((parquet_writer(HashedFile::create(&path)?, schema, None)?, path))
    }

    /// Returns rows as they are stored, and counts them.
    fn batch(&mut self, rows: &[PendingRow]) -> Result<RecordBatch, Error> {
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len() + 5);
        for (index, (_, kind)) in self.columns.iter().enumerate() {
            arrays.push(build_column(*kind, rows.iter().map(|row| row.cells.get(index).unwrap_or(&Cell::Null))));
        }
        arrays.push(Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.origin.as_str()))));
        arrays.push(timestamp_array(std::iter::repeat_n(Some(self.learned_at), rows.len())));
        arrays.push(Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.hash))));
        arrays.push(Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.key))));
        let first = self.sequence;
        self.sequence += rows.len() as i64;
        arrays.push(Arc::new(Int64Array::from_iter_values(first..self.sequence)));
        RecordBatch::try_new(stored_schema(&self.columns), arrays).map_err(Error::engine("build a batch of raw rows"))
    }

    fn close_part(&mut self) -> Result<(), Error> {
        self.flush()?;
        if let Some((writer, path)) = self.writer.take() {
            let file = writer.into_inner().map_err(Error::engine("finish a Parquet file"))?;
            let hash = Some(file.finish(&path)?);
            sync_folder(&self.folder)?;
            let (source, table) = self.name.split_once('.').expect("the name was made with a dot");
            let path = Path::new(source).join(table).join(path.file_name().expect("the path was made with one"));
            self.parts.push(Part { path, learned_at: self.learned_at, hash });
        }
        Ok(())
    }
}

/// Returns how a table is read from its beginning: beside the rows that are there, of which the source may have forgotten
/// some, and without harm to the models and predictions in the same folder.
fn read_anew(source: &str) -> String {
    format!(
        "set it back to what it was, or give the source another name, in plumb.toml and in sources/*.sql, for example \
         `{source}2`: it is then read from the beginning, and nothing in the data folder is lost"
    )
}

/// Returns the bytes of some cells' texts.
fn bytes_of(cells: &[Cell]) -> u64 {
    cells.iter().map(|cell| if let Cell::Text(text) = cell { text.len() as u64 } else { 0 }).sum()
}

/// Returns all columns of a table, or what of its key or columns changed.
fn check_unchanged(
    table: &str,
    known: Option<&TableState>,
    columns: Vec<(String, RawKind)>,
    key: &[String],
) -> Result<Vec<(String, RawKind)>, String> {
    if let Some(known) = known.filter(|known| known.key != key) {
        let (was, is) = (known.key.join("`, `"), key.join("`, `"));
        return Err(format!("the key of `{table}` was `{was}` and is now `{is}`"));
    }
    let mut all = known.map(|known| known.columns.clone()).unwrap_or_default();
    for (column, kind) in columns {
        match all.iter().find(|(known, _)| *known == column) {
            Some((_, known_kind)) if *known_kind != kind => {
                return Err(format!("column `{column}` of `{table}` was {known_kind:?} and is now {kind:?}"));
            }
            Some(_) => {}
            None => all.push((column, kind)),
        }
    }
    Ok(all)
}

/// Reads the hash of each key's newest row, and returns the number of rows. Parts are read in their order.
fn read_hashes(path: &Path, newest: &mut HashMap<i64, i64>) -> Result<i64, Error> {
    let doing = "read raw rows";
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
