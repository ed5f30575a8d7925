//! Observations and their labels: which leads are observed when, and whether their outcome came within the horizon.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use plumb_lead::Observation;

use super::lookup::LeadLife;
use super::opened::Ground;
use crate::error::Error;
use crate::timestamp::from_micros;

/// What is predicted of each lead, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelSpec {
    /// The target.
    pub target: String,
    /// Positive: the outcome comes within this time after the observation.
    pub horizon: TimeDelta,
    /// A lead is observed at each of these ages, as long as it is open.
    pub ages: Vec<TimeDelta>,
}

/// Observations whose label is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// The observations, ordered by `as_of` and lead.
    pub observations: Vec<Observation>,
    /// Whether the outcome came in `(as_of, as_of + horizon]`, a row each.
    pub labels: Vec<bool>,
    /// When the label became certain, a row each.
    pub label_known_at: Vec<DateTime<Utc>>,
    /// Observations that are too young to tell: their horizon has not passed.
    pub censored: usize,
    /// The outcomes of the target that were known at `as_of`, whatever became of them in labels.
    pub outcomes: OutcomeCounts,
}

/// How many outcomes a target has, whenever they were learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// Positive ones.
    pub positive: usize,
    /// The others.
    pub negative: usize,
}

/// The leads and their outcomes for one target, as far as known at one time.
struct TargetOutcomes {
    /// In the order of their ids.
    leads: Vec<LeadLife>,
    /// Outcomes by lead.
    of_lead: HashMap<String, Vec<Outcome>>,
}

/// One outcome; times in microseconds.
struct Outcome {
    positive: bool,
    at: i64,
    known_at: i64,
}

impl Ground {
    /// Returns the observations of a label spec whose label was known at `as_of`, with the label.
    ///
    /// A lead whose horizon has not passed is censored, even if its outcome is known: if only the quick successes were
    /// let in, the newest leads would seem to be the best.
    pub(crate) async fn labels(&self, label_spec: &LabelSpec, as_of: DateTime<Utc>) -> Result<Labels, Error> {
        let outcomes = self.outcomes(&label_spec.target, as_of).await?;
        let (now, horizon) = (as_of.timestamp_micros(), micros(label_spec.horizon));
        let mut labels = Labels { outcomes: outcomes.counts(), ..Labels::default() };
        for (observation, observed_at) in outcomes.observations(&label_spec.ages, i64::MIN, now) {
            if observed_at + horizon > now {
                labels.censored += 1;
                continue;
            }
            let success = outcomes
                .of(&observation.lead_id)
                .iter()
                .filter(|outcome| outcome.positive && outcome.at > observed_at && outcome.at <= observed_at + horizon)
                .map(|outcome| outcome.known_at)
                .min();
            let known_at = success.unwrap_or(i64::MIN).max(observed_at + horizon);
            labels.observations.push(observation);
            labels.labels.push(success.is_some());
            labels.label_known_at.push(from_micros(known_at));
        }
        Ok(labels)
    }

