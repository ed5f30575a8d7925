//! Parquet files as records of text, for who reads tables of any kind: files of others, raw tables, and relations of the
//! ground.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use plumb_tables::{Error, FileFormat, FilePlan, Note, Record, RecordSource, Records, SetAside};

use crate::files::foreign_parquet::{Expansion, ForeignParquet, Texts, open};
use crate::files::parquet_files::catch_panics;
use crate::timestamp::timestamp_type;

/// Parquet files whose rows are read one after the other, as those of one table.
pub(crate) struct ParquetRecords {
    name: String,
    files: Vec<PathBuf>,
    columns: Vec<String>,
    rows: u64,
    keep: Keep,
    plan: FilePlan,
}

/// Which rows of the files are rows of the table.
#[derive(Clone)]
pub(crate) enum Keep {
    All,
    /// Those without a value in this column.
    Missing(String),
    /// Of those with the same `_key` the one with this `_sequence`.
    Newest(HashMap<i64, i64>),
}

impl ParquetRecords {
    /// Describes files; of their columns those that `is_column` accepts, in the order in which they are found.
    pub(crate) fn of_files(
        name: &str,
        files: Vec<PathBuf>,
        keep: Keep,
        is_column: impl Fn(&str) -> bool,
    ) -> Result<ParquetRecords, Error> {
        let (mut columns, mut rows) = (Vec::new(), 0);
        for path in &files {
            let ForeignParquet { builder, .. } = opened(name, path)?;
            rows += u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
            for field in builder.schema().fields().iter().filter(|field| is_column(field.name())) {
                if field.data_type().is_nested() {
                    let (column, kind) = (field.name(), field.data_type());
                    let expected = "expected texts, numbers, flags or times; leave it out, or write it as text";
                    return Err(unreadable(name, format!("has a column `{column}` that holds {kind}: {expected}")));
                }
                if !columns.contains(field.name()) {
                    columns.push(field.name().clone());
                }
            }
        }
        let plan = FilePlan { format: Some(FileFormat::Parquet), ..FilePlan::default() };
        Ok(ParquetRecords { name: name.to_owned(), files, columns, rows, keep, plan })
    }
}

/// Returns the records of a Parquet file that somebody else wrote.
pub fn record_source_of_parquet(path: &Path) -> Result<Box<dyn RecordSource>, Error> {
    let name = path.display().to_string();
    Ok(Box::new(ParquetRecords::of_files(&name, vec![path.to_owned()], Keep::All, |_| true)?))
}

impl RecordSource for ParquetRecords {
    fn name(&self) -> &str {
        &self.name
    }

    fn open(&self) -> Result<Box<dyn Records + Send>, Error> {
        let mut files = self.files.clone();
        files.reverse();
        Ok(Box::new(Reading {
            name: self.name.clone(),
            files,
            columns: self.columns.clone(),
            keep: self.keep.clone(),
            current: None,
            batch: Batch::default(),
            read: 0,
            rows: self.rows,
        }))
    }

    fn plan(&self) -> &FilePlan {
        &self.plan
    }

    fn notes(&self) -> &[Note] {
        &[]
    }
}

/// Files that are being read.
struct Reading {
    name: String,
    /// Those that are not open yet, the next one last.
    files: Vec<PathBuf>,
    columns: Vec<String>,
    keep: Keep,
    current: Option<(ParquetRecordBatchReader, Expansion)>,
    batch: Batch,
    /// Rows read so far, of so many.
    read: u64,
    rows: u64,
}

/// The rows that are in memory.
#[derive(Default)]
struct Batch {
    rows: usize,
    next: usize,
    /// The text of each column; `None` if the file does not have it.
    columns: Vec<Option<Texts>>,
    is_kept: Vec<bool>,
}

impl Records for Reading {
    fn names(&self) -> &[String] {
        &self.columns
    }

    fn next(&mut self, record: &mut Record) -> Result<Option<u64>, Error> {
        loop {
            while self.batch.next < self.batch.rows {
                let row = self.batch.next;
                self.batch.next += 1;
                self.read += 1;
                if self.batch.is_kept[row] {
                    record.clear();
                    for column in &self.batch.columns {
                        record.push_field(column.as_ref().and_then(|texts| texts.get(row)).unwrap_or_default());
                    }
                    return Ok(Some(self.read));
                }
            }
            if !self.read_batch()? {
                return Ok(None);
            }
        }
    }

    fn take_set_aside(&mut self) -> Vec<SetAside> {
        Vec::new()
    }

    fn progress(&self) -> (u64, u64) {
        (self.read, self.rows)
    }
}

impl Reading {
    /// Reads more rows, and returns whether there were any.
    fn read_batch(&mut self) -> Result<bool, Error> {
        loop {
            if self.current.is_none() {
                let Some(path) = self.files.pop() else { return Ok(false) };
                let ForeignParquet { builder, expansion } = opened(&self.name, &path)?;
                let reader = catch_panics(|| builder.build()).map_err(|error| broken(&self.name, &error))?;
                self.current = Some((reader, expansion));
            }
            let Some((reader, expansion)) = &mut self.current else { return Ok(false) };
            let batch = catch_panics(|| reader.next().transpose()).map_err(|error| broken(&self.name, &error))?;
            let Some(batch) = batch else {
                self.current = None;
                continue;
            };
            expansion.add(&batch).map_err(|why| broken(&self.name, &why))?;
            self.batch = self.texts_of(&batch).map_err(|error| broken(&self.name, &error))?;
            return Ok(true);
        }
    }

    fn texts_of(&self, batch: &RecordBatch) -> Result<Batch, datafusion::arrow::error::ArrowError> {
        let texts = |name: &String| {
            let Some(array) = batch.column_by_name(name) else { return Ok(None) };
            // Without this cast a timestamp would be written without its offset.
            let array = match array.data_type() {
                DataType::Timestamp(..) => cast(array, &timestamp_type())?,
                _ => array.clone(),
            };
            Texts::of(&array).map(Some)
        };
        let columns = self.columns.iter().map(texts).collect::<Result<_, _>>()?;
        let rows = batch.num_rows();
        Ok(Batch { rows, next: 0, columns, is_kept: self.keep.rows_of(batch) })
    }
}

impl Keep {
    fn rows_of(&self, batch: &RecordBatch) -> Vec<bool> {
        let rows = 0..batch.num_rows();
        match self {
            Keep::All => vec![true; batch.num_rows()],
            Keep::Missing(name) => match batch.column_by_name(name) {
                Some(column) => rows.map(|row| column.is_null(row)).collect(),
                None => vec![true; batch.num_rows()],
            },
            Keep::Newest(newest) => {
                let numbers = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Int64Type>().cloned();
                match (numbers("_key"), numbers("_sequence")) {
                    (Some(keys), Some(sequences)) => {
                        rows.map(|row| newest.get(&keys.value(row)) == Some(&sequences.value(row))).collect()
                    }
                    _ => vec![true; batch.num_rows()],
                }
            }
        }
    }
}

fn opened(name: &str, path: &Path) -> Result<ForeignParquet, Error> {
    open(path).map_err(|why| unreadable(name, format!("is no whole Parquet file: {why}")))
}

fn broken(name: &str, why: &dyn std::fmt::Display) -> Error {
    unreadable(name, format!("cannot be read on: {why}"))
}

fn unreadable(name: &str, problem: String) -> Error {
    Error::Unreadable { name: name.to_owned(), problem }
}
