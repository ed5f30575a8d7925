//! Post-outcome changes: fields of leads that change once the outcome is there.
//!
//! A dated field is safe: as of an earlier time it has its earlier value. The first value of an undated field counts from
//! the lead's creation, so the value of a lead that was won before the first run may be a result of the outcome. Leads
//! that were open at that run show it: later runs saw their fields change.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::compute::kernels::cmp::distinct;
use datafusion::arrow::datatypes::TimestampMicrosecondType;

use super::labels::LabelSpec;
use super::opened::Ground;
use crate::error::Error;

/// How often an undated field changed after outcomes and before them, in spans of at most the horizon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostOutcomeChange {
    /// The field of the lead.
    pub field: String,
    /// The features that read it, in the order of their files.
    pub features: Vec<String>,
    /// Leads with an outcome of the target, positive or negative.
    pub decided: usize,
    /// Those of them in which it changed within the horizon after the outcome.
    pub decided_changed: usize,
    /// All leads: each was open once.
    pub open: usize,
    /// Those of them in which it changed while they were open, within the horizon after their creation.
    pub open_changed: usize,
}

/// An undated field, and the features that read it.
pub(crate) struct UndatedField {
    pub(crate) field: String,
    pub(crate) features: Vec<String>,
}

impl Ground {
    /// Returns the fields of leads that their source does not date, in the order of the ground's columns.
    pub(crate) fn undated_fields(&self) -> Vec<String> {
        let undated = self.undated().iter().filter(|undated| undated.relation == "lead");
        let undated: BTreeSet<&String> = undated.flat_map(|undated| &undated.columns).collect();
        let schema = self.lead_schema();
        let fields = schema.fields().iter().filter(|field| undated.contains(field.name()));
        fields.map(|field| field.name().clone()).collect()
    }

    /// Returns how often these undated fields changed before and after the outcomes known at `as_of`, in their order.
    pub(crate) async fn post_outcome_changes(
        &self,
        fields: Vec<UndatedField>,
        label_spec: &LabelSpec,
        as_of: DateTime<Utc>,
    ) -> Result<Vec<PostOutcomeChange>, Error> {
        if fields.is_empty() {
            return Ok(Vec::new());
        }
        let outcomes = self.first_outcomes(&label_spec.target, as_of).await?;
        let mut columns = vec!["lead_id", "created_at", "known_from"];
        columns.extend(fields.iter().map(|undated| undated.field.as_str()));
        let versions = LeadVersions { batch: self.read("lead", &columns).await?, as_of: as_of.timestamp_micros() };
        let horizon = label_spec.horizon.num_microseconds().unwrap_or(i64::MAX);
        let spans = versions.spans(&outcomes, horizon);
        fields.into_iter().map(|undated| versions.count(undated, &spans)).collect()
    }

    /// Returns when the first outcome of each lead came, as far as it was known at `as_of`.
    async fn first_outcomes(&self, target: &str, as_of: DateTime<Utc>) -> Result<HashMap<String, i64>, Error> {
        let batch = self.read("outcome", &["lead_id", "target", "at", "known_at"]).await?;
        let (lead_ids, targets) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        let [at, known_at] = [2, 3].map(|column| batch.column(column).as_primitive::<TimestampMicrosecondType>());
        let mut first: HashMap<String, i64> = HashMap::new();
        let is_known = |row: &usize| known_at.value(*row) <= as_of.timestamp_micros() && targets.value(*row) == target;
        for row in (0..batch.num_rows()).filter(is_known) {
            let earliest = first.entry(lead_ids.value(row).to_owned()).or_insert(at.value(row));
            *earliest = at.value(row).min(*earliest);
        }
        Ok(first)
    }
}

/// Versions of leads, those of one lead one after the other.
struct LeadVersions {
    batch: RecordBatch,
    as_of: i64,
}

/// Rows of versions that may be changes, a span for each lead; a lead's first version is none.
#[derive(Default)]
struct ChangeSpans {
    /// Learned while the lead was open.
    before: Vec<Range<usize>>,
    /// Learned once it had an outcome.
    after: Vec<Range<usize>>,
    decided: usize,
}

impl LeadVersions {
    /// Splits the later versions of each lead by its outcome.
    fn spans(&self, outcomes: &HashMap<String, i64>, horizon: i64) -> ChangeSpans {
        let lead_ids = self.batch.column(0).as_string::<i32>();
        let [created, known_from] =
            [1, 2].map(|column| self.batch.column(column).as_primitive::<TimestampMicrosecondType>());
        let mut spans = ChangeSpans::default();
        let mut start = 0;
        while start < lead_ids.len() {
            let lead_id = lead_ids.value(start);
            let end = (start..lead_ids.len()).find(|row| lead_ids.value(*row) != lead_id).unwrap_or(lead_ids.len());
            // Rows of a lead are in the order in which they were learned.
            let until = |end_at: i64| {
                let rows = (start + 1..end).take_while(|row| known_from.value(*row) <= end_at.min(self.as_of));
                start + 1 + rows.count()
            };
            let outcome = outcomes.get(lead_id).copied();
            let open_until = until(outcome.unwrap_or(i64::MAX).min(created.value(start).saturating_add(horizon)));
            spans.before.push(start + 1..open_until);
            if let Some(at) = outcome {
                spans.decided += 1;
                spans.after.push(until(at)..until(at.saturating_add(horizon)));
            }
            start = end;
        }
        spans
    }

    /// Counts the leads in which a field changed.
    fn count(&self, undated: UndatedField, spans: &ChangeSpans) -> Result<PostOutcomeChange, Error> {
        let UndatedField { field, features } = undated;
        let changed = self.changed(&field)?;
        let leads_in = |spans: &[Range<usize>]| {
            spans.iter().filter(|span| (span.start..span.end).any(|row| changed.value(row - 1))).count()
        };
        Ok(PostOutcomeChange {
            field,
            features,
            decided: spans.decided,
            decided_changed: leads_in(&spans.after),
            open: spans.before.len(),
            open_changed: leads_in(&spans.before),
        })
    }

    /// Returns for each row but the first whether the field differs from the row before.
    fn changed(&self, field: &str) -> Result<BooleanArray, Error> {
        let values = &self.batch[field];
        let later = values.len().saturating_sub(1);
        distinct(&values.slice(values.len() - later, later), &values.slice(0, later))
            .map_err(Error::engine("compare versions of leads"))
    }
}
