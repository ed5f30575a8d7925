//! Events and outcomes of leads, without duplicates.
//!
//! An event that comes again with the same `event_id` and other values was corrected: what it was holds until the correction
//! was learned. So does one that was deleted until that was.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array};
use datafusion::arrow::compute::{SortColumn, lexsort_to_indices, take, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimestampMicrosecondType};
use datafusion::arrow::row::{Row, RowConverter, Rows, SortField};
use serde::{Deserialize, Serialize};

use super::ground_note::{GroundNote, GroundNoteCode};
use super::source_rows::{LEAD, SourceRows};
use crate::error::Error;
use crate::timestamp::{timestamp_array, timestamp_type};

/// Columns of event and outcome rows that are not attributes.
const NOT_ATTRIBUTES: [&str; 5] = ["lead_key", "known_at", "deleted_at", "_origin", LEAD];

/// The events or outcomes of some leads.
pub(super) struct LeadFacts {
    /// `lead_id, known_at`, of events `known_to`, then the other columns; ordered by lead and `at`.
    pub(super) batch: RecordBatch,
    pub(super) counts: FactCounts,
}

/// What was counted of events or outcomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FactCounts {
    /// Rows that are kept.
    pub(super) kept: usize,
    /// Duplicate rows, left out.
    pub(super) duplicates: usize,
    /// Rows that hold no longer, because they were corrected or deleted.
    pub(super) ended: usize,
    /// Rows with the `event_id` of another one that was learned at the same time and says something else: left out.
    pub(super) contradicted: usize,
}

impl FactCounts {
    /// Adds those of other leads.
    pub(super) fn add(&mut self, other: FactCounts) {
        self.kept += other.kept;
        self.duplicates += other.duplicates;
        self.ended += other.ended;
        self.contradicted += other.contradicted;
    }

    /// Returns them without those that were counted before; `None` if these are not among them.
    pub(super) fn without(&self, before: FactCounts) -> Option<FactCounts> {
        Some(FactCounts {
            kept: self.kept.checked_sub(before.kept)?,
            duplicates: self.duplicates.checked_sub(before.duplicates)?,
            ended: self.ended.checked_sub(before.ended)?,
            contradicted: self.contradicted.checked_sub(before.contradicted)?,
        })
    }

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
        let FactCounts { kept, ended, contradicted, .. } = *self;
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
}

/// Returns the facts of leads. Of duplicates, by `event_id` where there is one, the first known stays.
///
/// `lead_id` returns the id of a lead.
pub(super) fn facts_of_leads<'a>(rows: &SourceRows, lead_id: impl Fn(u32) -> &'a str) -> Result<LeadFacts, Error> {
    let (at, known) = (rows.micros("at"), rows.micros("known_at"));
    let known_at = |row: u32| {
        let row = row as usize;
        if known.is_valid(row) { known.value(row) } else { at.value(row) }
    };
    let mut found: Vec<u32> = (0..rows.batch.num_rows() as u32).collect();
    found.sort_by_key(|row| known_at(*row));
    let batch = attributes(rows, &found, lead_id, known_at)?;
    let kept = Kept::of(rows, &found, &batch)?;
    let contradicted = kept.contradicted;
    let batch = kept.rows_of(&batch)?;
    let duplicates = found.len() - contradicted - batch.num_rows();
    let ended = batch.column_by_name("known_to").map_or(0, |known_to| known_to.len() - known_to.null_count());
    let counts = FactCounts { kept: batch.num_rows(), duplicates, ended, contradicted };
    Ok(LeadFacts { batch: ordered(&batch)?, counts })
}

