//! The weekly report of a model: the week's leads against the training data, and earlier leads whose horizon ended in
//! the week against what the model expected of them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc};
use plumb_lake::{LabelSpec, Lake};
use plumb_lead::{Drift, Matrix, Matured, ModelCard, MonitorReport, Observation, Unseen, WeekCounts};
use plumb_learn::drift::{self, Baseline, Budget, Watched, WeekRows, Window};

use crate::evaluation;
use crate::scoring::Scorer;

/// A week with fewer leads is pooled with the weeks before it: so few show nothing.
const LEADS_MIN: usize = 100;

/// The most weeks that are pooled.
const WEEKS_POOLED_MAX: i64 = 8;

/// Weeks that are compared together, too: a small move shows in them and not in one.
pub(super) const MONTH: i64 = 4;

/// The windows that a week ends: itself and the month.
const WINDOWS: usize = 2;

/// So long before a model was trained leads are counted, for their seasons.
const HISTORY: TimeDelta = TimeDelta::weeks(157);

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
    /// The false alarms that are accepted.
    pub(super) budget: Budget,
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

/// The counts of weeks, by the Monday that they begin on.
pub(super) type CountedWeeks = BTreeMap<DateTime<Utc>, WeekCounts>;

impl Monitored<'_> {
    /// Returns the report of the week that begins at `from`. `counted` has the weeks that were counted before, and gets those
    /// that this one needs.
    pub(super) async fn report(&self, from: DateTime<Utc>, counted: &mut CountedWeeks) -> Result<MonitorReport> {
        let to = from + TimeDelta::weeks(1);
        let label_spec = self.at_last_age();
        let week = self.count(&label_spec, from, counted).await?;
        let (mut pooled, mut weeks) = (week.clone(), 1);
        while pooled.rows < LEADS_MIN && weeks < WEEKS_POOLED_MAX {
            pooled = pooled.and(&self.count(&label_spec, from - TimeDelta::weeks(weeks), counted).await?);
            weeks += 1;
        }
        let mut drifts = self.compare(from, usize::try_from(weeks)?, &pooled, counted)?;
        if let Some(month) = self.month(from, counted).filter(|_| weeks < MONTH) {
            let of_month = self.compare(from, usize::try_from(MONTH)?, &month, counted)?;
            drifts = drifts.into_iter().zip(of_month).map(|(week, month)| drift::of_either(week, month)).collect();
        }
        Ok(MonitorReport {
            target: self.card.target.clone(),
            model_id: self.card.model_id.clone(),
            from,
            to,
            rows: pooled.rows,
            drifts,
            matured: self.matured(&label_spec, from, to).await?,
            counts: Some(week),
        })
    }

    /// Returns how many leads each whole week until `now` has had, oldest first, without a gap.
    pub(super) async fn rows_a_week(&self, now: DateTime<Utc>) -> Result<Vec<WeekRows>> {
        let first = self.card.as_of - HISTORY;
        let observations = self.lake.observations(&self.at_last_age(), first, now).await?;
        let Some(oldest) = observations.first() else { return Ok(Vec::new()) };
        // The week that the history begins in may be cut.
        let mut rows: Vec<WeekRows> =
            weeks(oldest.as_of, now).into_iter().map(|from| WeekRows { from, rows: 0 }).collect();
        for observation in &observations {
            let begun = rows.partition_point(|week| week.from <= observation.as_of);
            let week = begun.checked_sub(1).and_then(|index| rows.get_mut(index));
            if let Some(week) = week.filter(|week| observation.as_of < week.from + TimeDelta::weeks(1)) {
                week.rows += 1;
            }
        }
        Ok(rows)
    }

    async fn count(
        &self,
        label_spec: &LabelSpec,
        from: DateTime<Utc>,
        counted: &mut CountedWeeks,
    ) -> Result<WeekCounts> {
        if let Some(known) = counted.get(&from) {
            return Ok(known.clone());
        }
        let observations = self.lake.observations(label_spec, from, from + TimeDelta::weeks(1)).await?;
        let (matrix, scores, unseen) = self.score(&observations).await?;
        let artifact = &self.scorer.artifact;
        let week = artifact.baseline.count(&artifact.model.features, &matrix, &scores, &unseen)?;
        counted.insert(from, week.clone());
        Ok(week)
    }

    /// Returns the month that ends with a week, if all of it is newer than the model.
    fn month(&self, from: DateTime<Utc>, counted: &CountedWeeks) -> Option<WeekCounts> {
        let first = from - TimeDelta::weeks(MONTH - 1);
        let weeks: Vec<&WeekCounts> = counted.range(first.max(self.card.as_of)..=from).map(|(_, week)| week).collect();
        (weeks.len() as i64 == MONTH).then(|| {
            let month = weeks.into_iter().fold(WeekCounts::default(), WeekCounts::and);
            // What is new is told by the week that it came in.
            WeekCounts { unseen: Vec::new(), ..month }
        })
    }

    fn compare(
        &self,
        from: DateTime<Utc>,
        weeks: usize,
        counts: &WeekCounts,
        counted: &CountedWeeks,
    ) -> Result<Vec<Drift>> {
        let artifact = &self.scorer.artifact;
        let features = &artifact.model.features;
        let chance = self.budget.chance_a_test(Watched::Columns, WINDOWS * Baseline::columns(features));
        let earlier: Vec<(DateTime<Utc>, WeekCounts)> =
            counted.range(..from).map(|(from, week)| (*from, week.clone())).collect();
        let window = Window { from: Some(from), weeks, counts, earlier: &earlier };
        Ok(artifact.baseline.compare(features, &window, chance)?)
    }

    /// Returns the label spec with the last age alone: three rows of one lead would pass for three leads, so each lead
    /// counts once, when most is known of it.
    pub(super) fn at_last_age(&self) -> LabelSpec {
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

    pub(super) async fn score(&self, observations: &[Observation]) -> Result<(Matrix, Vec<f64>, Vec<Unseen>)> {
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
