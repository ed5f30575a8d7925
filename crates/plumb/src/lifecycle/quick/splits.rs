//! How rows are split into those to train on, to choose on and to test on.

use std::collections::HashSet;

use anyhow::{Context, Result};
use chrono::DateTime;
use plumb_learn::split::{self, Split};
use serde::Serialize;

/// Of rows for a model that is to be used, the newest to choose on, in percent.
const VALID_PERCENT: usize = 20;

/// How rows are split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowOrder {
    /// By a column of times, the newest rows tested: how good the model will be on leads to come.
    Time,
    /// At random: how good the model is if tomorrow is like the whole file.
    Random,
    /// The first rows train, the last test: how good it is on the newest rows, if the file is in time order.
    File,
}

/// What is known of rows for their split.
#[derive(Clone, Debug, Default)]
pub(super) struct RowFacts {
    /// How many rows there are.
    pub(super) rows: usize,
    /// The name of a column of times, and the time of each row.
    pub(super) times: Option<(String, Vec<i64>)>,
    /// The group of each row.
    pub(super) groups: Option<Vec<usize>>,
}

/// A split, and what to say of it.
#[derive(Clone, Debug)]
pub(super) struct RowSplit {
    pub(super) split: Split,
    /// Whether the tested rows come after the others.
    pub(super) in_time_order: bool,
    /// The rows that are tested, in words.
    pub(super) words: String,
    /// Rows in no part, and why; empty if there are none.
    pub(super) dropped: String,
}

impl RowFacts {
    /// Returns the orders in which rows are split, the one to believe first.
    pub(super) fn orders(&self) -> [RowOrder; 2] {
        match self.times {
            Some(_) => [RowOrder::Time, RowOrder::Random],
            None => [RowOrder::Random, RowOrder::File],
        }
    }

    /// Splits the rows in an order. No group stands on two sides.
    pub(super) fn split(&self, order: RowOrder, seed: u64) -> Result<RowSplit> {
        match order {
            RowOrder::Time => self.by_time(),
            RowOrder::Random => {
                let split = match &self.groups {
                    Some(groups) => split::random_grouped(self.rows, groups, seed)?,
                    None => split::random(self.rows, seed)?,
                };
                Ok(RowSplit { split, in_time_order: false, words: order.words(self), dropped: String::new() })
            }
            RowOrder::File => {
                let split = apart(split::by_order(self.rows, seed)?, self.groups.as_deref());
                Ok(RowSplit { split, in_time_order: true, words: order.words(self), dropped: String::new() })
            }
        }
    }

    fn by_time(&self) -> Result<RowSplit> {
        let (_, times) = self.times.as_ref().context("there is no column of times to split by")?;
        let found = split::by_timestamp(times, self.groups.as_deref())?;
        let mut dropped = Vec::new();
        if found.undated > 0 {
            dropped.push(format!("{} rows without a date", found.undated));
        }
        if found.straddling > 0 {
            dropped.push(format!("{} newer rows of earlier leads", found.straddling));
        }
        let dropped =
            if dropped.is_empty() { String::new() } else { format!("{} are in no part", dropped.join(" and ")) };
        let words = format!("{}, from {} on", RowOrder::Time.words(self), day(found.test_from));
        Ok(RowSplit { split: found.split, in_time_order: true, words, dropped })
    }

    /// Returns the split for a model that is to be used: by time, the newest fifth to choose on and none to test on; `None`
    /// without times.
    pub(super) fn for_use(&self) -> Option<Split> {
        let (_, times) = self.times.as_ref()?;
        let mut rows: Vec<usize> = (0..self.rows).collect();
        // Rows without a time come first.
        rows.sort_by_key(|row| (times[*row], *row));
        let mut valid = rows.split_off(self.rows - self.rows * VALID_PERCENT / 100);
        rows.sort_unstable();
        valid.sort_unstable();
        Some(apart(Split { train: rows, valid, ..Split::default() }, self.groups.as_deref()))
    }

    /// Returns the first and the last time.
    pub(super) fn span(&self) -> Option<[i64; 2]> {
        let times = || self.times.iter().flat_map(|(_, times)| times).copied().filter(|time| *time != i64::MIN);
        Some([times().min()?, times().max()?])
    }
}

impl RowOrder {
    /// Returns the rows that are tested, in words.
    pub(super) fn words(self, facts: &RowFacts) -> String {
        match self {
            RowOrder::Time => {
                format!("newest rows by {}", facts.times.as_ref().map_or("time", |(name, _)| name.as_str()))
            }
            RowOrder::Random => "random rows".to_owned(),
            RowOrder::File => "in row order, the last 30 % tested".to_owned(),
        }
    }
}

/// Takes rows out of the test whose group is trained on, and puts those to choose on to the group that is trained on.
fn apart(split: Split, groups: Option<&[usize]>) -> Split {
    let Some(groups) = groups else { return split };
    let of = |rows: &[usize]| -> HashSet<usize> { rows.iter().map(|row| groups[*row]).collect() };
    let (trained, chosen) = (of(&split.train), of(&split.valid));
    let before = split.test.len();
    let (moved, valid): (Vec<usize>, Vec<usize>) =
        split.valid.into_iter().partition(|row| trained.contains(&groups[*row]));
    let mut train = [split.train, moved].concat();
    train.sort_unstable();
    let is_new = |row: &usize| !trained.contains(&groups[*row]) && !chosen.contains(&groups[*row]);
    let test: Vec<usize> = split.test.into_iter().filter(is_new).collect();
    let dropped = split.dropped + before - test.len();
    Split { train, valid, test, dropped }
}

/// Returns the day of a time, as `2026-03-01`.
pub(super) fn day(microseconds: i64) -> String {
    DateTime::from_timestamp_micros(microseconds).map_or_else(String::new, |time| time.format("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(times: bool) -> RowFacts {
        let times = times.then(|| ("created".to_owned(), (0..100).map(|row| row * 86_400_000_000).collect()));
        RowFacts { rows: 100, times, groups: Some((0..100).map(|row| row % 40).collect()) }
    }

    #[test]
    fn no_group_is_tested_that_was_trained_on() {
        for (with_times, order) in [(true, RowOrder::Time), (false, RowOrder::Random), (false, RowOrder::File)] {
            let facts = facts(with_times);
            let groups = facts.groups.clone().expect("groups");
            let Ok(RowSplit { split, .. }) = facts.split(order, 1) else {
                // All of the newest rows belong to groups that began before.
                assert_eq!(order, RowOrder::Time);
                continue;
            };
            let of = |rows: &[usize]| -> HashSet<usize> { rows.iter().map(|row| groups[*row]).collect() };
            let (train, valid, test) = (of(&split.train), of(&split.valid), of(&split.test));
            assert!(train.is_disjoint(&test) && valid.is_disjoint(&test) && train.is_disjoint(&valid), "{order:?}");
        }
    }

    #[test]
    fn a_model_for_use_learns_from_all_rows_and_chooses_on_the_newest() {
        let mut facts = facts(true);
        facts.groups = None;
        let split = facts.for_use().expect("there are times");
        assert_eq!((split.train, split.valid), ((0..80).collect(), (80..100).collect()));
    }

    #[test]
    fn a_column_of_times_comes_before_chance_and_chance_before_the_order_of_the_file() {
        assert_eq!(facts(true).orders(), [RowOrder::Time, RowOrder::Random]);
        assert_eq!(facts(false).orders(), [RowOrder::Random, RowOrder::File]);
    }
}
