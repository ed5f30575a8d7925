//! The weekly watch: each week's leads against what the champion was trained on, and what became of earlier ones
//! against what it had expected. What moved is told once.

use std::collections::HashMap;

use anyhow::{Context, Result};
use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc};
use plumb_lake::{LabelSpec, Lake};
use plumb_lead::{Alert, Drift, Matured, ModelCard, MonitorReport, Observation, Unseen, Verdict};
use plumb_learn::drift;

use crate::card;
use crate::scoring::Scorer;
use crate::store::Store;

/// With fewer leads in a week those of the weeks before are looked at too, because of so few nothing can be told.
const LEADS_MIN: usize = 100;

/// The most weeks that are looked at together.
const WEEKS_POOLED: i64 = 8;

/// Weeks whose matured leads are judged together: one alone has too few to tell.
const WEEKS_JUDGED: usize = 8;

/// A surprise of so many standard errors comes by chance once in 15,000.
const SURPRISE_MAX: f64 = 4.0;

/// What is watched.
pub(crate) struct Watched<'a> {
    /// The leads.
    pub(crate) lake: &'a Lake,
    /// The target's champion.
    pub(crate) scorer: &'a Scorer,
    /// Its card.
    pub(crate) card: &'a ModelCard,
    /// What it is asked.
    pub(crate) label_spec: LabelSpec,
}

