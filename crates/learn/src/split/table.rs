//! Splits of a table without times.

use super::parts::{ORDER_PERCENT, RANDOM_PERCENT, Split, VALID_PERCENT, shuffled, sorted};
use crate::error::Error;

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
/// before it, of which the newest fifth is to choose on, as in [`super::for_use`]. It measures regular retraining. `starts` ascend.
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
