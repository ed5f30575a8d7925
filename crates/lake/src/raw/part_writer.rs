//! Writes a part of a raw table on a thread of its own, while the rows that follow are read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use plumb_connectors::{Cell, CellKind};

use super::cell::build_column;
use super::schema::stored_schema;
use crate::error::Error;
use crate::files::file_hash::{FileHash, HashedFile};
use crate::files::parquet_files::parquet_writer;
use crate::timestamp::timestamp_array;

/// Batches that wait to be written.
const BATCHES_WAITING: usize = 1;

/// A row group is in memory until it is written.
const ROW_GROUP_BYTES_MAX: u64 = 256 << 20;

/// A row that is not written yet.
pub(super) struct PendingRow {
    pub(super) cells: Vec<Cell>,
    pub(super) origin: String,
    pub(super) hash: i64,
    pub(super) key: i64,
    pub(super) learned_at: i64,
    pub(super) deleted_at: Option<i64>,
}

/// A part that is being written. One that is dropped is left for the next run to remove.
pub(super) struct PartWriter {
    path: PathBuf,
    /// `None` once all rows were given.
    rows: Option<SyncSender<Vec<PendingRow>>>,
    thread: Option<JoinHandle<Result<FileHash, Error>>>,
}

impl PartWriter {
    /// Starts a part with these columns, whose first row has the number `sequence`.
    pub(super) fn start(path: PathBuf, columns: Vec<(String, CellKind)>, sequence: i64) -> Result<PartWriter, Error> {
        let file = HashedFile::create(&path)?;
        let (sender, receiver) = sync_channel(BATCHES_WAITING);
        let of_thread = path.clone();
        let thread = std::thread::Builder::new().name("raw rows".to_owned());
        let thread = thread.spawn(move || write(file, &of_thread, &columns, sequence, &receiver));
        let thread = Some(thread.map_err(Error::file("write", &path))?);
        Ok(PartWriter { path, rows: Some(sender), thread })
    }

    /// Gives more rows. Those before may have failed to be written.
    pub(super) fn write(&mut self, rows: Vec<PendingRow>) -> Result<(), Error> {
        match self.rows.as_ref().is_some_and(|sender| sender.send(rows).is_ok()) {
            true => Ok(()),
            false => self.end().and_then(|_| Err(self.ended())),
        }
    }

    /// Waits until all rows are on the disk, and returns the file and its hash.
    pub(super) fn finish(mut self) -> Result<(PathBuf, FileHash), Error> {
        let hash = self.end()?;
        Ok((self.path.clone(), hash))
    }

    fn end(&mut self) -> Result<FileHash, Error> {
        drop(self.rows.take());
        let Some(thread) = self.thread.take() else { return Err(self.ended()) };
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn ended(&self) -> Error {
        Error::file("write", &self.path)(std::io::Error::other("the thread that writes it has ended"))
    }
}

impl Drop for PartWriter {
    fn drop(&mut self) {
        drop(self.rows.take());
        // Whoever drops it has another error to tell.
        self.thread.take().map(JoinHandle::join);
    }
}

fn write(
    file: HashedFile,
    path: &Path,
    columns: &[(String, CellKind)],
    mut sequence: i64,
    rows: &Receiver<Vec<PendingRow>>,
) -> Result<FileHash, Error> {
    let mut writer = parquet_writer(file, stored_schema(columns), None)?;
    for rows in rows {
        writer.write(&batch(columns, &rows, sequence)?).map_err(Error::engine("write raw rows"))?;
        sequence += rows.len() as i64;
        // Rows of long texts fill the memory long before they are as many as a row group has.
        if writer.in_progress_size() as u64 >= ROW_GROUP_BYTES_MAX {
            writer.flush().map_err(Error::engine("write raw rows"))?;
        }
    }
    writer.into_inner().map_err(Error::engine("finish a Parquet file"))?.finish(path)
}

/// Returns rows as they are stored, numbered from `first` on.
fn batch(columns: &[(String, CellKind)], rows: &[PendingRow], first: i64) -> Result<RecordBatch, Error> {
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len() + 6);
    for (index, (_, kind)) in columns.iter().enumerate() {
        arrays.push(build_column(*kind, rows.iter().map(|row| row.cells.get(index).unwrap_or(&Cell::Null))));
    }
    arrays.push(Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.origin.as_str()))));
    arrays.push(timestamp_array(rows.iter().map(|row| Some(row.learned_at))));
    arrays.push(timestamp_array(rows.iter().map(|row| row.deleted_at)));
    arrays.push(Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.hash))));
    arrays.push(Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.key))));
    arrays.push(Arc::new(Int64Array::from_iter_values(first..first + rows.len() as i64)));
    RecordBatch::try_new(stored_schema(columns), arrays).map_err(Error::engine("build a batch of raw rows"))
}
