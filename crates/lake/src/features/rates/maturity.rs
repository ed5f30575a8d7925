//! Counts leads and successes by category and day: a lead counts when its horizon has passed.
//!
//! One walk along leads and outcomes counts all rates. Only the counts stay in memory.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::daily_counts::{CumulativeCounts, DailyCounts, MaturedLead};
use super::smoothed_rate::Rate;
use crate::ground::{LAST_LEAD, RelationFiles, Walk, lead_ids};
use crate::timestamp::day_of;

/// Rates to count: of a target, by some columns of the lead.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RateSpec {
    pub(super) target: String,
    /// Within so many seconds after its creation a lead's outcome counts.
    pub(super) horizon: u64,
    pub(super) columns: Vec<String>,
}

/// Returns a rate for each column of each spec, in their order.
pub(super) fn count_rates(files: &RelationFiles, specs: &[RateSpec]) -> Result<Vec<Vec<Rate>>> {
    let mut columns = vec!["created_at", "known_from", "known_to"];
    columns.extend(specs.iter().flat_map(|spec| spec.columns.iter().map(String::as_str)));
    let mut counts: Vec<TargetCounts> = specs.iter().map(TargetCounts::new).collect();
    let mut outcomes = Outcomes {
        walk: files.outcome.walk("", LAST_LEAD, &["target", "positive", "at", "known_at"])?,
        of_lead: HashMap::new(),
    };
    for batch in files.lead.rows(&columns)? {
        let batch = batch?;
        outcomes.read_up_to_last_of(&batch)?;
        for counts in &mut counts {
            counts.add(&batch, &outcomes)?;
        }
    }
    Ok(counts.into_iter().map(TargetCounts::finish).collect())
}

/// Positive outcomes of the leads of one batch.
struct Outcomes {
    walk: Walk,
    /// `target, at, known_at` by lead.
    of_lead: HashMap<String, Vec<(String, i64, i64)>>,
}

impl Outcomes {
    fn read_up_to_last_of(&mut self, leads: &RecordBatch) -> Result<()> {
        let (keys, texts) = lead_ids(leads);
        let (Some(first), Some(last)) = (keys.values().first(), keys.values().last()) else { return Ok(()) };
        let first = texts.value(*first as usize);
        // The versions of a lead may lie in two batches.
        self.of_lead.retain(|lead_id, _| lead_id == first);
        for batch in self.walk.up_to(texts.value(*last as usize))? {
            let (keys, texts) = lead_ids(&batch);
            let (targets, positive) = (batch["target"].as_string::<i32>(), batch["positive"].as_boolean());
            let (at, known_at) = (micros(&batch, "at"), micros(&batch, "known_at"));
            for row in (0..batch.num_rows()).filter(|row| positive.value(*row)) {
                let outcome = (targets.value(row).to_owned(), at.value(row), known_at.value(row));
                let lead_id = texts.value(keys.value(row) as usize);
                self.of_lead.entry(lead_id.to_owned()).or_default().push(outcome);
            }
        }
        Ok(())
    }

    /// Returns the day on which a lead counts as a success: when its outcome was known, but no earlier than it matured.
    fn success_day(&self, lead_id: &str, target: &str, created_at: i64, matured_at: i64) -> Option<i64> {
        let outcomes = self.of_lead.get(lead_id).into_iter().flatten();
        outcomes
            .filter(|(of, at, _)| of == target && *at > created_at && *at <= matured_at)
            .map(|(_, _, known_at)| day_of(*known_at.max(&matured_at)))
            .min()
    }
}

/// Counts of one target by its columns.
struct TargetCounts<'a> {
    spec: &'a RateSpec,
    all: DailyCounts,
    by_level: Vec<HashMap<String, DailyCounts>>,
}

impl TargetCounts<'_> {
    fn new(spec: &RateSpec) -> TargetCounts<'_> {
        let by_level = spec.columns.iter().map(|_| HashMap::new()).collect();
        TargetCounts { spec, all: DailyCounts::default(), by_level }
    }

    fn add(&mut self, leads: &RecordBatch, outcomes: &Outcomes) -> Result<()> {
        let matured = self.matured(leads, outcomes);
        matured.iter().for_each(|(_, lead)| self.all.count(lead));
        for (name, by_level) in self.spec.columns.iter().zip(&mut self.by_level) {
            let levels = cast(&leads[name.as_str()], &DataType::Utf8)?;
            let levels: &StringArray = levels.as_string();
            for (row, lead) in matured.iter().filter(|(row, _)| levels.is_valid(*row)) {
                let level = levels.value(*row);
                match by_level.get_mut(level) {
                    Some(days) => days.count(lead),
                    None => by_level.entry(level.to_owned()).or_default().count(lead),
                }
            }
        }
        Ok(())
    }

    /// Returns the rows that count, and the days on which they do. A lead counts in the category that was known when its
    /// horizon had passed.
    fn matured(&self, leads: &RecordBatch, outcomes: &Outcomes) -> Vec<(usize, MaturedLead)> {
        let horizon = (self.spec.horizon as i64).saturating_mul(1_000_000);
        let (created, from, to) = (micros(leads, "created_at"), micros(leads, "known_from"), micros(leads, "known_to"));
        let (keys, texts) = lead_ids(leads);
        let mut matured = Vec::with_capacity(leads.num_rows());
        for row in 0..leads.num_rows() {
            let created_at = created.value(row);
            let matured_at = created_at.saturating_add(horizon);
            if from.value(row) > matured_at || (to.is_valid(row) && to.value(row) <= matured_at) {
                continue;
            }
            let lead_id = texts.value(keys.value(row) as usize);
            let success_day = outcomes.success_day(lead_id, &self.spec.target, created_at, matured_at);
            matured.push((row, MaturedLead { matured_day: day_of(matured_at), success_day }));
        }
        matured
    }

    fn finish(self) -> Vec<Rate> {
        let overall = Arc::new(CumulativeCounts::new(&self.all));
        let rate = |by_level: HashMap<String, DailyCounts>| {
            let by_level = by_level.into_iter().map(|(level, days)| (level, CumulativeCounts::new(&days))).collect();
            Rate { overall: overall.clone(), by_level }
        };
        self.by_level.into_iter().map(rate).collect()
    }
}

fn micros<'a>(batch: &'a RecordBatch, name: &str) -> &'a TimestampMicrosecondArray {
    batch[name].as_primitive()
}
