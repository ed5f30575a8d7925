//! When a job is due: a cron expression in a time zone.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::error::Error;
use crate::job::Job;

/// The newest due time is searched for in windows that end now, each of them larger than the one before, so that few times are
/// looked at: an expression has at most sixty in an hour, and at least one in some years.
const WINDOWS: [TimeDelta; 5] =
    [TimeDelta::hours(1), TimeDelta::days(1), TimeDelta::days(32), TimeDelta::days(366), TimeDelta::days(40 * 366)];

/// Due times that are counted; that there are more is said and not how many.
const COUNTED_MAX: usize = 1_000;

/// A cron expression in a time zone.
#[derive(Clone)]
pub struct Timing {
    cron: Cron,
    expression: String,
    zone: Tz,
}

/// When one job is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobTiming {
    /// The job.
    pub job: Job,
    /// Its times.
    pub timing: Timing,
    /// How much later than these it begins: see [`crate::offset()`].
    pub offset: TimeDelta,
}

/// The due times of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Newest {
    /// The last of them.
    pub(crate) due: DateTime<Utc>,
    /// How many they are, up to [`COUNTED_MAX`].
    pub(crate) count: usize,
}

impl Timing {
    /// Reads an expression of five fields, or `@hourly` and its like, and the name of a time zone.
    pub fn parse(expression: &str, time_zone: &str) -> Result<Timing, Error> {
        let zone = time_zone.parse::<Tz>().map_err(|_| Error::TimeZone { found: time_zone.to_owned() })?;
        let expression = expression.split_whitespace().collect::<Vec<_>>().join(" ");
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(&expression).map_err(|error| Error::Cron {
            expression: expression.clone(),
            problem: error.to_string().trim_end_matches('.').to_owned(),
        })?;
        let timing = Timing { cron, expression, zone };
        match timing.next(DateTime::UNIX_EPOCH) {
            Some(_) => Ok(timing),
            None => Err(Error::Never { expression: timing.expression }),
        }
    }

    /// Returns the expression, with single spaces.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Returns the name of the time zone.
    pub fn time_zone(&self) -> &'static str {
        self.zone.name()
    }

    /// Returns the expression and the time zone, by which one timing is told from another.
    pub fn text(&self) -> String {
        format!("{} {}", self.expression, self.zone.name())
    }

    /// Returns a moment as clocks in the time zone show it, without seconds.
    pub fn local(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%Y-%m-%d %H:%M %Z").to_string()
    }

    /// Returns the first due time after a moment; `None` if there is none that can be computed.
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = self.cron.find_next_occurrence(&after.with_timezone(&self.zone), false).ok()?.to_utc();
        // Whatever the zone does, time goes on.
        (next > after).then_some(next)
    }

    /// Returns the newest due time after one moment and until another, with how many there are.
    pub(crate) fn newest(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<Newest> {
        if until <= after {
            return None;
        }
        let due = WINDOWS.iter().find_map(|window| {
            let start = until.checked_sub_signed(*window).map_or(after, |start| start.max(after));
            self.times(start, until).last()
        })?;
        Some(Newest { due, count: self.times(after, due).take(COUNTED_MAX).count() })
    }

    /// Returns the due times after one moment and until another.
    fn times(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        std::iter::successors(self.next(after), |due| self.next(*due)).take_while(move |due| *due <= until)
    }

    pub(crate) fn cron(&self) -> &Cron {
        &self.cron
    }
}

impl fmt::Debug for Timing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Timing({})", self.text())
    }
}

impl PartialEq for Timing {
    fn eq(&self, other: &Timing) -> bool {
        self.expression == other.expression && self.zone == other.zone
    }
}

impl Eq for Timing {}
