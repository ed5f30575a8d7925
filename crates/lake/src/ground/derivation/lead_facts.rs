//! Events and outcomes: matched to their lead, without duplicates; unmatched rows are counted.
//!
//! An event that comes again with the same `event_id` and other values was corrected: what it was holds until the correction
//! was learned. So does one that was deleted until that was.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array};
use datafusion::arrow::compute::{SortColumn, lexsort_to_indices, take, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimestampMicrosecondType};
use datafusion::arrow::row::{RowConverter, SortField};

use super::ground_note::{GroundNote, GroundNoteCode};
use super::identity::Identities;
use super::relations::Counts;
use super::source_rows::SourceRows;
use crate::error::Error;
use crate::timestamp::{timestamp_array, timestamp_type};

/// Columns of event and outcome rows that are not attributes.
const NOT_ATTRIBUTES: [&str; 4] = ["lead_key", "known_at", "deleted_at", "_origin"];

/// The events or outcomes of leads.
pub(super) struct LeadFacts {
    /// `lead_id, known_at`, of events `known_to`, then the other columns; ordered by lead and `at`.
    pub(super) batch: RecordBatch,
    /// Duplicate rows, left out.
    duplicates: usize,
    /// Rows that hold no longer, because they were corrected or deleted.
    ended: usize,
    /// Rows with the `event_id` of another one that was learned at the same time and says something else: left out.
    contradicted: usize,
    /// Rows of test leads, left out.
    of_test_leads: usize,
    /// Keys of unmatched rows, with their number.
    pub(super) unmatched: BTreeMap<String, usize>,
}

impl LeadFacts {
    /// Returns the notes of rows that were taken back, and of rows that contradict each other.
    pub(super) fn notes(&self) -> Vec<GroundNote> {
        let note = |code, rows: usize, of_rows: usize, what: String, way_out: &str| GroundNote {
            code,
            relation: "event".to_owned(),
            column: "event_id".to_owned(),
            rows: rows as u64,
            of_rows: of_rows as u64,
            what,
            way_out: way_out.to_owned(),
        };
        let (kept, ended, contradicted) = (self.batch.num_rows(), self.ended, self.contradicted);
        let ended = (ended > 0).then(|| {
            let what = format!(
                "{ended} events were corrected or deleted: what each was holds until that was learned, and no longer"
            );
            let way_out = "nothing, if that is so; different events need an `event_id` each";
            note(GroundNoteCode::EventEnded, ended, kept, what, way_out)
        });
        let contradicted = (contradicted > 0).then(|| {
            let what = format!(
                "{contradicted} events have the id of another event that was learned at the same time, and other values: of \
                 each id the row that comes last counts, as if the others had never been"
            );
            let way_out = "if they are corrections, select as `known_at` when each was learned, of a table with a key by \
                           `COALESCE(_changed_at, at) AS known_at`; if they are different events, give each an id of its \
                           own";
            note(GroundNoteCode::EventContradicted, contradicted, kept + contradicted, what, way_out)
        });
        ended.into_iter().chain(contradicted).collect()
    }

    /// Adds what was left out.
    pub(super) fn add_to(&self, counts: &mut Counts) {
        counts.duplicates += self.duplicates;
        counts.ended_events += self.ended;
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
    let kept = Kept::of(rows, &matched, &batch)?;
    let contradicted = kept.contradicted;
    let batch = kept.rows_of(&batch)?;
    let duplicates = found - contradicted - batch.num_rows();
    let ended = batch.column_by_name("known_to").map_or(0, |known_to| known_to.len() - known_to.null_count());
    Ok(LeadFacts { batch: ordered(&batch)?, duplicates, ended, contradicted, of_test_leads, unmatched })
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

/// The rows that are kept, each with the time until which it holds.
struct Kept {
    rows: Vec<u32>,
    known_to: Vec<Option<i64>>,
    contradicted: usize,
}

impl Kept {
    /// Keeps the first of rows that differ only in when they became known. Rows of one file with the same `event_id` are
    /// versions of one event: each holds until the next one is learned, which says something else.
    ///
    /// `matched` are in the order in which they were learned, and `batch` has their columns.
    fn of(rows: &SourceRows, matched: &[(usize, &str)], batch: &RecordBatch) -> Result<Kept, Error> {
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
        let known = batch["known_at"].as_primitive::<TimestampMicrosecondType>();
        let deleted = rows.column("deleted_at").map(|_| rows.micros("deleted_at"));
        let deleted_at = |position: usize| {
            let deleted = deleted.filter(|deleted| deleted.is_valid(matched[position].0))?;
            Some(deleted.value(matched[position].0).max(known.value(position)))
        };
        let mut kept = Kept { rows: Vec::with_capacity(matched.len()), known_to: Vec::new(), contradicted: 0 };
        let (mut newest_of, mut seen_contents) = (HashMap::new(), HashSet::new());
        for (position, (row, _)) in matched.iter().enumerate() {
            let Some(ids) = ids.filter(|ids| ids.is_valid(position)) else {
                if seen_contents.insert(contents.row(position)) {
                    kept.push(position, deleted_at(position));
                }
                continue;
            };
            let newest = newest_of.entry((rows.file_of[*row], ids.value(position)));
            let newest = match newest {
                Entry::Vacant(entry) => {
                    entry.insert(kept.rows.len());
                    kept.push(position, deleted_at(position));
                    continue;
                }
                Entry::Occupied(entry) => entry.into_mut(),
            };
            let before = kept.rows[*newest] as usize;
            if contents.row(before) == contents.row(position) {
                kept.known_to[*newest] = kept.known_to[*newest].or(deleted_at(position));
            } else if known.value(before) == known.value(position) {
                kept.rows[*newest] = position as u32;
                kept.known_to[*newest] = deleted_at(position);
                kept.contradicted += 1;
            } else {
                let until = known.value(position);
                kept.known_to[*newest] = Some(kept.known_to[*newest].map_or(until, |ended| ended.min(until)));
                *newest = kept.rows.len();
                kept.push(position, deleted_at(position));
            }
        }
        Ok(kept)
    }

    fn push(&mut self, position: usize, deleted_at: Option<i64>) {
        self.rows.push(position as u32);
        self.known_to.push(deleted_at);
    }

    /// Returns the rows, with `known_to` if they are events.
    fn rows_of(self, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        let doing = Error::engine::<datafusion::arrow::error::ArrowError>;
        let rows = take_record_batch(batch, &UInt32Array::from(self.rows)).map_err(doing("remove duplicates"))?;
        if batch.column_by_name("kind").is_none() {
            return Ok(rows);
        }
        let mut fields: Vec<Arc<Field>> = rows.schema_ref().fields().iter().cloned().collect();
        let mut columns = rows.columns().to_vec();
        fields.insert(2, Arc::new(Field::new("known_to", timestamp_type(), true)));
        columns.insert(2, timestamp_array(self.known_to));
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(doing("date the corrections of events"))
    }
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
