//! Fields of leads that somebody fills in once the outcome is there.
//!
//! A dated field is no danger: as of an earlier moment it is what it was then. What is first heard of a field that
//! nobody dates counts from the lead's creation, so of a lead that was won before the first run it may well be what
//! the winning left there. Leads that were open at that run tell: the runs after it heard their fields change.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::compute::kernels::cmp::distinct;
use datafusion::arrow::datatypes::TimestampMicrosecondType;

use crate::features::parse_all;
use crate::lint::Vocabulary;
use crate::{Error, FeatureSql, LabelSpec, Lake, engine, ground};

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

impl Lake {
    /// Returns the undated fields of leads that features read, with how often they changed before and after outcomes
    /// that were known at `as_of`; in the order of the ground's columns. None if every field is dated.
    pub async fn post_outcome_changes(
        &self,
        sql: &FeatureSql,
        label_spec: &LabelSpec,
        as_of: DateTime<Utc>,
    ) -> Result<Vec<PostOutcomeChange>, Error> {
        let readers = self.readers_of_undated(sql)?;
        if readers.is_empty() {
            return Ok(Vec::new());
        }
        let outcomes = self.first_outcomes(&label_spec.target, as_of).await?;
        let mut columns = vec!["lead_id", "created_at", "known_from"];
        columns.extend(readers.iter().map(|(field, _)| field.as_str()));
        let versions = Versions { batch: self.read("lead", &columns).await?, as_of: as_of.timestamp_micros() };
        let horizon = label_spec.horizon.num_microseconds().unwrap_or(i64::MAX);
        let ChangeSpans { before, after, decided } = versions.spans(&outcomes, horizon);
        let mut fields = Vec::with_capacity(readers.len());
        for (field, features) in readers {
            let changed = versions.changed(&field)?;
            let leads_in = |spans: &[Range<usize>]| {
                spans.iter().filter(|span| (span.start..span.end).any(|row| changed.value(row - 1))).count()
            };
            let (decided_changed, open_changed) = (leads_in(&after), leads_in(&before));
            fields.push(PostOutcomeChange {
                field,
                features,
                decided,
                decided_changed,
                open: before.len(),
                open_changed,
            });
        }
        Ok(fields)
    }

    /// Returns the undated fields, each with the features that read it.
    fn readers_of_undated(&self, sql: &FeatureSql) -> Result<Vec<(String, Vec<String>)>, Error> {
        let undated: BTreeSet<String> = ground::report(self.version())?
            .undated
            .into_iter()
            .filter(|undated| undated.relation == "lead")
            .flat_map(|undated| undated.columns)
            .collect();
        let context = engine::session();
        let (lead, event) = (self.lead_schema(), self.event_schema());
        let lists = parse_all(sql, &Vocabulary { lead: &lead, event: &event, state: &context.state() })?;
        let features = || lists.iter().flat_map(|list| &list.features);
        let of = |field: &str| -> Vec<String> {
            features()
                .filter(|feature| feature.lead_columns.contains(field))
                .map(|feature| feature.name.clone())
                .collect()
        };
        let fields = lead.fields().iter().filter(|field| undated.contains(field.name()));
        Ok(fields.map(|field| (field.name().clone(), of(field.name()))).filter(|(_, of)| !of.is_empty()).collect())
    }

    /// Returns when the first outcome of each lead came, as far as it was known at a moment.
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
struct Versions {
    batch: RecordBatch,
    as_of: i64,
}

/// Rows of versions that may tell of a change, a span for each lead; none of them is a lead's first.
#[derive(Default)]
struct ChangeSpans {
    /// Learned while the lead was open.
    before: Vec<Range<usize>>,
    /// Learned once it had an outcome.
    after: Vec<Range<usize>>,
    decided: usize,
}

impl Versions {
    /// Parts the later versions of each lead by its outcome.
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
            let until = |moment: i64| {
                let rows = (start + 1..end).take_while(|row| known_from.value(*row) <= moment.min(self.as_of));
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

    /// Returns for each row but the first whether the field differs from the row before.
    fn changed(&self, field: &str) -> Result<BooleanArray, Error> {
        let values = &self.batch[field];
        let later = values.len().saturating_sub(1);
        distinct(&values.slice(values.len() - later, later), &values.slice(0, later))
            .map_err(Error::engine("compare versions of leads"))
    }
}
