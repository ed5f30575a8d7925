//! Reads a relation lead after lead, straight from the ground's files, each of which is in the order of leads.
//!
//! The engine would open and read the files again for every part of the leads, and copy twice. A walk reads each row group
//! once, and holds a few rows of each file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, RecordBatchReader, StringArray, UInt32Array, new_empty_array,
};
use datafusion::arrow::compute::{cast, concat};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::{ParquetStatisticsPolicy, RowGroupMetaData};

use crate::error::Error;

/// Rows that are read from a file at once: a part of a row group, so that no batch spans two dictionaries.
const BATCH_ROWS: usize = 1_024;

/// No lead's id comes after this one.
pub(crate) const LAST_LEAD: &str = "\u{10ffff}";

type Result<T> = std::result::Result<T, ParquetError>;

/// The ground's files.
pub(crate) struct RelationFiles {
    /// Of the relation `lead`.
    pub(crate) lead: Relation,
    /// Of the relation `event`.
    pub(crate) event: Relation,
    /// Of the relation `outcome`.
    pub(crate) outcome: Relation,
}

/// The files of a relation. Their footers are read once.
pub(crate) struct Relation {
    files: Vec<(PathBuf, ArrowReaderMetadata)>,
}

impl Relation {
    /// Opens a file, or all files of a folder, with the columns of this schema.
    pub(crate) fn open(path: &Path, schema: &Schema) -> std::result::Result<Relation, Error> {
        let mut paths = vec![path.to_owned()];
        if path.is_dir() {
            let entries = std::fs::read_dir(path)
                .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>());
            paths = entries.map_err(Error::file("list", path))?;
            paths.sort();
        }
        let options = options(schema);
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let file = File::open(&path).map_err(Error::file("open", &path))?;
            let metadata =
                ArrowReaderMetadata::load(&file, options.clone()).map_err(Error::engine("open the ground"))?;
            files.push((path, metadata));
        }
        Ok(Relation { files })
    }

    /// Returns these columns and `lead_id` of all rows, file after file.
    pub(crate) fn rows(&self, columns: &[&str]) -> Result<impl Iterator<Item = Result<RecordBatch>> + use<>> {
        let walk = self.walk("", LAST_LEAD, columns)?;
        let batches = walk.cursors.into_iter().flat_map(|cursor| cursor.reader);
        Ok(batches.map(|batch| Ok(batch?)))
    }

    /// Returns a walk along the leads from the first id to the last, over these columns and `lead_id`.
    pub(crate) fn walk(&self, first: &str, last: &str, columns: &[&str]) -> Result<Walk> {
        let mut cursors = Vec::with_capacity(self.files.len());
        for (path, metadata) in &self.files {
            let wanted = columns.iter().copied().chain(["lead_id"]);
            let groups = groups_between(metadata, first, last);
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(path)?, metadata.clone())
                .with_projection(ProjectionMask::columns(metadata.parquet_schema(), wanted))
                .with_row_groups(groups)
                .with_batch_size(BATCH_ROWS)
                .build()?;
            cursors.push(Cursor { reader, rest: None, from: first.to_owned() });
        }
        // A file without any such row group still knows its columns.
        let schema = cursors.first().map_or_else(|| Arc::new(Schema::empty()), |cursor| cursor.reader.schema());
        let wanted = schema.fields().iter().filter(|field| columns.contains(&field.name().as_str()));
        let plain = wanted.map(|field| match field.data_type() {
            DataType::Dictionary(..) => Arc::new(Field::new(field.name(), DataType::Utf8, field.is_nullable())),
            _ => field.clone(),
        });
        let columns = Arc::new(Schema::new(plain.collect::<Vec<_>>()));
        Ok(Walk { columns, cursors })
    }
}

/// A walk along the leads of a relation.
pub(crate) struct Walk {
    /// The wanted columns, in the order of the files.
    columns: SchemaRef,
    cursors: Vec<Cursor>,
}

impl Walk {
    /// Returns the rows of all further leads up to this id, in batches that are each in the order of leads.
    pub(crate) fn up_to(&mut self, last: &str) -> Result<Vec<RecordBatch>> {
        let mut batches = Vec::new();
        for cursor in &mut self.cursors {
            cursor.up_to(last, &mut batches)?;
        }
        Ok(batches)
    }