    /// Returns the observations of a label spec in `[from, to)`, with or without a label.
    pub(crate) async fn observations(
        &self,
        label_spec: &LabelSpec,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<Observation>, Error> {
        let outcomes = self.outcomes(&label_spec.target, to).await?;
        let observations = outcomes.observations(&label_spec.ages, from.timestamp_micros(), to.timestamp_micros() - 1);
        Ok(observations.into_iter().map(|(observation, _)| observation).collect())
    }

    /// Returns an observation at `as_of` of each lead that is open then: created within the horizon before it, not deleted and,
    /// as far as known, without an outcome.
    pub(crate) async fn open_leads(
        &self,
        label_spec: &LabelSpec,
        as_of: DateTime<Utc>,
    ) -> Result<Vec<Observation>, Error> {
        let outcomes = self.outcomes(&label_spec.target, as_of).await?;
        let now = as_of.timestamp_micros();
        let mut open = Vec::new();
        for lead in &outcomes.leads {
            let in_horizon = lead.created_at <= now && lead.created_at > now - micros(label_spec.horizon);
            if in_horizon && outcomes.is_open(lead, now) {
                open.push(Observation { lead_id: lead.lead_id.clone(), as_of });
            }
        }
        Ok(open)
    }

    /// Returns how many outcomes there are of each target that has any, by its name.
    pub(crate) async fn outcome_counts(&self) -> Result<BTreeMap<String, OutcomeCounts>, Error> {
        let batch = self.read("outcome", &["target", "positive"]).await?;
        let (targets, positive) = (batch.column(0).as_string::<i32>(), batch.column(1).as_boolean());
        let mut counts: BTreeMap<String, OutcomeCounts> = BTreeMap::new();
        for row in 0..batch.num_rows() {
            let of_target = match counts.get_mut(targets.value(row)) {
                Some(counts) => counts,
                None => counts.entry(targets.value(row).to_owned()).or_default(),
            };
            of_target.add(positive.value(row));
        }
        Ok(counts)
    }

    async fn outcomes(&self, target: &str, as_of: DateTime<Utc>) -> Result<TargetOutcomes, Error> {
        let known = as_of.timestamp_micros();
        let leads = self.lives().await?;
        let mut of_lead: HashMap<String, Vec<Outcome>> = HashMap::new();
        let batch = self.read("outcome", &["lead_id", "target", "positive", "at", "known_at"]).await?;
        let (lead_ids, targets) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        let positive = batch.column(2).as_boolean();
        let at = batch.column(3).as_primitive::<TimestampMicrosecondType>();
        let known_at = batch.column(4).as_primitive::<TimestampMicrosecondType>();
        for row in (0..batch.num_rows()).filter(|row| targets.value(*row) == target && known_at.value(*row) <= known) {
            let outcome = Outcome { positive: positive.value(row), at: at.value(row), known_at: known_at.value(row) };
            of_lead.entry(lead_ids.value(row).to_owned()).or_default().push(outcome);
        }
        Ok(TargetOutcomes { leads, of_lead })
    }
}

impl OutcomeCounts {
    /// Returns the number of outcomes.
    pub fn all(self) -> usize {
        self.positive + self.negative
    }

    fn add(&mut self, positive: bool) {
        *(if positive { &mut self.positive } else { &mut self.negative }) += 1;
    }
}

impl TargetOutcomes {
    fn counts(&self) -> OutcomeCounts {
        let mut counts = OutcomeCounts::default();
        self.of_lead.values().flatten().for_each(|outcome| counts.add(outcome.positive));
        counts
    }

    /// Returns the observations from the first to the last time, with their `as_of` in microseconds.
    fn observations(&self, ages: &[TimeDelta], first: i64, last: i64) -> Vec<(Observation, i64)> {
        let mut observations = Vec::new();
        for lead in &self.leads {
            for age in ages {
                let observed_at = lead.created_at + micros(*age);
                if observed_at >= first && observed_at <= last && self.is_open(lead, observed_at) {
                    let as_of = from_micros(observed_at);
                    observations.push((Observation { lead_id: lead.lead_id.clone(), as_of }, observed_at));
                }
            }
        }
        observations.sort_by(|(a, _), (b, _)| (a.as_of, &a.lead_id).cmp(&(b.as_of, &b.lead_id)));
        observations
    }

    fn is_open(&self, lead: &LeadLife, as_of: i64) -> bool {
        lead.lasts_until(as_of) && self.of(&lead.lead_id).iter().all(|outcome| outcome.at > as_of)
    }

    fn of(&self, lead_id: &str) -> &[Outcome] {
        self.of_lead.get(lead_id).map_or(&[], Vec::as_slice)
    }
}

fn micros(delta: TimeDelta) -> i64 {
    // Beyond 292,000 years the nearest is as good.
    delta.num_microseconds().unwrap_or(i64::MAX / 4)
}
