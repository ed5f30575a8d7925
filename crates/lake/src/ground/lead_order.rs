//! Reads a relation lead after lead, straight from the ground's files, each of which is in the order of leads.
//!
//! The engine would open and read the files again for every part of the leads, and copy twice. A walk reads each row group
//! once, and holds a few rows of each file.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array, new_empty_array};
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

impl RelationFiles {
    /// Returns a relation by its name.
    pub(crate) fn relation(&self, name: &str) -> &Relation {
        match name {
            "lead" => &self.lead,
            "event" => &self.event,
            _ => &self.outcome,
        }
    }
}

/// The files of a relation. Their footers are read once.
pub(crate) struct Relation {
    /// The columns, with texts as texts.
    schema: SchemaRef,
    files: Vec<(PathBuf, ArrowReaderMetadata)>,
}

impl Relation {
    /// Opens these files, which have the same columns.
    pub(crate) fn open(paths: Vec<PathBuf>) -> std::result::Result<Relation, Error> {
        let mut schema: Option<SchemaRef> = None;
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let file = File::open(&path).map_err(Error::file("open", &path))?;
            let load = |options| ArrowReaderMetadata::load(&file, options).map_err(Error::engine("open the ground"));
            let schema = match &schema {
                Some(schema) => schema,
                None => {
                    let fields = load(ArrowReaderOptions::new())?.schema().fields().clone();
                    schema.insert(Arc::new(Schema::new(fields)))
                }
            };
            files.push((path.clone(), load(options(schema))?));
        }
        Ok(Relation { schema: schema.unwrap_or_else(|| Arc::new(Schema::empty())), files })
    }

    /// Returns the columns.
    pub(crate) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// Returns these columns and `lead_id` of all rows, file after file.
    pub(crate) fn rows(&self, columns: &[&str]) -> Result<impl Iterator<Item = Result<RecordBatch>> + use<>> {
        Ok(self.walk("", LAST_LEAD, columns)?.cursors.into_iter().flatten())
    }

    /// Returns these columns of all rows, in their order.
    pub(crate) fn read(&self, columns: &[&str]) -> Result<RecordBatch> {
        let mut walk = self.walk("", LAST_LEAD, columns)?;
        let batches = walk.up_to(LAST_LEAD)?;
        let rows = walk.concat(&batches)?;
        let positions = columns.iter().map(|column| rows.schema_ref().index_of(column));
        Ok(rows.project(&positions.collect::<std::result::Result<Vec<_>, _>>()?)?)
    }

    /// Returns all columns of the leads from the first id to the last.
    pub(crate) fn leads_between(&self, first: &str, last: &str) -> Result<RecordBatch> {
        let mut walk = self.walk(first, last, &self.column_names())?;
        let batches = walk.up_to(last)?;
        walk.concat(&batches)
    }

    /// Returns the names of the columns.
    pub(crate) fn column_names(&self) -> Vec<&str> {
        self.schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    /// Returns a walk along the leads from the first id to the last, over these columns and `lead_id`.
    pub(crate) fn walk(&self, first: &str, last: &str, columns: &[&str]) -> Result<Walk> {
        let mut cursors = Vec::new();
        for (path, metadata) in &self.files {
            let groups = groups_between(metadata, first, last);
            if groups.is_empty() {
                continue;
            }
            let wanted = columns.iter().copied().chain(["lead_id"]);
            let columns = ProjectionMask::columns(metadata.parquet_schema(), wanted);
            let unopened = Unopened { path: path.clone(), metadata: metadata.clone(), columns, groups };
            cursors.push(Cursor { file: CursorFile::Unopened(Box::new(unopened)), rest: None, from: first.to_owned() });
        }
        let wanted = self.schema.fields().iter().filter(|field| columns.contains(&field.name().as_str()));
        let columns = Arc::new(Schema::new(wanted.cloned().collect::<Vec<_>>()));
        Ok(Walk { columns, cursors })
    }
}

/// A walk along the leads of a relation.
pub(crate) struct Walk {
    /// The wanted columns, in the order of the files.
    columns: SchemaRef,
    cursors: Vec<Cursor>,
}

/// Returns rows with their lead ids as texts.
pub(crate) fn with_plain_ids(batch: &RecordBatch) -> Result<RecordBatch> {
    let position = batch.schema_ref().index_of("lead_id")?;
    let (mut fields, mut columns) = (batch.schema_ref().fields().to_vec(), batch.columns().to_vec());
    fields[position] = Arc::new(Field::new("lead_id", DataType::Utf8, fields[position].is_nullable()));
    columns[position] = cast(&columns[position], &DataType::Utf8)?;
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
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

/// A place in a file.
struct Cursor {
    file: CursorFile,
    rest: Option<RecordBatch>,
    from: String,
}

/// A file is open only while leads of it are read: a relation has more files than a process may have open.
enum CursorFile {
    Unopened(Box<Unopened>),
    Open(ParquetRecordBatchReader),
    Read,
}

/// What is to be read of a file.
struct Unopened {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    columns: ProjectionMask,
    groups: Vec<usize>,
}

impl Unopened {
    fn open(self) -> Result<ParquetRecordBatchReader> {
        ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(self.path)?, self.metadata)
            .with_projection(self.columns)
            .with_row_groups(self.groups)
            .with_batch_size(BATCH_ROWS)
            .build()
    }

    /// Returns whether all leads of the file come after this one.
    fn is_after(&self, last: &str) -> bool {
        let first = self.groups.first().map(|group| self.metadata.metadata().row_group(*group));
        let least = first.and_then(|group| group.column(lead_id_column(&self.metadata)?).statistics()?.min_bytes_opt());
        least.is_some_and(|least| least > last.as_bytes())
    }
}

impl Iterator for Cursor {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Result<RecordBatch>> {
        if let CursorFile::Unopened(_) = &self.file
            && let CursorFile::Unopened(unopened) = std::mem::replace(&mut self.file, CursorFile::Read)
        {
            match unopened.open() {
                Ok(reader) => self.file = CursorFile::Open(reader),
                Err(error) => return Some(Err(error)),
            }
        }
        let CursorFile::Open(reader) = &mut self.file else { return None };
        let batch = reader.next();
        if batch.is_none() {
            self.file = CursorFile::Read;
        }
        batch.map(|batch| Ok(batch?))
    }
}

impl Cursor {
    fn up_to(&mut self, last: &str, batches: &mut Vec<RecordBatch>) -> Result<()> {
        if matches!(&self.file, CursorFile::Unopened(file) if file.is_after(last)) {
            return Ok(());
        }
        loop {
            let batch = match self.rest.take() {
                Some(batch) => batch,
                None => match self.next().transpose()? {
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
