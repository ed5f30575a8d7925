//! Splits that keep groups of rows on one side: rows of one person, and copies of a row.
//!
//! A model that has seen one row of a group knows the others, and a test on these measures its memory. A group is any
//! number that its rows share; the numbers themselves mean nothing, and have no part in the split.

use std::collections::HashMap;

use super::parts::{RANDOM_PERCENT, Split, VALID_PERCENT, shuffled, sorted};
use crate::error::Error;

/// A group of more than this share of the rows, in percent, is taken before all others and so trained on: at the end of the
/// order it could leave nothing to test on.
const LARGE_PERCENT: usize = 5;

/// The newest rows, to test on, in percent.
const TEST_PERCENT: usize = 30;

/// The timestamp of a row that has none.
const MISSING: i64 = i64::MIN;

/// A split by a column of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeSplit {
    /// The parts. `dropped` is the sum of `undated` and `straddling`.
    pub split: Split,
    /// From when on rows are to choose on, in microseconds since 1970.
    pub valid_from: i64,
    /// From when on rows are to test on, in microseconds since 1970.
    pub test_from: i64,
    /// Rows without a time: nobody knows on which side they stand, so they are in no part.
    pub undated: usize,
    /// Rows of the time of the test whose group began before it: they are in no part.
    pub straddling: usize,
}

/// Returns groups in which two rows are together if they are together in either of the two given groupings, directly or by
/// way of others. A group's number is its first row.
pub fn joined_groups(first: &[usize], second: &[usize]) -> Result<Vec<usize>, Error> {
    check_groups(second, first.len())?;
    let mut parents: Vec<usize> = (0..first.len()).collect();
    for grouping in [first, second] {
        let mut firsts: HashMap<usize, usize> = HashMap::new();
        for (row, group) in grouping.iter().enumerate() {
            let other = *firsts.entry(*group).or_insert(row);
            let (left, right) = (root(&mut parents, row), root(&mut parents, other));
            parents[left.max(right)] = left.min(right);
        }
    }
    Ok((0..first.len()).map(|row| root(&mut parents, row)).collect())
}

/// Splits rows at random into about 60 %, 20 % and 20 %, each group whole in one part; the same seed gives the same split.
/// Where each row is a group of its own, it is the split of [`super::random`].
pub fn random_grouped(rows: usize, groups: &[usize], seed: u64) -> Result<Split, Error> {
    check_groups(groups, rows)?;
    let (train, valid) = RANDOM_PERCENT;
    let ends = [rows * train / 100, rows * (train + valid) / 100, rows];
    let [train, valid, test] = dealt(&groups_in_order(groups, &shuffled(rows, seed)), &ends)
        .try_into()
        .unwrap_or_else(|_| [Vec::new(), Vec::new(), Vec::new()]);
    Split { train, valid, test, dropped: 0 }.checked(true)
}

/// Splits rows at random into folds, for cross-validation, each group whole in one part: each split has one fold to test on,
/// and of the other rows a fifth to choose on. Where each row is a group of its own, they are those of [`super::folds`].
pub fn folds_grouped(rows: usize, groups: &[usize], count: usize, seed: u64) -> Result<Vec<Split>, Error> {
    check_groups(groups, rows)?;
    if count < 2 || count > rows {
        let expected = "a number from 2 to the number of rows";
        return Err(Error::Parameter { name: "folds", found: count.to_string(), expected });
    }
    let order = groups_in_order(groups, &shuffled(rows, seed));
    let ends: Vec<usize> = (1..=count).map(|fold| fold * rows / count).collect();
    let folds = dealt(&order, &ends);
    folds
        .iter()
        .map(|test| {
            // From the last: the first of them are to choose on, as in `folds`.
            let is_known = |group: &&Vec<usize>| test.binary_search(&group[0]).is_err();
            let known = large_first(order.iter().rev().filter(is_known).cloned().collect(), rows);
            let known_rows = rows - test.len();
            let parts = dealt(&known, &[known_rows - known_rows * VALID_PERCENT / 100, known_rows]);
            let [train, valid] = parts.try_into().unwrap_or_else(|_| [Vec::new(), Vec::new()]);
            Split { train, valid, test: test.clone(), dropped: 0 }.checked(true)
        })
        .collect()
}