    /// Returns the wanted columns of these batches, one after the other.
    pub(crate) fn concat(&self, batches: &[RecordBatch]) -> Result<RecordBatch> {
        let mut columns = Vec::with_capacity(self.columns.fields().len());
        for field in self.columns.fields() {
            let of_batch = |batch: &RecordBatch| cast(&batch[field.name().as_str()], field.data_type());
            let pieces = batches.iter().map(of_batch).collect::<std::result::Result<Vec<ArrayRef>, _>>()?;
            let pieces: Vec<&dyn Array> = pieces.iter().map(AsRef::as_ref).collect();
            columns.push(match pieces.is_empty() {
                true => new_empty_array(field.data_type()),
                false => concat(&pieces)?,
            });
        }
        Ok(RecordBatch::try_new(self.columns.clone(), columns)?)
    }
}

/// Returns the lead ids of a batch: of each row the position of its text, and the texts.
pub(crate) fn lead_ids(batch: &RecordBatch) -> (&UInt32Array, &StringArray) {
    let lead_ids = batch["lead_id"].as_dictionary::<UInt32Type>();
    (lead_ids.keys(), lead_ids.values().as_string())
}

struct Cursor {
    reader: ParquetRecordBatchReader,
    rest: Option<RecordBatch>,
    from: String,
}

impl Cursor {
    fn up_to(&mut self, last: &str, batches: &mut Vec<RecordBatch>) -> Result<()> {
        loop {
            let batch = match self.rest.take() {
                Some(batch) => batch,
                None => match self.reader.next().transpose()? {
                    Some(batch) => batch,
                    None => return Ok(()),
                },
            };
            let first = rows_until(&batch, |lead_id| lead_id < self.from.as_str());
            let end = rows_until(&batch, |lead_id| lead_id <= last);
            if end > first {
                batches.push(batch.slice(first, end - first));
            }
            if end < batch.num_rows() {
                self.rest = Some(batch.slice(end, batch.num_rows() - end));
                return Ok(());
            }
        }
    }
}

/// Returns how many rows come before the first whose lead does not match.
fn rows_until(batch: &RecordBatch, is_before: impl Fn(&str) -> bool) -> usize {
    let (keys, texts) = lead_ids(batch);
    keys.values().partition_point(|key| is_before(texts.value(*key as usize)))
}

/// Returns the row groups that can have leads in this range.
fn groups_between(metadata: &ArrowReaderMetadata, first: &str, last: &str) -> Vec<usize> {
    let Some(column) = lead_id_column(metadata) else { return Vec::new() };
    let is_outside = |group: &RowGroupMetaData| {
        // Statistics may be truncated: the least is then less and the greatest more.
        group.column(column).statistics().is_some_and(|known| {
            known.max_bytes_opt().is_some_and(|greatest| greatest < first.as_bytes())
                || known.min_bytes_opt().is_some_and(|least| least > last.as_bytes())
        })
    };
    let groups = metadata.metadata().row_groups().iter().enumerate();
    groups.filter(|(_, group)| !is_outside(group)).map(|(index, _)| index).collect()
}

fn lead_id_column(metadata: &ArrowReaderMetadata) -> Option<usize> {
    metadata.parquet_schema().columns().iter().position(|column| column.name() == "lead_id")
}

/// Lead ids are read as the file's dictionary, so that equal ones need not be compared as texts. Only the statistics
/// that are used are kept.
fn options(schema: &Schema) -> ArrowReaderOptions {
    let dictionary = DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
    let fields = schema.fields().iter().map(|field| match field.name().as_str() {
        "lead_id" => Arc::new(Field::new("lead_id", dictionary.clone(), field.is_nullable())),
        _ => field.clone(),
    });
    let kept: Vec<usize> = schema.fields().iter().position(|field| field.name() == "lead_id").into_iter().collect();
    ArrowReaderOptions::new()
        .with_schema(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
        .with_column_stats_policy(ParquetStatisticsPolicy::skip_except(&kept))
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll)
}
