//! What a file of SQL gave, kept in the order of the hashes of the rows' keys: the rows of some keys are read without the
//! others.

use std::collections::HashSet;

use datafusion::arrow::array::{AsArray, BooleanArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ipc::CompressionType;
use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::arrow::ipc::writer::{IpcWriteOptions, StreamWriter};

use super::aside_folder::AsideFolder;
use super::block_file::{BlockFile, BlockReader, BlockWriter};
use super::partitions::hash_of;
use super::rows_aside::RowsAside;
use crate::error::Error;
use crate::ground::kept_folder::KeptFolder;

/// Rows of a block: few are read for one key.
const BLOCK_ROWS: usize = 512;

/// Parts of the keys' hashes: the rows of one of them at a time are sorted in memory.
const BUCKETS_BITS: u32 = 7;

/// Returns the hash of a key.
pub(super) fn key_hash(key: &str) -> u64 {
    hash_of(key.as_bytes())
}

/// Returns the hash of each row's key.
pub(super) fn key_hashes(rows: &RecordBatch) -> Vec<u64> {
    rows["lead_key"].as_string::<i32>().iter().map(|key| key_hash(key.unwrap_or_default())).collect()
}

/// Rows that are collected.
pub(super) struct KeptRowsAside(RowsAside);

impl KeptRowsAside {
    /// Begins to collect rows.
    pub(super) fn new(aside: &mut AsideFolder, schema: SchemaRef) -> KeptRowsAside {
        KeptRowsAside(aside.begin(schema))
    }

    /// Adds rows.
    pub(super) fn push(&mut self, rows: RecordBatch) -> Result<(), Error> {
        let buckets = key_hashes(&rows).into_iter().map(|hash| (hash >> (u64::BITS - BUCKETS_BITS)) as u32);
        let buckets: Vec<u32> = buckets.collect();
        self.0.push(rows, buckets)
    }

    /// Keeps the rows, in order.
    pub(super) fn finish(self, folder: &KeptFolder, name: &str) -> Result<BlockFile, Error> {
        let rows = self.0.finish()?;
        let mut blocks = RowBlocks::new(folder, name, rows.schema())?;
        for bucket in 0..1 << BUCKETS_BITS {
            blocks.push(sorted(&rows.read(bucket)?)?)?;
        }
        blocks.finish()
    }
}

/// Rows in order that are being written.
struct RowBlocks {
    writer: BlockWriter,
    schema: SchemaRef,
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    rows: u64,
}

impl RowBlocks {
    fn new(folder: &KeptFolder, name: &str, schema: SchemaRef) -> Result<RowBlocks, Error> {
        let writer = BlockWriter::new(folder, name)?;
        Ok(RowBlocks { writer, schema, pending: Vec::new(), pending_rows: 0, rows: 0 })
    }

    fn push(&mut self, rows: RecordBatch) -> Result<(), Error> {
        self.pending_rows += rows.num_rows();
        self.pending.push(rows);
        if self.pending_rows >= BLOCK_ROWS { self.write(BLOCK_ROWS) } else { Ok(()) }
    }

    /// Writes the pending rows in blocks, as long as there are so many.
    fn write(&mut self, least: usize) -> Result<(), Error> {
        let rows = concat_batches(&self.schema, &self.pending).map_err(Error::engine("keep rows"))?;
        let mut begin = 0;
        while rows.num_rows() - begin >= least.max(1) {
            let block = rows.slice(begin, BLOCK_ROWS.min(rows.num_rows() - begin));
            let first = key_hash(block["lead_key"].as_string::<i32>().value(0));
            self.writer.add(u128::from(first), &encoded(&block)?)?;
            begin += block.num_rows();
        }
        self.rows += begin as u64;
        self.pending_rows = rows.num_rows() - begin;
        self.pending = vec![rows.slice(begin, self.pending_rows)];
        Ok(())
    }

    fn finish(mut self) -> Result<BlockFile, Error> {
        self.write(1)?;
        self.writer.finish(self.rows)
    }
}

/// Returns the rows of some keys, by the hashes of these, which are in order. Few are of other keys with the same hash.
pub(super) fn rows_of_keys(
    folder: &KeptFolder,
    file: &BlockFile,
    schema: &SchemaRef,
    hashes: &[u64],
) -> Result<RecordBatch, Error> {
    let mut reader = BlockReader::open(folder, file)?;
    let wanted: HashSet<u64> = hashes.iter().copied().collect();
    let things: Vec<u128> = hashes.iter().map(|hash| u128::from(*hash)).collect();
    let mut found = Vec::new();
    for block in reader.blocks_with(&things) {
        let rows = decoded(&reader.read(block)?)?;
        let is_wanted: BooleanArray = key_hashes(&rows).iter().map(|hash| Some(wanted.contains(hash))).collect();
        found.push(filter_record_batch(&rows, &is_wanted).map_err(Error::engine("read kept rows"))?);
    }
    concat_batches(schema, &found).map_err(Error::engine("read kept rows"))
}

/// Unites two files.
pub(super) fn merge(
    folder: &KeptFolder,
    name: &str,
    schema: &SchemaRef,
    one: &BlockFile,
    other: &BlockFile,
) -> Result<BlockFile, Error> {
    let mut blocks = RowBlocks::new(folder, name, schema.clone())?;
    let (mut one, mut other) = (Walk::open(folder, one)?, Walk::open(folder, other)?);
    // The blocks of both up to where the first of them ends.
    while let Some(last) = [one.last_hash()?, other.last_hash()?].into_iter().flatten().min() {
        let rows: Vec<RecordBatch> = [one.up_to(last), other.up_to(last)].into_iter().flatten().collect();
        let rows = concat_batches(schema, &rows).map_err(Error::engine("unite kept rows"))?;
        blocks.push(sorted(&rows)?)?;
    }
    blocks.finish()
}

/// A walk along the blocks of a file.
struct Walk {
    reader: BlockReader,
    next: usize,
    rows: Option<(RecordBatch, Vec<u64>)>,
}

impl Walk {
    fn open(folder: &KeptFolder, file: &BlockFile) -> Result<Walk, Error> {
        Ok(Walk { reader: BlockReader::open(folder, file)?, next: 0, rows: None })
    }

    /// Returns the last hash of the block whose rows come next; `None` at the end.
    fn last_hash(&mut self) -> Result<Option<u64>, Error> {
        while self.rows.as_ref().is_none_or(|(rows, _)| rows.num_rows() == 0) {
            if self.next == self.reader.len() {
                return Ok(None);
            }
            let rows = decoded(&self.reader.read(self.next)?)?;
            let hashes = key_hashes(&rows);
            (self.next, self.rows) = (self.next + 1, Some((rows, hashes)));
        }
        Ok(self.rows.as_ref().and_then(|(_, hashes)| hashes.last().copied()))
    }

    /// Returns the rows of the block up to a hash.
    fn up_to(&mut self, last: u64) -> Option<RecordBatch> {
        let (rows, hashes) = self.rows.take()?;
        let end = hashes.partition_point(|hash| *hash <= last);
        self.rows = Some((rows.slice(end, rows.num_rows() - end), hashes[end..].to_vec()));
        Some(rows.slice(0, end))
    }
}

/// Puts rows into the order of the hashes of their keys.
fn sorted(rows: &RecordBatch) -> Result<RecordBatch, Error> {
    let hashes = key_hashes(rows);
    let mut order: Vec<u32> = (0..rows.num_rows() as u32).collect();
    order.sort_by_key(|row| hashes[*row as usize]);
    take_record_batch(rows, &UInt32Array::from(order)).map_err(Error::engine("order kept rows"))
}

fn encoded(rows: &RecordBatch) -> Result<Vec<u8>, Error> {
    let doing = Error::engine::<ArrowError>;
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME));
    let options = options.map_err(doing("keep rows"))?;
    let writer = StreamWriter::try_new_with_options(Vec::new(), rows.schema_ref(), options);
    let mut writer = writer.map_err(doing("keep rows"))?;
    writer.write(rows).map_err(doing("keep rows"))?;
    writer.into_inner().map_err(doing("keep rows"))
}

