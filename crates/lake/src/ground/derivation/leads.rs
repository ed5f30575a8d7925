//! Versions of leads: the fields that were known of each one, from when until when.
//!
//! What is known of a lead comes in rows, each of one file and one of the lead's keys. A row of a dated file may say one field
//! and leave the others empty, as a history of changes does: what it leaves empty is as it was. A row that change detection
//! has dated says all that its file knows then, so that an empty field was emptied. Where several files or keys have a field,
//! the value that was learned last counts: an empty one hides none of another key.

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
const NOT_FIELDS: [&str; 6] = ["lead_key", "created_at", "known_at", "deleted_at", "is_test", "_origin"];

/// The leads of the ground.
pub(super) struct Leads {
    /// `lead_id, created_at, known_from, known_to`, then the fields; ordered by lead and `known_from`.
    pub(super) versions: RecordBatch,
    /// Leads that are tests, left out everywhere.
    pub(super) test_leads: HashSet<String>,
    pub(super) leads: usize,
    /// Leads of which nothing is known any more, because all of their records were deleted.
    pub(super) deleted_leads: usize,
}

/// Builds the versions. `is_whole` says of each row whether it has all that its file knows of the lead at that time.
pub(super) fn versions(
    rows: &SourceRows,
    is_whole: &[bool],
    files: &[&SqlFile],
    identities: &Identities,
    rejected: &mut Vec<RejectedRow>,
) -> Result<Leads, Error> {
    let grouped = group(rows, identities);
    let (created, known, deleted) = (rows.micros("created_at"), rows.micros("known_at"), rows.micros("deleted_at"));
    let keys = rows.text("lead_key");
    let fields: Vec<usize> = (0..rows.batch.num_columns())
        .filter(|column| !NOT_FIELDS.contains(&rows.batch.schema_ref().field(*column).name().as_str()))
        .collect();
    let mut versions = Versions::new(fields.len());
    let (mut leads, mut deleted_leads) = (0, 0);
    for (lead_id, rows_of_lead) in grouped.rows_of {
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
        let facts = rows_of_lead.into_iter().map(|row| {
            // Undated values were known from the start.
            let at = if known.is_valid(row) { known.value(row).max(created_at) } else { created_at };
            let deleted_at = deleted.is_valid(row).then(|| deleted.value(row).max(at));
            LeadRow { row, key: keys.value(row), file: rows.file_of[row], at, deleted_at, is_whole: is_whole[row] }
        });
        let has_value = |field: usize, row: usize| rows.batch.column(fields[field]).is_valid(row);
        let is_known = versions.add_lead(lead_id, created_at, facts.collect(), has_value);
        deleted_leads += usize::from(!is_known);
    }
    let test_leads = grouped.test_leads;
    Ok(Leads { versions: versions.finish(rows, &fields)?, test_leads, leads, deleted_leads })
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

/// What a row says, and when that was learned.
struct LeadRow<'a> {
    row: usize,
    key: &'a str,
    file: u16,
    at: i64,
    /// When its record was deleted; not before `at`.
    deleted_at: Option<i64>,
    is_whole: bool,
}

/// What happens to a lead at a time.
enum Change<'r, 'a> {
    /// A row is learned, whose place among the lead's rows is this.
    Row(&'r LeadRow<'a>, usize),
    /// The record of a key is deleted.
    Delete(&'a str),
}

/// A field's value: the row that has it, and that row's place among the lead's rows, by when they were learned.
type Value = Option<(usize, u32)>;

/// What one file says of one key.
struct Stream {
    /// When its last row was learned.
    at: i64,
    values: Vec<Value>,
}

/// What is known of a lead at a time.
#[derive(Default)]
struct LeadState<'a> {
    streams: BTreeMap<(u16, &'a str), Stream>,
    /// Its keys, and whether the record of each is there.
    is_there: BTreeMap<&'a str, bool>,
}

impl<'a> LeadState<'a> {
    fn apply(&mut self, change: &Change<'_, 'a>, fields: usize, has_value: &impl Fn(usize, usize) -> bool) {
        let (learned, place) = match change {
            Change::Delete(key) => {
                self.is_there.insert(key, false);
                return;
            }
            Change::Row(learned, place) => (*learned, *place),
        };
        self.is_there.insert(learned.key, true);
        let new = || Stream { at: learned.at, values: vec![None; fields] };
        let stream = self.streams.entry((learned.file, learned.key)).or_insert_with(new);
        // Several rows of one time are one statement. A deleted record is kept as it was.
        if learned.is_whole && learned.deleted_at.is_none() && stream.at != learned.at {
            stream.values.fill(None);
        }
        stream.at = learned.at;
        for (field, value) in stream.values.iter_mut().enumerate() {
            if has_value(field, learned.row) {
                *value = Some((place, learned.row as u32));
            }
        }
    }

    fn is_known(&self) -> bool {
        self.is_there.values().any(|is_there| *is_there)
    }

    /// Returns the row of each field's value: of all that say one, the row that was learned last.
    fn value_rows(&self, fields: usize) -> impl Iterator<Item = Option<u32>> {
        let value = |field: usize| self.streams.values().filter_map(|stream| stream.values[field]).max();
        (0..fields).map(move |field| value(field).map(|(_, row)| row))
    }
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

    /// Adds the versions of a lead, and returns whether the last one holds until now.
    fn add_lead(
        &mut self,
        lead_id: &'a str,
        created_at: i64,
        mut rows: Vec<LeadRow<'_>>,
        has_value: impl Fn(usize, usize) -> bool,
    ) -> bool {
        // Rows of one timestamp stay in the order of the files.
        rows.sort_by_key(|row| row.at);
        let mut changes: Vec<(i64, Change<'_, '_>)> = Vec::with_capacity(rows.len());
        changes.extend(rows.iter().enumerate().map(|(place, row)| (row.at, Change::Row(row, place))));
        changes.extend(rows.iter().filter_map(|row| Some((row.deleted_at?, Change::Delete(row.key)))));
        changes.sort_by_key(|(at, _)| *at);
        let (fields, mut state, mut is_known) = (self.value_rows.len(), LeadState::default(), false);
        for changes in changes.chunk_by(|(a, _), (b, _)| a == b) {
            let at = changes[0].0;
            changes.iter().for_each(|(_, change)| state.apply(change, fields, &has_value));
            if let Some(known_to) = self.known_to.last_mut().filter(|_| is_known) {
                *known_to = Some(at);
            }
            is_known = state.is_known();
            if is_known {
                self.lead_id.push(lead_id);
                self.created_at.push(Some(created_at));
                self.known_from.push(Some(at));
                self.known_to.push(None);
                for (value_rows, row) in self.value_rows.iter_mut().zip(state.value_rows(fields)) {
                    value_rows.push(row);
                }
            }
        }
        is_known
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