fn attributes<'a>(
    rows: &SourceRows,
    found: &[u32],
    lead_id: impl Fn(u32) -> &'a str,
    known_at: impl Fn(u32) -> i64,
) -> Result<RecordBatch, Error> {
    let leads = rows.leads();
    let indices = UInt32Array::from(found.to_vec());
    let mut fields =
        vec![Field::new("lead_id", DataType::Utf8, false), Field::new("known_at", timestamp_type(), false)];
    let lead_ids = found.iter().map(|row| lead_id(leads[*row as usize]));
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(lead_ids)),
        timestamp_array(found.iter().map(|row| Some(known_at(*row)))),
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
    /// `found` are in the order in which they were learned, and `batch` has their columns.
    fn of(rows: &SourceRows, found: &[u32], batch: &RecordBatch) -> Result<Kept, Error> {
        let ids = batch.column_by_name("event_id").and_then(|array| array.as_string_opt::<i32>());
        let contents = Contents::of(rows, found, batch)?;
        let known = batch["known_at"].as_primitive::<TimestampMicrosecondType>();
        let deleted = rows.column("deleted_at").map(|_| rows.micros("deleted_at"));
        let deleted_at = |position: usize| {
            let deleted = deleted.filter(|deleted| deleted.is_valid(found[position] as usize))?;
            Some(deleted.value(found[position] as usize).max(known.value(position)))
        };
        let mut kept = Kept { rows: Vec::with_capacity(found.len()), known_to: Vec::new(), contradicted: 0 };
        let (mut newest_of, mut seen_contents) = (HashMap::new(), HashSet::new());
        for (position, row) in found.iter().enumerate() {
            let Some(ids) = ids.filter(|ids| ids.is_valid(position)) else {
                if seen_contents.insert(contents.row(position)) {
                    kept.push(position, deleted_at(position));
                }
                continue;
            };
            let newest = newest_of.entry((rows.file_of[*row as usize], ids.value(position)));
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

/// What rows say, but for when they became known: of those that are compared with another one.
struct Contents {
    rows: Rows,
    /// Where the content of each row is.
    places: Vec<u32>,
}

impl Contents {
    fn of(rows: &SourceRows, found: &[u32], batch: &RecordBatch) -> Result<Contents, Error> {
        let ids = batch.column_by_name("event_id").and_then(|array| array.as_string_opt::<i32>());
        let mut is_compared = vec![true; found.len()];
        if let Some(ids) = ids {
            let mut first_of: HashMap<(u16, &str), usize> = HashMap::with_capacity(found.len());
            for (position, row) in found.iter().enumerate().filter(|(position, _)| ids.is_valid(*position)) {
                match first_of.entry((rows.file_of[*row as usize], ids.value(position))) {
                    Entry::Vacant(entry) => {
                        // Most ids come once.
                        is_compared[position] = false;
                        entry.insert(position);
                    }
                    Entry::Occupied(entry) => is_compared[*entry.get()] = true,
                }
            }
        }
        let compared: Vec<u32> = (0..found.len() as u32).filter(|row| is_compared[*row as usize]).collect();
        let mut places = vec![0; found.len()];
        compared.iter().zip(0..).for_each(|(row, place)| places[*row as usize] = place);
        let compared = UInt32Array::from(compared);
        let fields = batch.schema_ref().fields().iter().zip(batch.columns());
        let columns =
            fields.filter(|(field, _)| field.name() != "known_at").map(|(_, array)| take(array, &compared, None));
        let columns = columns.collect::<Result<Vec<ArrayRef>, _>>().map_err(Error::engine("compare rows"))?;
        let sort_fields = columns.iter().map(|array| SortField::new(array.data_type().clone())).collect();
        let converter = RowConverter::new(sort_fields).map_err(Error::engine("compare rows"))?;
        let rows = converter.convert_columns(&columns).map_err(Error::engine("compare rows"))?;
        Ok(Contents { rows, places })
    }

    /// Returns the content of a row that is compared with another one.
    fn row(&self, row: usize) -> Row<'_> {
        self.rows.row(self.places[row] as usize)
    }
}

/// Orders rows by lead and time, and then by their other values.
pub(super) fn ordered(batch: &RecordBatch) -> Result<RecordBatch, Error> {
    let by = ["lead_id", "at", "known_at"]
        .iter()
        .filter_map(|name| batch.column_by_name(name))
        .chain(batch.columns().iter().filter(|array| array.data_type() == &DataType::Utf8))
        // Of rows that differ in nothing any order is the same.
        .chain(batch.columns().iter().filter(|array| array.data_type() != &DataType::Utf8))
        .map(|values| SortColumn { values: values.clone(), options: None })
        .collect::<Vec<_>>();
    let doing = Error::engine::<datafusion::arrow::error::ArrowError>;
    let indices = lexsort_to_indices(&by, None).map_err(doing("order rows"))?;
    take_record_batch(batch, &indices).map_err(doing("order rows"))
}