fn decoded(bytes: &[u8]) -> Result<RecordBatch, Error> {
    let doing = Error::engine::<ArrowError>;
    let mut reader = StreamReader::try_new(bytes, None).map_err(doing("read kept rows"))?;
    let rows = reader.next().unwrap_or_else(|| Err(ArrowError::IpcError("a block is empty".to_owned())));
    rows.map_err(doing("read kept rows"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{Int64Array, StringArray};
    use datafusion::arrow::datatypes::Int64Type;

    use super::*;

    fn rows(numbers: std::ops::Range<i64>) -> RecordBatch {
        let keys = StringArray::from_iter_values(numbers.clone().map(|number| format!("key:{}", number % 700)));
        let columns =
            [("lead_key", Arc::new(keys) as _), ("number", Arc::new(Int64Array::from_iter_values(numbers)) as _)];
        RecordBatch::try_from_iter(columns).expect("two columns")
    }

    #[test]
    fn the_rows_of_keys_are_found_in_each_file_and_in_both_united() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let folder = KeptFolder::open(data.path()).expect("made");
        let mut aside = AsideFolder::new(data.path()).expect("made");
        let schema = rows(0..0).schema();
        let mut keep = |numbers, name| {
            let mut kept = KeptRowsAside::new(&mut aside, schema.clone());
            kept.push(rows(numbers)).expect("written");
            kept.finish(&folder, name).expect("kept")
        };
        let (one, other, none) = (keep(0..5_000, "one"), keep(5_000..5_800, "other"), keep(0..0, "none"));
        let both = merge(&folder, "both", &schema, &one, &other).expect("merged");
        let both = merge(&folder, "all", &schema, &both, &none).expect("merged");
        assert_eq!((both.rows, none.rows), (5_800, 0));
        let mut hashes: Vec<u64> = ["key:3", "key:699", "key:nobody"].into_iter().map(key_hash).collect();
        hashes.sort_unstable();
        let found = |file| {
            let rows = rows_of_keys(&folder, file, &schema, &hashes).expect("readable");
            let mut numbers = rows["number"].as_primitive::<Int64Type>().values().to_vec();
            numbers.sort_unstable();
            numbers
        };
        let expected: Vec<i64> = (0..5_800).filter(|number| [3, 699].contains(&(number % 700))).collect();
        assert_eq!(found(&both), expected);
        assert_eq!([found(&one), found(&other)].concat(), expected);
        assert!(found(&none).is_empty());
    }
}
