//! The history of undated leads: rows of one run after the other, each dated by the run that changed it.

use std::collections::HashSet;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{filter_record_batch, is_null, take_record_batch};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::row::{RowConverter, SortField};

use crate::error::Error;
use crate::timestamp::timestamp_array;

/// The history of the leads of one undated file over all runs. It is stored beside a version of the ground, so that the
/// next run needs only its own rows and those of the run before.
#[derive(Clone, Debug)]
pub(crate) struct LeadHistory {
    /// The file's name.
    pub(crate) file: String,
    /// Hash of the file and of the raw rows that it was run over.
    pub(crate) fingerprint: String,
    /// When its last run learned its rows.
    pub(crate) until: i64,
    /// The rows, in the columns of the file, dated where that is known.
    pub(crate) rows: RecordBatch,
}

/// The changes of leads, run after run.
pub(super) struct LeadChanges {
    converter: RowConverter,
    /// The rows of the run before.
    before: HashSet<Box<[u8]>>,
    /// The leads seen so far.
    leads: HashSet<String>,
    history: Vec<RecordBatch>,
}

impl LeadChanges {
    pub(super) fn new(like: &RecordBatch) -> Result<LeadChanges, Error> {
        let fields = values(like).iter().map(|array| SortField::new(array.data_type().clone())).collect();
        let converter = RowConverter::new(fields).map_err(Error::engine("compare rows of leads"))?;
        Ok(LeadChanges { converter, before: HashSet::new(), leads: HashSet::new(), history: Vec::new() })
    }

    /// Continues a history, given the rows of its last run.
    pub(super) fn resume(&mut self, history: &RecordBatch, before: &RecordBatch) -> Result<(), Error> {
        let before = undated(before)?;
        let contents =
            self.converter.convert_columns(&values(&before)).map_err(Error::engine("compare rows of leads"))?;
        self.before = contents.iter().map(|content| content.as_ref().into()).collect();
        self.leads = lead_keys(history).map(str::to_owned).collect();
        self.history.push(history.clone());
        Ok(())
    }

    /// Adds the rows of a run that the run before did not have.
    pub(super) fn add_run(&mut self, rows: &RecordBatch, run: i64) -> Result<(), Error> {
        let doing = Error::engine::<ArrowError>;
        let rows = undated(rows)?;
        let contents = self.converter.convert_columns(&values(&rows)).map_err(doing("compare rows of leads"))?;
        let is_new = |row: &usize| !self.before.contains(contents.row(*row).as_ref());
        let new: UInt32Array = (0..rows.num_rows()).filter(is_new).map(|row| row as u32).collect();
        let new = take_record_batch(&rows, &new).map_err(doing("keep the changed rows"))?;
        let dates = lead_keys(&new).map(|lead| self.leads.contains(lead).then_some(run));
        self.history
            .push(dated(&new, timestamp_array(dates.collect::<Vec<_>>())).map_err(doing("date the changed rows"))?);
        self.leads.extend(lead_keys(&new).map(str::to_owned));
        self.before = contents.iter().map(|content| content.as_ref().into()).collect();
        Ok(())
    }

    /// Returns the dated rows of all runs.
    pub(super) fn history(&self) -> &[RecordBatch] {
        &self.history
    }
}

/// Returns the column `known_at`, which every file of leads has.
pub(super) fn known_at(rows: &RecordBatch) -> &ArrayRef {
    rows.column_by_name("known_at").expect("required columns are there, in their type")
}

fn lead_keys(rows: &RecordBatch) -> impl Iterator<Item = &str> {
    rows["lead_key"].as_string::<i32>().iter().flatten()
}

fn undated(rows: &RecordBatch) -> Result<RecordBatch, Error> {
    let undated: BooleanArray = is_null(known_at(rows)).map_err(Error::engine("find undated rows"))?;
    filter_record_batch(rows, &undated).map_err(Error::engine("find undated rows"))
}

/// Returns the columns that are compared: where a row was found may differ from run to run.
fn values(rows: &RecordBatch) -> Vec<ArrayRef> {
    let fields = rows.schema_ref().fields().iter().zip(rows.columns());
    fields
        .filter(|(field, _)| !["_origin", "known_at"].contains(&field.name().as_str()))
        .map(|(_, array)| array.clone())
        .collect()
}

fn dated(rows: &RecordBatch, dates: ArrayRef) -> Result<RecordBatch, ArrowError> {
    let position = rows.schema().index_of("known_at")?;
    let mut columns = rows.columns().to_vec();
    columns[position] = dates;
    RecordBatch::try_new(rows.schema(), columns)
}
