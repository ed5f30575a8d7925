//! Versions of leads: the fields that were known of each one, from when until when.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array, make_comparator,
};
use datafusion::arrow::compute::{SortOptions, take};
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use super::change_detection::RowsOfLeads;
use super::ended_leads::EndedLeads;
use super::identity::Identities;
use super::lead_state::{Comparator, End, LeadRow, LeadState};
use super::source_rows::{LEAD, SourceRows};
use crate::error::Error;
use crate::raw::RejectedRow;
use crate::sql_file::SqlFile;
use crate::timestamp::{timestamp_array, timestamp_type};

/// Columns of the `lead` relation that are not fields of a lead.
const NOT_FIELDS: [&str; 7] = ["lead_key", "created_at", "known_at", "deleted_at", "is_test", "_origin", LEAD];

/// The leads of the ground.
pub(super) struct Leads {
    /// `lead_id, created_at, known_from, known_to`, then the fields; ordered by lead and `known_from`.
    pub(super) versions: RecordBatch,
    pub(super) leads: usize,
    /// Leads that are there no longer: all of their records were deleted.
    pub(super) deleted_leads: usize,
    /// Leads that are no longer there.
    pub(super) ended: EndedLeads,
}

/// Builds the versions. A field that a dated row leaves empty is as it was in the version before; one that a run found
/// empty is empty from that run on.
pub(super) fn versions(
    lead_rows: &RowsOfLeads,
    files: &[&SqlFile],
    identities: &Identities,
    rejected: &mut Vec<RejectedRow>,
) -> Result<Leads, Error> {
    let rows = &lead_rows.rows;
    let fields = fields(rows)?;
    let reader = RowReader::new(lead_rows);
    let mut versions = Versions::new(fields.len());
    let mut ended = EndedLeads::default();
    let (mut leads, mut deleted_leads) = (0, 0);
    for (lead, rows_of_lead) in rows_by_lead(rows) {
        if identities.is_test(lead) {
            continue;
        }
        let lead_id = identities.lead_id(lead);
        let created = |row: &usize| reader.created.is_valid(*row).then(|| reader.created.value(*row));
        let Some(created_at) = rows_of_lead.iter().filter_map(created).min() else {
            let origin = rows.origin(files, rows_of_lead[0]);
            let reason = "no version of this lead has `created_at`";
            rejected.push(RejectedRow::at(&origin, "created_at", reason.into()));
            continue;
        };
        leads += 1;
        let mut of_lead: Vec<LeadRow> = rows_of_lead.iter().map(|row| reader.read(*row, created_at)).collect();
        // Rows of one timestamp stay in the order of the files.
        of_lead.sort_by_key(|row| (row.from, row.known_at.unwrap_or(created_at)));
        let found = versions.add_lead(lead_id, created_at, &of_lead, rows, &fields);
        deleted_leads += usize::from(found.0.is_some());
        ended.add(lead_id, found);
    }
    let fields: Vec<usize> = fields.iter().map(|(column, _)| *column).collect();
    Ok(Leads { versions: versions.finish(rows, &fields)?, leads, deleted_leads, ended })
}

/// Returns no versions, with the columns that all have.
pub(super) fn no_versions() -> RecordBatch {
    RecordBatch::new_empty(Arc::new(Schema::new(own_columns())))
}

/// Returns the columns of versions that are not fields.
fn own_columns() -> Vec<Field> {
    vec![
        Field::new("lead_id", DataType::Utf8, false),
        Field::new("created_at", timestamp_type(), false),
        Field::new("known_from", timestamp_type(), false),
        Field::new("known_to", timestamp_type(), true),
    ]
}

/// Returns the columns that are fields of leads, and what compares their values.
fn fields(rows: &SourceRows) -> Result<Vec<(usize, Comparator)>, Error> {
    let names = rows.batch.schema_ref().fields().iter().enumerate();
    let columns = names.filter(|(_, field)| !NOT_FIELDS.contains(&field.name().as_str())).map(|(column, _)| column);
    let compared = columns.map(|column| {
        let values = rows.batch.column(column);
        let compare = make_comparator(values, values, SortOptions::default());
        Ok((column, compare.map_err(Error::engine("compare values of leads"))?))
    });
    compared.collect()
}

/// Reads what rows say of their leads.
struct RowReader<'a> {
    lead_rows: &'a RowsOfLeads,
    keys: &'a StringArray,
    created: &'a TimestampMicrosecondArray,
    known: &'a TimestampMicrosecondArray,
    deleted: &'a TimestampMicrosecondArray,
}

impl<'a> RowReader<'a> {
    fn new(lead_rows: &'a RowsOfLeads) -> Self {
        let rows = &lead_rows.rows;
        let [created, known, deleted] = ["created_at", "known_at", "deleted_at"].map(|name| rows.micros(name));
        RowReader { lead_rows, keys: rows.text("lead_key"), created, known, deleted }
    }

    fn read(&self, row: usize, created_at: i64) -> LeadRow<'a> {
        let value = |times: &TimestampMicrosecondArray| times.is_valid(row).then(|| times.value(row));
        let known_at = value(self.known);
        LeadRow {
            row,
            file: self.lead_rows.rows.file_of[row],
            key: self.keys.value(row),
            is_whole: self.lead_rows.is_whole[row],
            known_at,
            // Undated values were known from the start.
            from: known_at.map_or(created_at, |known_at| known_at.max(created_at)),
            deleted_at: value(self.deleted),
            has_creation: self.created.is_valid(row),
        }
    }
}

/// Returns the rows of each lead, in the order of leads.
fn rows_by_lead(rows: &SourceRows) -> BTreeMap<u32, Vec<usize>> {
    let mut rows_of: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, lead) in rows.leads().iter().enumerate() {
        rows_of.entry(*lead).or_default().push(row);
    }
    rows_of
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

    /// Adds the versions of a lead, whose rows are in the order in which they were known. Returns how it ended, if it did,
    /// and whether it has a version.
    fn add_lead(
        &mut self,
        lead_id: &'a str,
        created_at: i64,
        of_lead: &[LeadRow<'a>],
        rows: &SourceRows,
        fields: &[(usize, Comparator)],
    ) -> (Option<End>, bool) {
        let mut state = LeadState::new(fields.len());
        let versions_before = self.lead_id.len();
        for (position, row) in of_lead.iter().enumerate() {
            state.add(*row, rows, fields);
            let next = of_lead.get(position + 1).map(|next| next.from);
            if next == Some(row.from) {
                continue;
            }
            let end = state.end().map(|end| end.at);
            if end.is_some_and(|end| end <= row.from) {
                continue;
            }
            self.lead_id.push(lead_id);
            self.created_at.push(Some(created_at));
            self.known_from.push(Some(row.from));
            self.known_to.push(next.into_iter().chain(end).min());
            for (field, value_rows) in self.value_rows.iter_mut().enumerate() {
                value_rows.push(state.value_row(field));
            }
        }
        (state.end(), self.lead_id.len() > versions_before)
    }

    fn finish(self, rows: &SourceRows, fields: &[usize]) -> Result<RecordBatch, Error> {
        let mut schema = own_columns();
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
