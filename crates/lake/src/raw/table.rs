//! One raw table: Parquet parts, one a run, of rows that were new or changed.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use plumb_connectors::{Cell, CellKind};

use super::columns::{Columns, read_anew};
use super::newest_rows::NewestRows;
use super::part_writer::{PartWriter, PendingRow};
use super::row_hash::{DELETED, RowHasher, hash_row};
use super::state::{KeyFiles, Part, State, TableState};
use crate::error::Error;
use crate::files::limits::BLOCK_BYTES_MAX;
use crate::files::replace_file::{create_folder, sync_folder};
use crate::rounded_ids::RoundedIds;

/// Rows that are collected before they are written.
const BATCH_ROWS: usize = 16_384;

/// A raw table that is being added to.
pub(crate) struct RawTable {
    name: String,
    /// The folder of all raw tables.
    raw_folder: PathBuf,
    folder: PathBuf,
    columns: Vec<(String, CellKind)>,
    key: Vec<String>,
    hasher: RowHasher,
    newest: NewestRows,
    has_versions: bool,
    rows: Vec<PendingRow>,
    /// The bytes of their texts.
    pending_bytes: u64,
    /// Number of the next row, in the order in which rows are learned.
    sequence: i64,
    writer: Option<PartWriter>,
    parts: Vec<Part>,
    run: u64,
    learned_at: i64,
    pub(crate) rows_new: u64,
    /// Rows of this run whose key a spreadsheet has rounded.
    rounded: RoundedIds,
    /// The keys of all rows that this run has heard of, if they are counted.
    heard: Option<HashSet<i64>>,
    /// Rows whose delete was heard in this run.
    pub(crate) rows_deleted: u64,
    /// Columns that hold text from now on, and held something else before.
    widened: Vec<String>,
}

impl RawTable {
    /// Opens a table for more rows. Columns that are new are added, and any may become text; another change of a type is an
    /// error, and so is another key.
    pub(crate) fn open(
        source: &str,
        table: &str,
        columns: Vec<(String, CellKind)>,
        key: Vec<String>,
        raw_folder: &Path,
        state: &State,
    ) -> Result<RawTable, Error> {
        let name = format!("{source}.{table}");
        let known = state.tables.get(&name);
        let Columns { all: columns, widened } = Columns::of_run(table, known, columns, &key)
            .map_err(|problem| Error::Source { source_name: source.to_owned(), problem, hint: read_anew(source) })?;
        let (newest, sequence) = newest_rows(raw_folder, known)?;
        Ok(RawTable {
            folder: raw_folder.join(source).join(table),
            raw_folder: raw_folder.to_owned(),
            name,
            hasher: RowHasher::new(&columns, &key),
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
            heard: None,
            rows_deleted: 0,
            widened,
        })
    }

    /// Returns the columns, in the order in which [`RawTable::push`] takes cells.
    pub(crate) fn columns(&self) -> &[(String, CellKind)] {
        &self.columns
    }

    /// Returns the columns of the key; none if each row stands for itself.
    pub(crate) fn key(&self) -> &[String] {
        &self.key
    }

    /// Returns the columns that hold text from this run on, and held something else before.
    pub(crate) fn widened(&self) -> &[String] {
        &self.widened
    }

    /// Adds a text column, and returns its position.
    pub(crate) fn add_text_column(&mut self, column: &str) -> Result<usize, Error> {
        self.add_column(column, CellKind::Text)
    }

    /// Adds a column, and returns its position.
    pub(crate) fn add_column(&mut self, column: &str, kind: CellKind) -> Result<usize, Error> {
        // A part has its columns from its first row on; pending rows lack the new one, and that is missing in them. So a
        // file with a new field in each row does not make a part of each.
        if self.writer.is_some() {
            self.close_part()?;
        }
        self.columns.push((column.to_owned(), kind));
        self.hasher = RowHasher::new(&self.columns, &self.key);
        Ok(self.columns.len() - 1)
    }