/// Reports each whole week from the training of the champion to `now` that has no report yet, and returns the alerts
/// that are new. `progress` is told the number of the week and of how many.
pub(crate) async fn watch(
    watched: &Watched<'_>,
    store: &Store,
    now: DateTime<Utc>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<Alert>> {
    let known = of_model(store, watched.card).await?;
    let weeks = weeks(watched.card.as_of, now);
    let missing: Vec<DateTime<Utc>> =
        weeks.into_iter().filter(|from| !known.iter().any(|report| report.from == *from)).collect();
    for (index, from) in missing.iter().enumerate() {
        progress(index, missing.len());
        store.put_watch_report(&watched.report(*from).await?).await?;
    }
    let mut new = Vec::new();
    for alert in alerts(&of_model(store, watched.card).await?, &watched.label_spec) {
        if store.insert_alert_once(&alert).await? {
            new.push(alert);
        }
    }
    Ok(new)
}

/// Returns the reports on a model, oldest first.
async fn of_model(store: &Store, card: &ModelCard) -> Result<Vec<MonitorReport>> {
    let mut reports = store.watch_reports(&card.target).await?;
    reports.retain(|report| report.model_id == card.model_id);
    Ok(reports)
}

/// Returns the Mondays that begin a whole week after `from` and until `now`.
fn weeks(from: DateTime<Utc>, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let days_to_monday = (7 - i64::from(from.weekday().num_days_from_monday())) % 7;
    let midnight = |moment: DateTime<Utc>| moment.date_naive().and_time(NaiveTime::MIN).and_utc();
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

impl Watched<'_> {
    async fn report(&self, from: DateTime<Utc>) -> Result<MonitorReport> {
        let to = from + TimeDelta::weeks(1);
        let label_spec = self.at_last_age();
        let observations = self.enough(&label_spec, from, to).await?;
        let (matrix, scores, unseen) = self.scored(&observations).await?;
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

    /// Returns the leads of a week, and of as many weeks before as it takes to have enough.
    async fn enough(&self, label_spec: &LabelSpec, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Observation>> {
        let mut observations = self.lake.observations(label_spec, from, to).await?;
        let mut weeks = 1;
        while observations.len() < LEADS_MIN && weeks < WEEKS_POOLED {
            let earlier = from - TimeDelta::weeks(weeks);
            let mut pooled = self.lake.observations(label_spec, earlier, earlier + TimeDelta::weeks(1)).await?;
            pooled.append(&mut observations);
            observations = pooled;
            weeks += 1;
        }
        Ok(observations)
    }

    /// Each lead counts once, when most is known of it: three rows of one lead would pass for three leads.
    fn at_last_age(&self) -> LabelSpec {
        let mut label_spec = self.label_spec.clone();
        label_spec.ages = label_spec.ages.into_iter().max().into_iter().collect();
        label_spec
    }

    /// Returns what became of the leads whose horizon ended in `[from, to)`, all of which came after the model's rows.
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
        let (_, scores, _) = self.scored(&observations).await?;
        let matured = scores.iter().zip(labels).map(|(score, label)| Matured {
            rows: 1,
            positives: usize::from(label),
            expected: *score,
            variance: score * (1.0 - score),
        });
        Ok(matured.reduce(Matured::and))
    }

    async fn scored(&self, observations: &[Observation]) -> Result<(plumb_lead::Matrix, Vec<f64>, Vec<Unseen>)> {
        let sql = self.scorer.feature_sql().context("only models of leads can be watched")?;
        let table = self.lake.features(sql, observations).await?;
        let model = &self.scorer.artifact.model;
        let (matrix, unseen) = model.features.encode(&table)?;
        let scores = card::scores(model, &matrix)?;
        Ok((matrix, scores, unseen))
    }
}

/// Returns what is to be told of a model's weeks, each cause once, with the week in which it was first seen.
fn alerts(reports: &[MonitorReport], label_spec: &LabelSpec) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    let mut drifted_before: HashMap<&str, bool> = HashMap::new();
    for (index, report) in reports.iter().enumerate() {
        for drift in &report.drifts {
            for (level, share) in new_levels(drift) {
                add(&mut alerts, report, &drift.column, &format!("unseen {level}"), told_of_level(level, share));
            }
            // One strange week may be a holiday. A new category is told at once, by the lines above.
            let drifted = drift.verdict == Verdict::Drifted && drift.unseen.is_empty();
            if drifted_before.insert(&drift.column, drifted) == Some(true) && drifted {
                add(&mut alerts, report, &drift.column, "drifted", told_of_drift(drift));
            }
        }
        let judged = &reports[(index + 1).saturating_sub(WEEKS_JUDGED)..=index];
        if let Some(matured) = judged.iter().filter_map(|report| report.matured).reduce(Matured::and)
            && judged.len() == WEEKS_JUDGED
            && matured.surprise().abs() > SURPRISE_MAX
        {
            let side = if matured.surprise() < 0.0 { "fewer came" } else { "more came" };
            add(&mut alerts, report, &report.target, side, told_of_surprise(&matured, label_spec));
        }
    }
    alerts
}

fn new_levels(drift: &Drift) -> impl Iterator<Item = (&String, f64)> {
    let is_new = drift.verdict == Verdict::Drifted;
    drift.unseen.iter().filter(move |(_, share)| is_new && *share > 0.01).map(|(level, share)| (level, *share))
}

fn add(alerts: &mut Vec<Alert>, report: &MonitorReport, column: &str, cause: &str, text: String) {
    let key = format!("{}/{}/{column}/{cause}", report.target, report.model_id);
    if !alerts.iter().any(|alert| alert.key == key) {
        alerts.push(Alert {
            key,
            target: report.target.clone(),
            model_id: report.model_id.clone(),
            column: column.to_owned(),
            text,
            since: report.from,
        });
    }
}

fn told_of_level(level: &str, share: f64) -> String {
    format!(
        "{:.0} % of the week's leads have `{level}`, which the model never saw in training; it scores them as if the value \
         were missing. If it is here to stay, run `plumb retrain` once their outcomes are known",
        100.0 * share
    )
}

fn told_of_drift(drift: &Drift) -> String {
    format!(
        "two weeks in a row it was spread otherwise than in training: PSI {:.2}, Jensen–Shannon {:.2}, missing {:.0} % \
         (training {:.0} %). Look at what changed in the source, then at `plumb retrain`",
        drift.psi,
        drift.jensen_shannon,
        100.0 * drift.missing,
        100.0 * drift.missing_baseline
    )
}

fn told_of_surprise(matured: &Matured, label_spec: &LabelSpec) -> String {
    let share = |count: f64| 100.0 * count / matured.rows as f64;
    format!(
        "of the {} leads whose {} days ended in these {WEEKS_JUDGED} weeks the model expected {:.1} % to be positive, and \
         {:.1} % were: {:+.1} standard errors. The same inputs mean something else now; run `plumb retrain`",
        matured.rows,
        label_spec.horizon.num_days(),
        share(matured.expected),
        share(matured.positives as f64),
        matured.surprise()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        // 2026-02-01 was a Sunday.
        DateTime::from_timestamp(1_769_904_000 + day * 86_400, 0).expect("in range")
    }

    fn label_spec() -> LabelSpec {
        LabelSpec { target: "approved".into(), horizon: TimeDelta::days(120), ages: vec![TimeDelta::zero()] }
    }

    fn report(week: i64, verdict: Verdict, unseen: &[(&str, f64)], matured: Option<Matured>) -> MonitorReport {
        let drift = Drift {
            column: "channel".into(),
            psi: 0.3,
            jensen_shannon: 0.2,
            missing: 0.0,
            missing_baseline: 0.0,
            unseen: unseen.iter().map(|(level, share)| ((*level).to_owned(), *share)).collect(),
            verdict,
        };
        MonitorReport {
            target: "approved".into(),
            model_id: "cafe".into(),
            from: day(1 + 7 * week),
            to: day(8 + 7 * week),
            rows: 200,
            drifts: vec![drift],
            matured,
        }
    }

    fn keys(reports: &[MonitorReport]) -> Vec<(String, i64)> {
        let told = |alert: Alert| (alert.key.replace("approved/cafe/", ""), (alert.since - day(1)).num_weeks());
        alerts(reports, &label_spec()).into_iter().map(told).collect()
    }

    #[test]
    fn weeks_are_whole_and_begin_on_mondays() {
        assert_eq!(weeks(day(0), day(15)), [day(1), day(8)]);
        assert_eq!(weeks(day(1), day(8)), [day(1)]);
        assert!(weeks(day(1) + TimeDelta::hours(1), day(14)).is_empty());
    }

    #[test]
    fn a_new_category_is_told_at_once_and_once() {
        let new = [("tiktok_ads", 0.2), ("fax", 0.005)];
        let reports = [0, 1, 2].map(|week| report(week, Verdict::Drifted, &new, None));
        assert_eq!(keys(&reports), [("channel/unseen tiktok_ads".to_owned(), 0)]);
    }

    #[test]
    fn one_strange_week_is_not_told() {
        use Verdict::{Drifted, Stable};
        let weeks = |verdicts: &[Verdict]| -> Vec<MonitorReport> {
            (0..).zip(verdicts).map(|(week, verdict)| report(week, *verdict, &[], None)).collect()
        };
        assert_eq!(keys(&weeks(&[Drifted, Stable, Drifted])), []);
        assert_eq!(keys(&weeks(&[Stable, Drifted, Drifted, Drifted])), [("channel/drifted".to_owned(), 2)]);
    }

    #[test]
    fn outcomes_that_come_otherwise_than_expected_are_told() {
        let weeks = |positives: usize| -> Vec<MonitorReport> {
            let matured = Matured { rows: 200, positives, expected: 18.0, variance: 16.0 };
            (0..9).map(|week| report(week, Verdict::Stable, &[], Some(matured))).collect()
        };
        assert_eq!(keys(&weeks(17)), []);
        assert_eq!(keys(&weeks(10)), [("approved/fewer came".to_owned(), 7)], "eight weeks are judged together");
        let text = &alerts(&weeks(10), &label_spec())[0].text;
        assert!(
            text.contains("1600 leads whose 120 days") && text.contains("9.0 %") && text.contains("5.0 %"),
            "{text}"
        );
    }
}
