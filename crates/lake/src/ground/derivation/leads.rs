//! Versions of leads: the fields that were known of each one, from when until when.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use super::identity::Identities;
use super::source_rows::SourceRows;
use crate::error::Error;
use crate::raw::RejectedRow;
use crate::sql_file::SqlFile;
use crate::timestamp::{timestamp_array, timestamp_type};

/// Columns of the `lead` relation that are not fields of a lead.
const NOT_FIELDS: [&str; 5] = ["lead_key", "created_at", "known_at", "is_test", "_origin"];

/// The leads of the ground.
pub(super) struct Leads {
    /// `lead_id, created_at, known_from, known_to`, then the fields; ordered by lead and `known_from`.
    pub(super) versions: RecordBatch,
    /// Leads that are tests, left out everywhere.
    pub(super) test_leads: HashSet<String>,
    pub(super) leads: usize,
}

/// Builds the versions. A field that a row leaves empty is as it was in the version before.
pub(super) fn versions(
    rows: &SourceRows,
    files: &[&SqlFile],
    identities: &Identities,
    rejected: &mut Vec<RejectedRow>,
) -> Result<Leads, Error> {
    let grouped = group(rows, identities);
    let (created, known) = (rows.micros("created_at"), rows.micros("known_at"));
    let fields: Vec<usize> = (0..rows.batch.num_columns())
        .filter(|column| !NOT_FIELDS.contains(&rows.batch.schema_ref().field(*column).name().as_str()))
        .collect();
    let mut versions = Versions::new(fields.len());
    let mut leads = 0;
    for (lead_id, mut rows_of_lead) in grouped.rows_of {
        if grouped.test_leads.contains(lead_id) {
            continue;
        }
        let created_at = rows_of_lead.iter().filter(|row| created.is_valid(**row)).map(|row| created.value(*row)).min();
        let Some(created_at) = created_at else {
            let origin = rows.origin(files, rows_of_lead[0]);
            let reason = "no version of this lead has `created_at`";
            rejected.push(RejectedRow::at(&origin, "created_at", reason.into()));
            continue;
        };
        leads += 1;
        // Undated values were known from the start. Rows of one timestamp stay in the order of the files.
        let known_at = |row: usize| if known.is_valid(row) { known.value(row).max(created_at) } else { created_at };
        rows_of_lead.sort_by_key(|row| known_at(*row));
        versions.add_lead(lead_id, created_at, &rows_of_lead, known_at, |field, row| {
            rows.batch.column(fields[field]).is_valid(row)
        });
    }
    let test_leads = grouped.test_leads;
    Ok(Leads { versions: versions.finish(rows, &fields)?, test_leads, leads })
}

/// The rows of each lead.
struct Grouped<'a> {
    rows_of: BTreeMap<&'a str, Vec<usize>>,
    test_leads: HashSet<String>,
}

fn group<'a>(rows: &SourceRows, identities: &'a Identities) -> Grouped<'a> {
    let keys = rows.text("lead_key");
    let tests = rows.column("is_test").and_then(|array| array.as_boolean_opt().cloned());
    let mut grouped = Grouped { rows_of: BTreeMap::new(), test_leads: HashSet::new() };
    for row in 0..keys.len() {
        let lead_id = identities.lead_of(keys.value(row)).expect("every lead's key was numbered");
        if tests.as_ref().is_some_and(|tests| tests.is_valid(row) && tests.value(row)) {
            grouped.test_leads.insert(lead_id.to_owned());
        }
        grouped.rows_of.entry(lead_id).or_default().push(row);
    }
    grouped
}

struct Versions<'a> {
    lead_id: Vec<&'a str>,
    created_at: Vec<Option<i64>>,
    known_from: Vec<Option<i64>>,
    known_to: Vec<Option<i64>>,
    /// For each field, the source row that has its value.
    value_rows: Vec<Vec<Option<u32>>>,
}

impl<'a> Versions<'a> {
    fn new(fields: usize) -> Self {
        Versions {
            lead_id: Vec::new(),
            created_at: Vec::new(),
            known_from: Vec::new(),
            known_to: Vec::new(),
            value_rows: vec![Vec::new(); fields],
        }
    }

    fn add_lead(
        &mut self,
        lead_id: &'a str,
        created_at: i64,
        rows: &[usize],
        known_at: impl Fn(usize) -> i64,
        has_value: impl Fn(usize, usize) -> bool,
    ) {
        let mut current: Vec<Option<u32>> = vec![None; self.value_rows.len()];
        for (position, row) in rows.iter().enumerate() {
            for (field, value_row) in current.iter_mut().enumerate() {
                if has_value(field, *row) {
                    *value_row = Some(*row as u32);
                }
            }
            let next = rows.get(position + 1).map(|next| known_at(*next));
            if next == Some(known_at(*row)) {
                continue;
            }
            self.lead_id.push(lead_id);
            self.created_at.push(Some(created_at));
            self.known_from.push(Some(known_at(*row)));
            self.known_to.push(next);
            for (value_rows, value_row) in self.value_rows.iter_mut().zip(&current) {
                value_rows.push(*value_row);
            }
        }
    }

    fn finish(self, rows: &SourceRows, fields: &[usize]) -> Result<RecordBatch, Error> {
        let mut schema = vec![
            Field::new("lead_id", DataType::Utf8, false),
            Field::new("created_at", timestamp_type(), false),
            Field::new("known_from", timestamp_type(), false),
            Field::new("known_to", timestamp_type(), true),
        ];
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(self.lead_id)),
            timestamp_array(self.created_at),
            timestamp_array(self.known_from),
            timestamp_array(self.known_to),
        ];
        for (field, value_rows) in fields.iter().zip(self.value_rows) {
            let array = rows.batch.column(*field);
            let indices = UInt32Array::from(value_rows);
            columns.push(take(array, &indices, None).map_err(Error::engine("fill the fields of leads"))?);
            schema.push(Field::new(rows.batch.schema_ref().field(*field).name(), array.data_type().clone(), true));
        }
        RecordBatch::try_new(Arc::new(Schema::new(schema)), columns)
            .map_err(Error::engine("build the versions of leads"))
    }
}
