//! The weekly report of a model: the week's leads against the training data, and earlier leads whose horizon ended in
//! the week against what the model expected of them.

use anyhow::{Context, Result};
use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc};
use plumb_lake::{LabelSpec, Lake};
use plumb_lead::{Matrix, Matured, ModelCard, MonitorReport, Observation, Unseen};
use plumb_learn::drift;

use crate::evaluation;
use crate::scoring::Scorer;

/// A week with fewer leads is pooled with the weeks before it: so few show nothing.
const LEADS_MIN: usize = 100;

/// The most weeks that are pooled.
const WEEKS_POOLED_MAX: i64 = 8;

/// A model and the leads it is compared with.
pub(super) struct Monitored<'a> {
    /// The leads.
    pub(super) lake: &'a Lake,
    /// The target's champion.
    pub(super) scorer: &'a Scorer,
    /// Its card.
    pub(super) card: &'a ModelCard,
    /// The definition of its labels.
    pub(super) label_spec: LabelSpec,
}

/// Returns the Mondays that begin a whole week after `from` and until `now`.
pub(super) fn weeks(from: DateTime<Utc>, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let days_to_monday = (7 - i64::from(from.weekday().num_days_from_monday())) % 7;
    let midnight = |timestamp: DateTime<Utc>| timestamp.date_naive().and_time(NaiveTime::MIN).and_utc();
    let mut monday = midnight(from + TimeDelta::days(days_to_monday));
    if monday < from {
        monday += TimeDelta::weeks(1);
    }
    let mut weeks = Vec::new();
    while monday + TimeDelta::weeks(1) <= now {
        weeks.push(monday);
        monday += TimeDelta::weeks(1);
    }
    weeks
}

impl Monitored<'_> {
    /// Returns the report of the week that begins at `from`.
    pub(super) async fn report(&self, from: DateTime<Utc>) -> Result<MonitorReport> {
        let to = from + TimeDelta::weeks(1);
        let label_spec = self.at_last_age();
        let observations = self.pooled(&label_spec, from, to).await?;
        let (matrix, scores, unseen) = self.score(&observations).await?;
        let artifact = &self.scorer.artifact;
        let drifts = drift::compare(&artifact.baseline, &artifact.model.features, &matrix, &scores, &unseen)?;
        Ok(MonitorReport {
            target: self.card.target.clone(),
            model_id: self.card.model_id.clone(),
            from,
            to,
            rows: observations.len(),
            drifts,
            matured: self.matured(&label_spec, from, to).await?,
        })
    }

    /// Returns the leads of a week, with those of as many weeks before it as it takes to have enough.
    async fn pooled(&self, label_spec: &LabelSpec, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Observation>> {
        let mut observations = self.lake.observations(label_spec, from, to).await?;
        let mut weeks = 1;
        while observations.len() < LEADS_MIN && weeks < WEEKS_POOLED_MAX {
            let earlier = from - TimeDelta::weeks(weeks);
            let mut pooled = self.lake.observations(label_spec, earlier, earlier + TimeDelta::weeks(1)).await?;
            pooled.append(&mut observations);
            observations = pooled;
            weeks += 1;
        }
        Ok(observations)
    }

    /// Returns the label spec with the last age alone: three rows of one lead would pass for three leads, so each lead
    /// counts once, when most is known of it.
    fn at_last_age(&self) -> LabelSpec {
        let mut label_spec = self.label_spec.clone();
        label_spec.ages = label_spec.ages.into_iter().max().into_iter().collect();
        label_spec
    }

    /// Returns the outcomes of the leads whose horizon ended in `[from, to)`. All of these leads are newer than the
    /// training data.
    async fn matured(&self, label_spec: &LabelSpec, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Option<Matured>> {
        let (first, end) = (from - label_spec.horizon, to - label_spec.horizon);
        let labelled = self.lake.labels(label_spec, to).await?;
        let rows = labelled.observations.iter().zip(&labelled.labels);
        let (observations, labels): (Vec<Observation>, Vec<bool>) = rows
            .filter(|(observation, _)| (first..end).contains(&observation.as_of))
            .map(|(observation, label)| (observation.clone(), *label))
            .unzip();
        if observations.is_empty() {
            return Ok(None);
        }
        let (_, scores, _) = self.score(&observations).await?;
        let matured = scores.iter().zip(labels).map(|(score, label)| Matured {
            rows: 1,
            positives: usize::from(label),
            expected: *score,
            variance: score * (1.0 - score),
        });
        Ok(matured.reduce(Matured::and))
    }

    async fn score(&self, observations: &[Observation]) -> Result<(Matrix, Vec<f64>, Vec<Unseen>)> {
        let sql = self.scorer.feature_sql().context("only models of leads can be monitored")?;
        let table = self.lake.features(sql, observations).await?;
        let model = &self.scorer.artifact.model;
        let (matrix, unseen) = model.features.encode(&table)?;
        let scores = evaluation::scores(model, &matrix)?;
        Ok((matrix, scores, unseen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        // 2026-02-01 was a Sunday.
        DateTime::from_timestamp(1_769_904_000 + day * 86_400, 0).expect("in range")
    }

    #[test]
    fn weeks_are_whole_and_begin_on_mondays() {
        assert_eq!(weeks(day(0), day(15)), [day(1), day(8)]);
        assert_eq!(weeks(day(1), day(8)), [day(1)]);
        assert!(weeks(day(1) + TimeDelta::hours(1), day(14)).is_empty());
    }
}
