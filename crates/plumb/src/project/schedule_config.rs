//! `[schedule]` of `plumb.toml`: when which job is due.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use plumb_schedule::{Job, JobTiming, Retries, Timing, offset};
use schemars::JsonSchema;
use serde::Deserialize;

use super::span::Span;

/// The most retries: with the longest pauses they take most of a day.
const RETRIES_MAX: u32 = 20;

/// A job may begin up to so much later than its time.
const JITTER_MAX: TimeDelta = TimeDelta::hours(1);

/// When `plumb serve` and `plumb scheduler` run which job, by cron: minute, hour, day of the month, month and day of the week, as
/// `30 5 * * MON-FRI`, and a time zone behind it if it is another one. Without `[schedule]` nothing runs by itself.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScheduleConfig {
    /// The time zone of the times below, by its name in the IANA's list, as `Europe/Berlin`.
    #[serde(default = "utc")]
    time_zone: String,
    /// When new rows of the sources are copied, as by `plumb ingest`.
    ingest: Option<String>,
    /// When all open leads are scored, as by `plumb score`.
    score: Option<String>,
    /// When each week is compared with the champion's training data, as by `plumb monitor`.
    monitor: Option<String>,
    /// When a challenger is trained, as by `plumb retrain`.
    retrain: Option<String>,
    /// When the database gives back what it no longer needs of the disk, as by `plumb compact`.
    compact: Option<String>,
    /// When the data folder is copied to the bucket of `[store]`, as by `plumb push`.
    back_up: Option<String>,
    /// A job begins up to so much later than its time, an hour at most: each project by a time of its own, so that not all ask a
    /// system for its rows in the same second. Jobs with the same times stay in their order.
    jitter: Option<Span>,
    /// How often a run that failed is tried again before its next time comes: after one minute, five, 25, and then every hour.
    #[serde(default = "retries")]
    #[schemars(range(max = 20))]
    retries: u32,
}

/// When which job is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// The jobs with their times, in their order.
    pub(crate) jobs: Vec<JobTiming>,
    /// A job begins up to so much later.
    pub(crate) jitter: TimeDelta,
    /// How often a run that failed is tried again.
    pub(crate) retries: Retries,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn retries() -> u32 {
    Retries::DEFAULT.0
}

impl ScheduleConfig {
    /// Returns the times of each job that has some.
    fn texts(&self) -> impl Iterator<Item = (Job, &str)> {
        let ScheduleConfig { ingest, score, monitor, retrain, compact, back_up, .. } = self;
        let all = [
            (Job::Ingest, ingest),
            (Job::Score, score),
            (Job::Monitor, monitor),
            (Job::Retrain, retrain),
            (Job::Compact, compact),
            (Job::BackUp, back_up),
        ];
        all.into_iter().filter_map(|(job, text)| Some((job, text.as_deref()?)))
    }

    /// Checks the times, and that each job has something to do in a project with so many targets.
    pub(super) fn check(&self, targets: usize, has_bucket: bool) -> Result<()> {
        for (job, text) in self.texts() {
            let key = || format!("key `schedule.{job}`");
            self.timing(text).with_context(key)?;
            let (has_work, expected) = match job {
                Job::Score | Job::Monitor | Job::Retrain => (targets > 0, "a table `[target.NAME]`"),
                Job::Ingest | Job::Compact => (true, ""),
                Job::BackUp => (has_bucket, "a table `[store]` with `url = \"s3://bucket/prefix\"`"),
            };
            ensure!(has_work, "{}: there is nothing to do: expected {expected}, or no such key", key());
        }
        self.timing("0 0 * * *").context("key `schedule.time_zone`")?;
        ensure!(
            self.retries <= RETRIES_MAX,
            "key `schedule.retries` is {}: expected {RETRIES_MAX} at most",
            self.retries
        );
        ensure!(
            self.jitter.is_none_or(|jitter| jitter.0 <= JITTER_MAX),
            "key `schedule.jitter`: expected an hour at most, `60m`"
        );
        Ok(())
    }

    /// Returns the schedule of the project in a folder.
    pub(super) fn schedule(&self, folder: &Path) -> Result<Schedule> {
        let jitter = self.jitter.map_or(TimeDelta::zero(), |jitter| jitter.0);
        // However the folder is named, it is the same project.
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let folder = folder.canonicalize().unwrap_or(folder);
        let jobs = self.texts().map(|(job, text)| {
            let timing = self.timing(text).with_context(|| format!("key `schedule.{job}`"))?;
            let offset = offset(&folder.to_string_lossy(), &timing, jitter);
            Ok(JobTiming { job, timing, offset })
        });
        Ok(Schedule { jobs: jobs.collect::<Result<_>>()?, jitter, retries: Retries(self.retries) })
    }

    /// Reads times with or without a time zone behind them.
    fn timing(&self, text: &str) -> Result<Timing> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let fields = if text.trim_start().starts_with('@') { 1 } else { 5 };
        let (expression, zone) = match words.split_at_checked(fields) {
            Some((expression, [zone])) => (expression, *zone),
            _ => (words.as_slice(), self.time_zone.as_str()),
        };
        Ok(Timing::parse(&expression.join(" "), zone)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<ScheduleConfig> {
        let config: ScheduleConfig = toml::from_str(text)?;
        config.check(1, false)?;
        Ok(config)
    }

    #[track_caller]
    fn refused(text: &str, part: &str) {
        let error = format!("{:#}", config(text).expect_err("it is wrong"));
        assert!(error.contains(part), "{error}");
    }

    #[test]
    fn times_have_the_zone_of_the_table_or_one_of_their_own() {
        let text = "time_zone = \"Europe/Berlin\"\ningest = \"0 * * * *\"\nscore = \"30 5  * * MON-FRI  UTC\"\n\
                    monitor = \"@weekly America/New_York\"";
        let schedule = config(text).expect("it is right").schedule(Path::new(".")).expect("it is right");
        let texts: Vec<_> = schedule.jobs.iter().map(|job| (job.job.word(), job.timing.text())).collect();
        let expected = [
            ("ingest", "0 * * * * Europe/Berlin"),
            ("score", "30 5 * * MON-FRI UTC"),
            ("monitor", "@weekly America/New_York"),
        ];
        assert_eq!(texts, expected.map(|(job, text)| (job, text.to_owned())));
        assert_eq!((schedule.retries, schedule.jitter), (Retries::DEFAULT, TimeDelta::zero()));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_key() {
        refused("ingest = \"hourly\"", "key `schedule.ingest`: `hourly` is not a time by cron");
        refused("ingest = \"0 * * * * Berlin\"", "key `schedule.ingest`: `Berlin` is not a time zone");
        refused("time_zone = \"Berlin\"", "key `schedule.time_zone`: `Berlin` is not a time zone");
        refused(
            "back_up = \"0 3 * * *\"",
            "key `schedule.back_up`: there is nothing to do: expected a table `[store]`",
        );
        refused("retries = 21", "key `schedule.retries` is 21: expected 20 at most");
        refused("jitter = \"2h\"", "key `schedule.jitter`: expected an hour at most");
        refused(
            "deliver = \"0 3 * * *\"",
            "unknown field `deliver`, expected one of `time_zone`, `ingest`, `score`, `monitor`",
        );
    }
}
