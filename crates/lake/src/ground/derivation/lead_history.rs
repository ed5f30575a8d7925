//! The history of undated leads: rows of one run after the other, each dated by the run that changed it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, UInt32Array, new_null_array,
};
use datafusion::arrow::compute::{concat_batches, filter_record_batch, is_null, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::order::order_of;
use crate::error::Error;
use crate::files::file_hash::FileHash;
use crate::timestamp::timestamp_array;

/// The column of a row's place in a history: its run, and what it says of it.
pub(super) const PLACE: &str = "_place";

/// The history of the leads of one undated file over all runs. It is stored beside a version of the ground, so that the
/// next run needs only its own rows and those of the run before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LeadHistory {
    /// The file's name.
    pub(crate) file: String,
    /// Hash of the file and of the raw rows that it was run over.
    pub(crate) fingerprint: String,
    /// When its last run learned its rows.
    pub(crate) until: i64,
    /// The files of the rows: the columns of the file of SQL, dated where that is known, and [`PLACE`].
    ///
    /// A lead that has other rows than in the run before has all of them again: what none of them says is known no longer. Of
    /// a table that keeps a changed row beside what it was, only the new rows are what the lead is. A lead that is gone has a
    /// row with the time of that as `deleted_at`.
    #[serde(default)]
    pub(crate) files: Vec<FileHash>,
}

/// What a row of a history says. Rows that were there already stand before those that came with their run, which were
/// learned later.
#[derive(Clone, Copy)]
enum Step {
    Known,
    New,
    Gone,
}

/// The first half of the SHA-256 of a row. That two rows differ and it does not has a chance below one in 10^20, even among
/// a billion rows.
type RowHash = [u8; 16];

/// The changes of leads, run after run.
pub(super) struct LeadChanges {
    converter: RowConverter,
    /// Whether the file shows a changed row beside what it was before, as a single table without a key does.
    accumulates: bool,
    /// The rows of each lead in the run before, in order.
    before: HashMap<String, Vec<RowHash>>,
    /// The leads seen so far.
    leads: HashSet<String>,
    history: Vec<RecordBatch>,
    /// The place of each row of the history.
    places: Vec<i64>,
    like: RecordBatch,
}

impl LeadChanges {
    pub(super) fn new(like: &RecordBatch, accumulates: bool) -> Result<LeadChanges, Error> {
        let fields = values(like).iter().map(|array| SortField::new(array.data_type().clone())).collect();
        let converter = RowConverter::new(fields).map_err(Error::engine("compare rows of leads"))?;
        let (before, leads, history, places) = (HashMap::new(), HashSet::new(), Vec::new(), Vec::new());
        Ok(LeadChanges { converter, accumulates, before, leads, history, places, like: like.slice(0, 0) })
    }

    /// Continues a history, whose rows have their places, given the rows of its last run.
    pub(super) fn resume(&mut self, history: &RecordBatch, before: &RecordBatch) -> Result<(), Error> {
        let before = undated(before)?;
        self.before = rows_of_leads(&before, &self.hashes(&before)?);
        self.leads = lead_keys(history).map(str::to_owned).collect();
        self.places.extend(history[PLACE].as_primitive::<Int64Type>().values());
        let columns: Vec<usize> = (0..self.like.num_columns()).collect();
        self.history.push(history.project(&columns).map_err(Error::engine("continue the history of leads"))?);
        Ok(())
    }

    /// Adds what a run says otherwise than the run before.
    pub(super) fn add_run(&mut self, rows: &RecordBatch, run: i64) -> Result<(), Error> {
        let doing = Error::engine::<ArrowError>;
        // A lead whose rows have got dates is not gone.
        let found: HashSet<&str> = lead_keys(rows).collect();
        let rows = undated(rows)?;
        let hashes = self.hashes(&rows)?;
        let now = rows_of_leads(&rows, &hashes);
        let (known, new) = self.changed(&rows, &hashes, &now);
        // Rows that were there already stand before those that came with this run, which were learned later.
        self.places.extend(std::iter::repeat_n(place(run, Step::Known), known.len()));
        self.places.extend(std::iter::repeat_n(place(run, Step::New), new.len()));
        let changed = UInt32Array::from_iter_values(known.into_iter().chain(new));
        let changed = take_record_batch(&rows, &changed).map_err(doing("keep the changed rows"))?;
        let dates = lead_keys(&changed).map(|lead| self.leads.contains(lead).then_some(run));
        let dates = timestamp_array(dates.collect::<Vec<_>>());
        self.history.push(with_columns(&changed, &[("known_at", dates)]).map_err(doing("date the changed rows"))?);
        let mut gone: Vec<&str> = self.before.keys().map(String::as_str).filter(|lead| !found.contains(lead)).collect();
        gone.sort_unstable();
        if !gone.is_empty() {
            self.places.extend(std::iter::repeat_n(place(run, Step::Gone), gone.len()));
            self.history.push(ended(&rows, &gone, run).map_err(doing("note the leads that are gone"))?);
        }
        self.leads.extend(now.keys().cloned());
        self.before = now;
        Ok(())
    }

