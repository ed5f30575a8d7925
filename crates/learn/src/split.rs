//! Which rows to train on, which to choose and calibrate on, and which to test on (the holdout).
//!
//! Rows are split by time, because a model is used on leads that come after those it was trained on. Two laws hold: all rows
//! of a lead are in one part, and nothing that is fitted or chosen uses a label that was learned after the test begins. The
//! other splits are for tables without time.
//!
//! Between the rows to train on and those to choose on there is no such gap, because it would cost the newest labels:
//! docs/decisions/0004-measured-earlier-fitted-now.md.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use plumb_lead::Observation;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::error::Error;

/// Of rows in random order, the parts to train on and to choose on, in percent; the rest is to test on.
const RANDOM_PERCENT: (usize, usize) = (60, 20);

/// Of rows in their own order, the same.
const ORDER_PERCENT: (usize, usize) = (56, 14);

/// The newest part of the span of time, to test on, in percent.
const TEST_PERCENT: i32 = 15;

/// If the newest part has more rows than this, only the newest of them are to test on: the model before the test can then be
/// that much newer, and is measured on what is new.
const TEST_ROWS: usize = 4_000;

/// The newest part of the rows that come before, to choose on, in percent.
const VALID_PERCENT: usize = 20;

/// The shortest span of time that a model is fitted on, in days.
const FIT_DAYS_MIN: i64 = 5;

/// The rows of each part, by their index, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// To train on.
    pub train: Vec<usize>,
    /// To stop early, choose, calibrate and set the threshold on.
    pub valid: Vec<usize>,
    /// To test on.
    pub test: Vec<usize>,
    /// How many rows are in no part: their label was learned after the test begins, and their lead came before.
    pub dropped: usize,
}

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

/// Splits rows in their order: the last 30 % are to test on. Of those before, a random fifth is to choose on: without times
/// it is not known how fast the rows change, and the last of them alone may be unlike all others.
pub fn by_order(rows: usize, seed: u64) -> Result<Split, Error> {
    let (train, valid) = ORDER_PERCENT;
    let test_from = rows * (train + valid) / 100;
    let train_to = test_from * train / (train + valid);
    let known = shuffled(test_from, seed);
    Split {
        train: sorted(&known[..train_to]),
        valid: sorted(&known[train_to..]),
        test: (test_from..rows).collect(),
        dropped: 0,
    }
    .checked(true)
}

/// Splits rows at random into 60 %, 20 % and 20 %; the same seed gives the same split.
pub fn random(rows: usize, seed: u64) -> Result<Split, Error> {
    let (train, valid) = RANDOM_PERCENT;
    let (train_to, valid_to) = (rows * train / 100, rows * (train + valid) / 100);
    let rows = shuffled(rows, seed);
    let [train, valid, test] = [&rows[..train_to], &rows[train_to..valid_to], &rows[valid_to..]].map(sorted);
    Split { train, valid, test, dropped: 0 }.checked(true)
}

/// Splits rows at random into folds, for cross-validation: each split has one fold to test on, and of the other rows a fifth to
/// choose on.
pub fn folds(rows: usize, count: usize, seed: u64) -> Result<Vec<Split>, Error> {
    if count < 2 || count > rows {
        let expected = "a number from 2 to the number of rows";
        return Err(Error::Parameter { name: "folds", found: count.to_string(), expected });
    }
    let shuffled_rows = shuffled(rows, seed);
    let fold = |fold: usize| {
        let (from, to) = (fold * rows / count, (fold + 1) * rows / count);
        let known: Vec<usize> = shuffled_rows[..from].iter().chain(&shuffled_rows[to..]).copied().collect();
        let (valid, train) = known.split_at(known.len() * VALID_PERCENT / 100);
        let [train, valid, test] = [train, valid, &shuffled_rows[from..to]].map(sorted);
        Split { train, valid, test, dropped: 0 }.checked(true)
    };
    (0..count).map(fold).collect()
}

/// Splits rows in time order at the beginning of each of some periods: each period is tested on after training on all rows
/// before it, of which the newest fifth is to choose on, as in [`for_use`]. It measures regular retraining. `starts` ascend.
pub fn rolling_origin(rows: usize, starts: &[usize]) -> Result<Vec<Split>, Error> {
    if starts.windows(2).any(|pair| pair[0] >= pair[1]) || starts.iter().any(|start| *start >= rows) {
        let expected = "rows that ascend";
        return Err(Error::Parameter { name: "starts", found: format!("{starts:?}"), expected });
    }
    let ends = starts.iter().skip(1).copied().chain([rows]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| {
            let valid_from = start - start * VALID_PERCENT / 100;
            let (train, valid) = ((0..valid_from).collect(), (valid_from..*start).collect());
            Split { train, valid, test: (*start..end).collect(), dropped: 0 }.checked(true)
        })
        .collect()
}

fn shuffled(rows: usize, seed: u64) -> Vec<usize> {
    let mut shuffled: Vec<usize> = (0..rows).collect();
    shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    shuffled
}

fn sorted(rows: &[usize]) -> Vec<usize> {
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    rows
}

impl Split {
    fn checked(self, is_tested: bool) -> Result<Split, Error> {
        let parts = [("train on", &self.train), ("choose and calibrate on", &self.valid), ("test on", &self.test)];
        let wanted = if is_tested { 3 } else { 2 };
        let empty = parts.into_iter().take(wanted).find(|(_, rows)| rows.is_empty()).map(|(doing, _)| doing);
        empty.map_or(Ok(self), |doing| Err(Error::NoRows { doing }))
    }
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