/// Splits rows by their times, in microseconds since 1970 ([`i64::MIN`] is a missing one): about the newest 30 % are to test
/// on, of the others the newest fifth to choose on. Rows of one time are on one side.
///
/// A group belongs to the part in which its first row lies, as a lead does in [`super::by_time`]. Its rows that are dated
/// after the test begins although it began before are in no part, and counted: to train on them would be to look ahead, and
/// to test on them to ask what is known. So are rows without a time.
pub fn by_timestamp(timestamps: &[i64], groups: Option<&[usize]>) -> Result<TimeSplit, Error> {
    if let Some(groups) = groups {
        check_groups(groups, timestamps.len())?;
    }
    let group_of = |row: usize| groups.map_or(row, |groups| groups[row]);
    let dated: Vec<usize> = (0..timestamps.len()).filter(|row| timestamps[*row] != MISSING).collect();
    let times: Vec<i64> = dated.iter().map(|row| timestamps[*row]).collect();
    let test_from = boundary(times, TEST_PERCENT).ok_or(Error::NoRows { doing: "split by time" })?;
    let mut began: HashMap<usize, i64> = HashMap::new();
    for row in &dated {
        let first = began.entry(group_of(*row)).or_insert(timestamps[*row]);
        *first = timestamps[*row].min(*first);
    }
    let began_of = |row: &usize| began[&group_of(*row)];
    let (known, test): (Vec<usize>, Vec<usize>) = dated.iter().partition(|row| began_of(row) < test_from);
    let known: Vec<usize> = known.into_iter().filter(|row| timestamps[*row] < test_from).collect();
    let times: Vec<i64> = known.iter().map(began_of).collect();
    let valid_from = boundary(times, VALID_PERCENT).ok_or(Error::NoRows { doing: "choose and calibrate on" })?;
    let undated = timestamps.len() - dated.len();
    let straddling = dated.len() - known.len() - test.len();
    let (train, valid) = known.into_iter().partition(|row| began_of(row) < valid_from);
    let split = Split { train, valid, test, dropped: undated + straddling }.checked(true)?;
    Ok(TimeSplit { split, valid_from, test_from, undated, straddling })
}

fn check_groups(groups: &[usize], rows: usize) -> Result<(), Error> {
    let fits = groups.len() == rows;
    fits.then_some(()).ok_or(Error::Lengths { what: "groups", found: groups.len(), expected: rows })
}

fn root(parents: &mut [usize], row: usize) -> usize {
    let mut row = row;
    while parents[row] != row {
        // Each step halves the way for those that come after.
        parents[row] = parents[parents[row]];
        row = parents[row];
    }
    row
}

/// Returns the rows of each group, in the order in which the groups come; large ones first.
fn groups_in_order(groups: &[usize], order: &[usize]) -> Vec<Vec<usize>> {
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for row in order {
        let place = *places.entry(groups[*row]).or_insert(members.len());
        if place == members.len() {
            members.push(Vec::new());
        }
        members[place].push(*row);
    }
    large_first(members, groups.len())
}

/// Returns the groups with the large ones before all others.
fn large_first(mut members: Vec<Vec<usize>>, rows: usize) -> Vec<Vec<usize>> {
    members.sort_by_key(|group| group.len() == 1 || group.len() * 100 <= LARGE_PERCENT * rows);
    members
}

/// Deals groups out in their order: each goes to the part in which its first row would come. `ends` are the numbers of rows
/// at which the parts end.
fn dealt(groups: &[Vec<usize>], ends: &[usize]) -> Vec<Vec<usize>> {
    let mut parts = vec![Vec::new(); ends.len()];
    let mut before = 0;
    for group in groups {
        let part = ends.partition_point(|end| *end <= before).min(ends.len() - 1);
        parts[part].extend(group);
        before += group.len();
    }
    parts.iter().map(|part| sorted(part)).collect()
}

/// Returns the time from which on about the newest share of the rows lies, at whichever end of the rows of one time is
/// nearer; `None` if there is no time that divides them.
fn boundary(mut times: Vec<i64>, newest_percent: usize) -> Option<i64> {
    times.sort_unstable();
    let (first, last) = (*times.first()?, *times.last()?);
    let wanted = times.len() - times.len() * newest_percent / 100;
    let time = times[wanted.min(times.len() - 1)];
    let (from, to) = (times.partition_point(|other| *other < time), times.partition_point(|other| *other <= time));
    let is_after_nearer = time == first || (to - wanted.min(to) < wanted - from && time != last);
    let boundary = if is_after_nearer { *times.get(to)? } else { time };
    Some(boundary)
}