    /// Returns the dated rows of all runs, and the same with their places as they are stored. Their order does not depend
    /// on how often the history was continued.
    pub(super) fn finish(self) -> Result<(RecordBatch, RecordBatch), Error> {
        let doing = Error::engine::<ArrowError>;
        let rows = concat_batches(&self.like.schema(), &self.history).map_err(doing("unite the history of leads"))?;
        let order = order_of(&rows, Some(&self.places)).expect("rows with places are put into an order");
        let rows = take_record_batch(&rows, &order).map_err(doing("order the history of leads"))?;
        let places = order.values().iter().map(|row| self.places[*row as usize]);
        let (mut fields, mut columns) = (rows.schema_ref().fields().to_vec(), rows.columns().to_vec());
        fields.push(Arc::new(Field::new(PLACE, DataType::Int64, false)));
        columns.push(Arc::new(Int64Array::from_iter_values(places)));
        let stored = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns);
        Ok((rows, stored.map_err(doing("store the history of leads"))?))
    }

    /// Returns the rows to add: those that were there already, and the new ones.
    fn changed(
        &self,
        rows: &RecordBatch,
        hashes: &[RowHash],
        now: &HashMap<String, Vec<RowHash>>,
    ) -> (Vec<u32>, Vec<u32>) {
        let (mut known, mut new) = (Vec::new(), Vec::new());
        for (row, (lead, hash)) in lead_keys(rows).zip(hashes).enumerate() {
            let before = self.before.get(lead).map_or(&[][..], Vec::as_slice);
            let now = &now[lead];
            let stands_alone = self.accumulates && before.iter().all(|hash| now.binary_search(hash).is_ok());
            match before.binary_search(hash) {
                Err(_) => new.push(row as u32),
                Ok(_) if before != now && !stands_alone => known.push(row as u32),
                Ok(_) => {}
            }
        }
        (known, new)
    }

    /// Returns the hash of each row.
    fn hashes(&mut self, rows: &RecordBatch) -> Result<Vec<RowHash>, Error> {
        let contents: Rows =
            self.converter.convert_columns(&values(rows)).map_err(Error::engine("compare rows of leads"))?;
        let hash = |content: datafusion::arrow::row::Row<'_>| {
            let mut hash = RowHash::default();
            hash.copy_from_slice(&Sha256::digest(content.as_ref())[..16]);
            hash
        };
        Ok(contents.iter().map(hash).collect())
    }
}

/// Returns the place of rows of a run.
fn place(run: i64, step: Step) -> i64 {
    run.saturating_mul(4).saturating_add(step as i64)
}

/// Returns the hashes of each lead's rows, in order.
fn rows_of_leads(rows: &RecordBatch, hashes: &[RowHash]) -> HashMap<String, Vec<RowHash>> {
    let mut of_leads: HashMap<String, Vec<RowHash>> = HashMap::new();
    for (lead, hash) in lead_keys(rows).zip(hashes) {
        match of_leads.get_mut(lead) {
            Some(of_lead) => of_lead.push(*hash),
            None => {
                of_leads.insert(lead.to_owned(), vec![*hash]);
            }
        }
    }
    of_leads.values_mut().for_each(|hashes| hashes.sort_unstable());
    of_leads
}

/// Returns the column `known_at`, which every file of leads has.
pub(super) fn known_at(rows: &RecordBatch) -> &ArrayRef {
    rows.column_by_name("known_at").expect("required columns are there, in their type")
}

fn lead_keys(rows: &RecordBatch) -> impl Iterator<Item = &str> {
    rows["lead_key"].as_string::<i32>().iter().flatten()
}

/// Returns the rows that have no date.
pub(super) fn undated(rows: &RecordBatch) -> Result<RecordBatch, Error> {
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

/// Returns rows that say of leads that they have ended with a run.
fn ended(like: &RecordBatch, leads: &[&str], run: i64) -> Result<RecordBatch, ArrowError> {
    let nothing = |array: &ArrayRef| new_null_array(array.data_type(), leads.len());
    let columns = like.columns().iter().map(nothing).collect();
    let rows = RecordBatch::try_new(like.schema(), columns)?;
    let run = timestamp_array(vec![Some(run); leads.len()]);
    let leads: ArrayRef = Arc::new(StringArray::from_iter_values(leads));
    with_columns(&rows, &[("lead_key", leads), ("known_at", run.clone()), ("deleted_at", run)])
}

/// Returns rows with other values in some of their columns.
fn with_columns(rows: &RecordBatch, others: &[(&str, ArrayRef)]) -> Result<RecordBatch, ArrowError> {
    let mut columns = rows.columns().to_vec();
    for (name, values) in others {
        columns[rows.schema().index_of(name)?] = values.clone();
    }
    RecordBatch::try_new(rows.schema(), columns)
}
