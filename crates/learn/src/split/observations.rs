//! Splits of observations by time.
//!
//! Between the rows to train on and those to choose on there is no gap for labels to become known, because it would cost the
//! newest labels: docs/decisions/0004-measure-an-earlier-fit-and-serve-a-current-one.md.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use plumb_lead::Observation;

use super::parts::{Split, VALID_PERCENT};
use crate::error::Error;

/// The newest part of the span of time, to test on, in percent.
const TEST_PERCENT: i32 = 15;

/// If the newest part has more rows than this, only the newest of them are to test on: the model before the test can then be
/// that much newer, and is measured on what is new.
const TEST_ROWS: usize = 4_000;

/// The shortest span of time that a model is fitted on, in days.
const FIT_DAYS_MIN: i64 = 5;

/// Splits observations by time: the newest 15 % of their span, or the newest 4,000 rows, whichever begins later, is to
/// test on; of the rows whose label was known when the test begins, the newest 20 % are to choose on and the others to train
/// on.
///
/// A row belongs to the part in which its lead's first row lies.
pub fn by_time(
    observations: &[Observation],
    label_known_at: &[DateTime<Utc>],
    horizon: TimeDelta,
) -> Result<Split, Error> {
    if label_known_at.len() != observations.len() {
        let (found, expected) = (label_known_at.len(), observations.len());
        return Err(Error::Lengths { what: "times of labels", found, expected });
    }
    let test_from = test_from(observations, horizon)?;
    let first_seen = first_seen(observations);
    let (mut known, mut test) = (Vec::new(), Vec::new());
    for (row, observation) in observations.iter().enumerate() {
        if first_seen[observation.lead_id.as_str()] >= test_from {
            test.push(row);
        } else if label_known_at[row] <= test_from {
            known.push(row);
        }
    }
    let dropped = observations.len() - known.len() - test.len();
    let (train, valid) = split_newest(observations, known, &first_seen);
    let split = Split { train, valid, test, dropped };
    split.checked(true)
}

/// Splits observations for a model that is to be used and not measured: the newest 20 % of the rows are to choose on,
/// the others to train on, none to test on.
pub fn for_use(observations: &[Observation]) -> Result<Split, Error> {
    let (train, valid) = split_newest(observations, (0..observations.len()).collect(), &first_seen(observations));
    Split { train, valid, test: Vec::new(), dropped: 0 }.checked(false)
}

/// Returns the same split without the rows before a time: of those that are left and not to test on, the newest 20 % are to
/// choose on. What is to test on stays, so that fits on more and on fewer rows are compared on the same.
pub fn recent(observations: &[Observation], split: &Split, from: DateTime<Utc>) -> Result<Split, Error> {
    let mut known: Vec<usize> = split.train.iter().chain(&split.valid).copied().collect();
    let before = known.len();
    known.retain(|row| observations[*row].as_of >= from);
    known.sort_unstable();
    let dropped = split.dropped + before - known.len();
    let (train, valid) = split_newest(observations, known, &first_seen(observations));
    Split { train, valid, test: split.test.clone(), dropped }.checked(false)
}

/// Returns the time at which the test begins.
fn test_from(observations: &[Observation], horizon: TimeDelta) -> Result<DateTime<Utc>, Error> {
    if horizon < TimeDelta::zero() {
        let expected = "a span of time that is not negative";
        return Err(Error::Parameter { name: "horizon", found: horizon.to_string(), expected });
    }
    let times = || observations.iter().map(|observation| observation.as_of);
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        return Err(Error::NoRows { doing: "split by time" });
    };
    let span = last - first;
    let before_test = span - span / 100 * TEST_PERCENT;
    let fitted = before_test.checked_sub(&horizon).unwrap_or(TimeDelta::MIN);
    if fitted < TimeDelta::days(FIT_DAYS_MIN) {
        let days = horizon.num_days().saturating_add(FIT_DAYS_MIN);
        let needed = days.saturating_mul(100) / i64::from(100 - TEST_PERCENT) + 1;
        return Err(Error::ShortHistory { found: span.num_days(), horizon: horizon.num_days(), needed });
    }
    let mut newest: Vec<DateTime<Utc>> = times().collect();
    newest.sort_unstable();
    let enough = newest.len().checked_sub(TEST_ROWS).map_or(first, |row| newest[row]);
    Ok(enough.max(first + before_test))
}

/// Returns the time of each lead's first row.
fn first_seen(observations: &[Observation]) -> HashMap<&str, DateTime<Utc>> {
    let mut first_seen: HashMap<&str, DateTime<Utc>> = HashMap::new();
    for observation in observations {
        let first = first_seen.entry(&observation.lead_id).or_insert(observation.as_of);
        *first = observation.as_of.min(*first);
    }
    first_seen
}

/// Splits rows into those to train on and the newest, which are to choose on.
fn split_newest(
    observations: &[Observation],
    rows: Vec<usize>,
    first_seen: &HashMap<&str, DateTime<Utc>>,
) -> (Vec<usize>, Vec<usize>) {
    let of_lead = |row: &usize| first_seen[observations[*row].lead_id.as_str()];
    let mut times: Vec<DateTime<Utc>> = rows.iter().map(of_lead).collect();
    times.sort_unstable();
    let Some(valid_from) = times.get(rows.len() - rows.len() * VALID_PERCENT / 100).copied() else {
        return (rows, Vec::new());
    };
    rows.into_iter().partition(|row| of_lead(row) < valid_from)
}
