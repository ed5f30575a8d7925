//! Events and outcomes: matched to their lead, without duplicates; unmatched rows are counted.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array};
use datafusion::arrow::compute::{SortColumn, lexsort_to_indices, take, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::row::{RowConverter, SortField};

use super::identity::Identities;
use super::relations::Counts;
use super::source_rows::SourceRows;
use crate::error::Error;
use crate::timestamp::{timestamp_array, timestamp_type};

/// Columns of event and outcome rows that are not attributes.
const NOT_ATTRIBUTES: [&str; 3] = ["lead_key", "known_at", "_origin"];

/// The events or outcomes of leads.
pub(super) struct LeadFacts {
    /// `lead_id, known_at`, then the other columns; ordered by lead and `at`.
    pub(super) batch: RecordBatch,
    /// Duplicate rows, left out.
    duplicates: usize,
    /// Rows of test leads, left out.
    of_test_leads: usize,
    /// Keys of unmatched rows, with their number.
    pub(super) unmatched: BTreeMap<String, usize>,
}

impl LeadFacts {
    /// Adds what was left out.
    pub(super) fn add_to(&self, counts: &mut Counts) {
        counts.duplicates += self.duplicates;
        counts.rows_of_test_leads += self.of_test_leads;
        counts.unmatched_rows += self.unmatched.values().sum::<usize>();
    }
}

/// Matches each row to its lead. Of duplicates, by `event_id` where there is one, the first known stays.
pub(super) fn match_to_leads(
    rows: &SourceRows,
    identities: &Identities,
    test_leads: &HashSet<String>,
) -> Result<LeadFacts, Error> {
    let keys = rows.text("lead_key");
    let (at, known) = (rows.micros("at"), rows.micros("known_at"));
    let known_at = |row: usize| if known.is_valid(row) { known.value(row) } else { at.value(row) };
    let mut unmatched: BTreeMap<String, usize> = BTreeMap::new();
    let mut of_test_leads = 0;
    let mut matched: Vec<(usize, &str)> = Vec::with_capacity(keys.len());
    for row in 0..keys.len() {
        match identities.lead_of(keys.value(row)) {
            None => *unmatched.entry(keys.value(row).to_owned()).or_default() += 1,
            Some(lead_id) if test_leads.contains(lead_id) => of_test_leads += 1,
            Some(lead_id) => matched.push((row, lead_id)),
        }
    }
    matched.sort_by_key(|(row, _)| known_at(*row));
    let found = matched.len();
    let batch = attributes(rows, &matched, known_at)?;
    let batch = distinct(rows, &matched, batch)?;
    let duplicates = found - batch.num_rows();
    Ok(LeadFacts { batch: ordered(&batch)?, duplicates, of_test_leads, unmatched })
}

fn attributes(
    rows: &SourceRows,
    matched: &[(usize, &str)],
    known_at: impl Fn(usize) -> i64,
) -> Result<RecordBatch, Error> {
    let indices = UInt32Array::from_iter_values(matched.iter().map(|(row, _)| *row as u32));
    let mut fields =
        vec![Field::new("lead_id", DataType::Utf8, false), Field::new("known_at", timestamp_type(), false)];
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(matched.iter().map(|(_, lead_id)| *lead_id))),
        timestamp_array(matched.iter().map(|(row, _)| Some(known_at(*row)))),
    ];
    for (field, array) in rows.batch.schema_ref().fields().iter().zip(rows.batch.columns()) {
        if !NOT_ATTRIBUTES.contains(&field.name().as_str()) {
            fields.push(field.as_ref().clone());
            columns.push(take(array, &indices, None).map_err(Error::engine("match rows to their leads"))?);
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(Error::engine("match rows to their leads"))
}

/// Keeps the first of rows that differ only in when they became known. Two rows of one file with the same `event_id` are
/// duplicates whatever their other values.
fn distinct(rows: &SourceRows, matched: &[(usize, &str)], batch: RecordBatch) -> Result<RecordBatch, Error> {
    let content: Vec<ArrayRef> = batch
        .schema_ref()
        .fields()
        .iter()
        .zip(batch.columns())
        .filter(|(field, _)| field.name() != "known_at")
        .map(|(_, array)| array.clone())
        .collect();
    let sort_fields = content.iter().map(|array| SortField::new(array.data_type().clone())).collect();
    let doing = Error::engine::<datafusion::arrow::error::ArrowError>;
    let converter = RowConverter::new(sort_fields).map_err(doing("compare rows"))?;
    let contents = converter.convert_columns(&content).map_err(doing("compare rows"))?;
    let ids = batch.column_by_name("event_id").and_then(|array| array.as_string_opt::<i32>());
    let (mut seen_ids, mut seen_contents) = (HashSet::new(), HashSet::new());
    let mut kept = Vec::with_capacity(batch.num_rows());
    for (position, (row, _)) in matched.iter().enumerate() {
        let is_new = match ids.filter(|ids| ids.is_valid(position)) {
            Some(ids) => seen_ids.insert((rows.file_of[*row], ids.value(position))),
            None => seen_contents.insert(contents.row(position)),
        };
        if is_new {
            kept.push(position as u32);
        }
    }
    take_record_batch(&batch, &UInt32Array::from(kept)).map_err(doing("remove duplicates"))
}

/// Orders rows by lead and time, and then by their other values.
pub(super) fn ordered(batch: &RecordBatch) -> Result<RecordBatch, Error> {
    let by = ["lead_id", "at", "known_at"]
        .iter()
        .filter_map(|name| batch.column_by_name(name))
        .chain(batch.columns().iter().filter(|array| array.data_type() == &DataType::Utf8))
        .map(|values| SortColumn { values: values.clone(), options: None })
        .collect::<Vec<_>>();
    let doing = Error::engine::<datafusion::arrow::error::ArrowError>;
    let indices = lexsort_to_indices(&by, None).map_err(doing("order rows"))?;
    take_record_batch(batch, &indices).map_err(doing("order rows"))
}