    /// Adds a row unless the newest row of its key is the same. A row without a key, or without a part of it, stands
    /// for itself.
    ///
    /// Rows are compared by the first 64 bits of their SHA-256: among five million rows the chance that two
    /// different ones count as the same is below one in a million.
    pub(crate) fn push(&mut self, cells: Vec<Cell>, origin: String) -> Result<(), Error> {
        self.push_heard(cells, origin, None)
    }

    /// Adds a row that its system gave at a time, unless the newest row of its key is the same. A time after the run began
    /// counts as the run's: no row was known before it was heard, and none later.
    pub(crate) fn push_heard(&mut self, cells: Vec<Cell>, origin: String, heard_at: Option<i64>) -> Result<(), Error> {
        let hash = self.hasher.row(&cells);
        let key = self.hasher.key(&cells).unwrap_or(hash);
        self.note_rounded(&cells);
        self.note_heard(key);
        match self.newest.insert(key, hash)? {
            Some(known) if known == hash => return Ok(()),
            Some(_) => self.has_versions = true,
            None => {}
        }
        self.rows_new += 1;
        let learned_at = self.time_of(heard_at);
        self.add(PendingRow { cells, origin, hash, key, learned_at, deleted_at: None })
    }

    /// Adds the delete of a row, of which the key's cells are known at least, unless it is known to be deleted. A row that
    /// was never heard of is added as a deleted one. Without a key there is no telling which row it is: that is an error.
    pub(crate) fn push_deleted(
        &mut self,
        cells: Vec<Cell>,
        origin: String,
        heard_at: Option<i64>,
    ) -> Result<(), Error> {
        let Some(key) = self.hasher.key(&cells) else {
            let (source_name, table) = self.name.split_once('.').expect("the name was made with a dot");
            return Err(Error::Source {
                source_name: source_name.to_owned(),
                problem: format!("a row of `{table}` was deleted, and nothing tells which: the table has no key"),
                hint: "name its key under `key` in plumb.toml".to_owned(),
            });
        };
        self.note_heard(key);
        self.add_deleted(key, cells, origin, heard_at)
    }

    fn add_deleted(&mut self, key: i64, cells: Vec<Cell>, origin: String, heard_at: Option<i64>) -> Result<(), Error> {
        if self.newest.insert(key, DELETED)? == Some(DELETED) {
            return Ok(());
        }
        self.has_versions = true;
        self.rows_deleted += 1;
        let learned_at = self.time_of(heard_at);
        self.add(PendingRow { cells, origin, hash: DELETED, key, learned_at, deleted_at: Some(learned_at) })
    }

    fn add(&mut self, row: PendingRow) -> Result<(), Error> {
        self.pending_bytes += bytes_of(&row.cells);
        self.rows.push(row);
        let is_full = self.rows.len() >= BATCH_ROWS || self.pending_bytes >= BLOCK_BYTES_MAX;
        if is_full { self.flush() } else { Ok(()) }
    }

    fn time_of(&self, heard_at: Option<i64>) -> i64 {
        heard_at.unwrap_or(self.learned_at).min(self.learned_at)
    }

    /// Returns how many rows are there, each key once; `None` if there is no key.
    pub(crate) fn rows_known(&self) -> Option<u64> {
        (!self.key.is_empty()).then(|| self.newest.live())
    }

    /// Counts from now on which rows this run hears of.
    pub(crate) fn count_heard(&mut self) {
        self.heard.get_or_insert_default();
    }

    /// Notes that the row of a key is there.
    pub(crate) fn hear(&mut self, key: &[Cell]) {
        let named = self.key.iter().map(String::as_str).zip(key);
        self.note_heard(hash_row(named));
    }

    fn note_heard(&mut self, key: i64) {
        if let Some(heard) = &mut self.heard {
            heard.insert(key);
        }
    }

