//! Who could be asked about when, and what the answer turned out to be: observations and their labels.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use plumb_lead::Observation;

use crate::timestamp::from_micros;
use crate::{Error, Lake};

/// What is asked of each lead.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelSpec {
    /// The target.
    pub target: String,
    /// Positive: the outcome comes within this time after the observation.
    pub horizon: TimeDelta,
    /// A lead is observed at each of these ages, as long as it is open.
    pub ages: Vec<TimeDelta>,
}

/// Observations whose answer is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// The observations, ordered by moment and lead.
    pub observations: Vec<Observation>,
    /// Whether the outcome came in `(as_of, as_of + horizon]`, a row each.
    pub labels: Vec<bool>,
    /// When that was known for certain, a row each.
    pub label_known_at: Vec<DateTime<Utc>>,
    /// Observations that were left out because their horizon had not passed.
    pub censored: usize,
}

/// What became of each lead for one target, as far as known at one moment.
struct Histories {
    /// Lead and creation, in microseconds, in the order of leads.
    leads: Vec<(String, i64)>,
    /// `positive, at, known_at` by lead.
    outcomes: HashMap<String, Vec<(bool, i64, i64)>>,
}

impl Lake {
    /// Returns the observations of a question whose answer was known at `as_of`, with the answer.
    ///
    /// A lead whose horizon has not passed is left out and counted, even if its outcome is there: were only the
    /// quick successes let in, the newest leads would seem to be the best.
    pub async fn labels(&self, label_spec: &LabelSpec, as_of: DateTime<Utc>) -> Result<Labels, Error> {
        let histories = self.histories(&label_spec.target, as_of).await?;
        let horizon = micros(label_spec.horizon);
        let mut labelled = Labels::default();
        for (observation, asked_at) in histories.observations(&label_spec.ages, i64::MIN, as_of.timestamp_micros()) {
            if asked_at + horizon > as_of.timestamp_micros() {
                labelled.censored += 1;
                continue;
            }
            let success = histories
                .of(&observation.lead_id)
                .iter()
                .filter(|(positive, at, _)| *positive && *at > asked_at && *at <= asked_at + horizon)
                .map(|(_, _, known_at)| *known_at)
                .min();
            let known_at = success.unwrap_or(i64::MIN).max(asked_at + horizon);
            labelled.observations.push(observation);
            labelled.labels.push(success.is_some());
            labelled.label_known_at.push(from_micros(known_at));
        }
        Ok(labelled)
    }

    /// Returns the observations of a question in `[from, to)`, whatever their answer.
    pub async fn observations(
        &self,
        label_spec: &LabelSpec,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<Observation>, Error> {
        let histories = self.histories(&label_spec.target, to).await?;
        let observations = histories.observations(&label_spec.ages, from.timestamp_micros(), to.timestamp_micros() - 1);
        Ok(observations.into_iter().map(|(observation, _)| observation).collect())
    }

    /// Returns the leads that are open at a moment, observed then: created within the horizon before it and, as far
    /// as known, without an outcome.
    pub async fn open_leads(&self, label_spec: &LabelSpec, as_of: DateTime<Utc>) -> Result<Vec<Observation>, Error> {
        let histories = self.histories(&label_spec.target, as_of).await?;
        let now = as_of.timestamp_micros();
        let mut open = Vec::new();
        for (lead_id, created_at) in &histories.leads {
            let in_reach = *created_at <= now && *created_at > now - micros(label_spec.horizon);
            if in_reach && histories.is_open(lead_id, now) {
                open.push(Observation { lead_id: lead_id.clone(), as_of });
            }
        }
        Ok(open)
    }

    async fn histories(&self, target: &str, as_of: DateTime<Utc>) -> Result<Histories, Error> {
        let known = as_of.timestamp_micros();
        let leads = self.created().await?;
        let mut outcomes: HashMap<String, Vec<(bool, i64, i64)>> = HashMap::new();
        let batch = self.read("outcome", &["lead_id", "target", "positive", "at", "known_at"]).await?;
        let (lead_ids, targets) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        let positive = batch.column(2).as_boolean();
        let at = batch.column(3).as_primitive::<TimestampMicrosecondType>();
        let known_at = batch.column(4).as_primitive::<TimestampMicrosecondType>();
        for row in (0..batch.num_rows()).filter(|row| targets.value(*row) == target && known_at.value(*row) <= known) {
            let outcome = (positive.value(row), at.value(row), known_at.value(row));
            outcomes.entry(lead_ids.value(row).to_owned()).or_default().push(outcome);
        }
        Ok(Histories { leads, outcomes })
    }
}

impl Histories {
    fn observations(&self, ages: &[TimeDelta], first: i64, last: i64) -> Vec<(Observation, i64)> {
        let mut observations = Vec::new();
        for (lead_id, created_at) in &self.leads {
            for age in ages {
                let asked_at = created_at + micros(*age);
                if asked_at >= first && asked_at <= last && self.is_open(lead_id, asked_at) {
                    let as_of = from_micros(asked_at);
                    observations.push((Observation { lead_id: lead_id.clone(), as_of }, asked_at));
                }
            }
        }
        observations.sort_by(|(a, _), (b, _)| (a.as_of, &a.lead_id).cmp(&(b.as_of, &b.lead_id)));
        observations
    }

    fn is_open(&self, lead_id: &str, moment: i64) -> bool {
        self.of(lead_id).iter().all(|(_, at, _)| *at > moment)
    }

    fn of(&self, lead_id: &str) -> &[(bool, i64, i64)] {
        self.outcomes.get(lead_id).map_or(&[], Vec::as_slice)
    }
}

fn micros(delta: TimeDelta) -> i64 {
    // Beyond 292,000 years the nearest is as good.
    delta.num_microseconds().unwrap_or(i64::MAX / 4)
}
