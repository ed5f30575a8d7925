//! Rows that are written aside by partition, so that memory holds those of one partition at a time.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::{concat_batches, interleave_record_batch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ipc::reader::FileReader;
use datafusion::arrow::ipc::writer::FileWriter;

use crate::error::Error;

/// Bytes of rows that are sorted by partition in memory, and written as one file.
const PENDING_BYTES_MAX: usize = 64 << 20;

/// Rows by partition.
pub(super) struct RowsAside {
    folder: PathBuf,
    name: String,
    schema: SchemaRef,
    pending: Vec<RecordBatch>,
    /// The partition of each pending row.
    partitions: Vec<u32>,
    pending_bytes: usize,
    files: Vec<RowsFile>,
}

/// A file with a batch for each of some partitions.
struct RowsFile {
    path: PathBuf,
    /// The partition of each batch, ascending.
    partitions: Vec<u32>,
}

impl RowsAside {
    /// Begins to collect rows of a schema in a folder, in files that nothing else is named like.
    pub(super) fn new(folder: &Path, name: String, schema: SchemaRef) -> RowsAside {
        let (pending, partitions, files) = (Vec::new(), Vec::new(), Vec::new());
        RowsAside { folder: folder.to_owned(), name, schema, pending, partitions, pending_bytes: 0, files }
    }

    /// Adds rows and the partition of each.
    pub(super) fn push(&mut self, rows: RecordBatch, partitions: impl IntoIterator<Item = u32>) -> Result<(), Error> {
        if rows.num_rows() == 0 {
            return Ok(());
        }
        self.pending_bytes += bytes_of(&rows);
        self.pending.push(rows);
        self.partitions.extend(partitions);
        if self.pending_bytes >= PENDING_BYTES_MAX { self.write() } else { Ok(()) }
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> Result<RowsAside, Error> {
        if !self.pending.is_empty() {
            self.write()?;
        }
        Ok(self)
    }

    /// Returns the columns.
    pub(super) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// Returns the rows of a partition, in the order in which they came.
    pub(super) fn read(&self, partition: u32) -> Result<RecordBatch, Error> {
        let of_partition = |file: &RowsFile| Some((file.path.clone(), file.partitions.binary_search(&partition).ok()?));
        let batches = self.files.iter().filter_map(of_partition).map(|(path, index)| batch_at(&path, index));
        let batches = batches.collect::<Result<Vec<RecordBatch>, Error>>()?;
        concat_batches(&self.schema, &batches).map_err(Error::engine("read rows that were written aside"))
    }

    /// Returns all rows, a file at a time.
    pub(super) fn batches(&self) -> impl Iterator<Item = Result<RecordBatch, Error>> {
        let batches = self.files.iter().flat_map(|file| (0..file.partitions.len()).map(move |index| (file, index)));
        batches.map(|(file, index)| batch_at(&file.path, index))
    }

    /// Sorts the pending rows by partition and writes them.
    fn write(&mut self) -> Result<(), Error> {
        let doing = Error::engine::<ArrowError>;
        let partition_of = std::mem::take(&mut self.partitions);
        let batches = std::mem::take(&mut self.pending);
        let places =
            batches.iter().enumerate().flat_map(|(batch, rows)| (0..rows.num_rows()).map(move |row| (batch, row)));
        let mut places: Vec<(u32, (usize, usize))> = partition_of.into_iter().zip(places).collect();
        places.sort_by_key(|(partition, _)| *partition);
        let order: Vec<(usize, usize)> = places.iter().map(|(_, place)| *place).collect();
        let rows = interleave_record_batch(&batches.iter().collect::<Vec<_>>(), &order);
        let rows = rows.map_err(doing("sort rows by partition"))?;
        drop(batches);
        self.pending_bytes = 0;
        let path = self.folder.join(format!("{}-{}.arrow", self.name, self.files.len()));
        let file = File::create(&path).map_err(Error::file("create", &path))?;
        let writer = FileWriter::try_new(BufWriter::new(file), &self.schema);
        let mut writer = writer.map_err(doing("write rows aside"))?;
        let (mut partitions, mut begin) = (Vec::new(), 0);
        for of_one in places.chunk_by(|one, other| one.0 == other.0) {
            writer.write(&rows.slice(begin, of_one.len())).map_err(doing("write rows aside"))?;
            partitions.push(of_one[0].0);
            begin += of_one.len();
        }
        writer.finish().map_err(doing("write rows aside"))?;
        self.files.push(RowsFile { path, partitions });
        Ok(())
    }
}

impl Drop for RowsAside {
    fn drop(&mut self) {
        // What is left goes with the folder.
        self.files.iter().for_each(|file| drop(std::fs::remove_file(&file.path)));
    }
}

fn batch_at(path: &Path, index: usize) -> Result<RecordBatch, Error> {
    let doing = Error::engine::<ArrowError>;
    let file = File::open(path).map_err(Error::file("open", path))?;
    let mut reader = FileReader::try_new(file, None).map_err(doing("read rows that were written aside"))?;
    reader.set_index(index).map_err(doing("read rows that were written aside"))?;
    let batch = reader.next().unwrap_or_else(|| Err(ArrowError::IpcError("a batch is missing".to_owned())));
    batch.map_err(doing("read rows that were written aside"))
}

/// Returns the bytes of a batch's rows, without those of the columns that they are a part of.
pub(super) fn bytes_of(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0)).sum()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{AsArray, Int64Array};
    use datafusion::arrow::datatypes::Int64Type;

    use super::*;

    #[test]
    fn rows_come_back_by_partition_in_their_order() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let batch = |numbers: std::ops::Range<i64>| {
            let numbers = Arc::new(Int64Array::from_iter_values(numbers));
            RecordBatch::try_from_iter([("number", numbers as _)]).expect("one column")
        };
        let mut aside = RowsAside::new(folder.path(), "rows".to_owned(), batch(0..0).schema());
        for begin in [0, 10, 20] {
            aside.push(batch(begin..begin + 10), (begin..begin + 10).map(|number| number as u32 % 3)).expect("written");
            if begin == 10 {
                aside.write().expect("written");
            }
        }
        let aside = aside.finish().expect("written");
        let numbers = |rows: &RecordBatch| rows["number"].as_primitive::<Int64Type>().values().to_vec();
        for partition in 0..3 {
            let expected: Vec<i64> = (0..30).filter(|number| number % 3 == i64::from(partition)).collect();
            assert_eq!(numbers(&aside.read(partition).expect("readable")), expected);
        }
        assert_eq!(aside.read(3).expect("readable").num_rows(), 0);
        let all = aside.batches().map(|batch| batch.expect("readable").num_rows()).sum::<usize>();
        assert_eq!((all, aside.files.len()), (30, 2));
    }
}