    /// Calls the rows deleted that are known and of which this run has not heard since it counts.
    pub(crate) fn delete_unheard(&mut self, origin: &str) -> Result<(), Error> {
        let Some(heard) = self.heard.take() else { return Ok(()) };
        for key in self.newest.unheard(&heard)? {
            self.add_deleted(key, Vec::new(), origin.to_owned(), None)?;
        }
        Ok(())
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

    /// Writes what is left and records the table in the state.
    pub(crate) fn finish(mut self, state: &mut State) -> Result<u64, Error> {
        self.close_part()?;
        let entry = state.tables.entry(self.name).or_default();
        if !self.parts.is_empty() {
            let name = self.folder.join(format!("run-{:06}-{:x}", self.run, self.learned_at));
            let files = self.newest.finish(&self.raw_folder, &name)?;
            sync_folder(&self.folder)?;
            entry.keys = Some(KeyFiles { files, rows: self.sequence });
        }
        entry.columns = self.columns;
        entry.key = self.key;
        entry.has_versions = self.has_versions;
        entry.parts.extend(self.parts);
        Ok(self.rows_new)
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        self.pending_bytes = 0;
        let count = rows.len() as i64;
        if self.writer.is_none() {
            self.writer = Some(self.start_part()?);
        }
        self.writer.as_mut().expect("opened above").write(rows)?;
        self.sequence += count;
        Ok(())
    }

    fn start_part(&self) -> Result<PartWriter, Error> {
        create_folder(&self.folder)?;
        // The time is of this run alone, so that no two runs ever write to one name, whatever state was restored.
        let name = format!("run-{:06}-{}-{:x}.parquet", self.run, self.parts.len(), self.learned_at);
        PartWriter::start(self.folder.join(name), self.columns.clone(), self.sequence)
    }

    fn close_part(&mut self) -> Result<(), Error> {
        self.flush()?;
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let (path, hash) = writer.finish()?;
        sync_folder(&self.folder)?;
        let (source, table) = self.name.split_once('.').expect("the name was made with a dot");
        let path = Path::new(source).join(table).join(path.file_name().expect("the path was made with one"));
        self.parts.push(Part { path, learned_at: self.learned_at, hash: Some(hash) });
        Ok(())
    }
}

/// Returns the bytes of some cells' texts.
fn bytes_of(cells: &[Cell]) -> u64 {
    cells.iter().map(|cell| if let Cell::Text(text) = cell { text.len() as u64 } else { 0 }).sum()
}

/// Returns the newest row of each key, and the number of all rows.
fn newest_rows(raw_folder: &Path, known: Option<&TableState>) -> Result<(NewestRows, i64), Error> {
    let Some(known) = known else { return Ok((NewestRows::anew(), 0)) };
    if let Some(keys) = &known.keys
        && let Some(newest) = NewestRows::open(raw_folder, keys)
    {
        return Ok((newest, keys.rows));
    }
    // An earlier program wrote no files of keys, and a copy of the data folder need not have them.
    let (mut newest, mut rows) = (NewestRows::anew(), 0);
    for part in &known.parts {
        rows += read_hashes(&raw_folder.join(&part.path), &mut newest)?;
    }
    Ok((newest, rows))
}

/// Reads the hash of each key's newest row, and returns the number of rows. Parts are read in their order.
fn read_hashes(path: &Path, newest: &mut NewestRows) -> Result<i64, Error> {
    let doing = "read raw rows";
    let file = File::open(path).map_err(Error::file("open", path))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(Error::engine(doing))?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["_hash", "_key"]);
    let mut rows = 0;
    for batch in builder.with_projection(mask).build().map_err(Error::engine(doing))? {
        let batch = batch.map_err(Error::engine(doing))?;
        let [hashes, keys] = ["_hash", "_key"].map(|name| batch[name].as_primitive::<Int64Type>().values());
        keys.iter().zip(hashes).for_each(|(key, hash)| newest.note_known(*key, *hash));
        rows += batch.num_rows() as i64;
    }
    Ok(rows)
}
