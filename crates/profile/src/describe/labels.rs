//! The target: which rows of the sample are positive.

use std::collections::BTreeMap;

use super::gathered::TableStatistics;
use crate::error::Error;
use crate::gather::{Column, Facts, SampleValues};
use crate::options::TargetChoice;
use crate::sketch::{MISSING, hash_of_text};
use crate::wording;

/// Words of yes.
const YES: [&str; 6] = ["yes", "true", "1", "y", "ja", "won"];

/// The label of each row of the sample.
pub(super) struct Labels {
    /// The place of the target.
    pub(super) column: usize,
    /// Its positive values, as they are written.
    pub(super) positives: Vec<String>,
    /// Why they are.
    pub(super) why: String,
    /// `None`: the target is missing.
    labels: Vec<Option<bool>>,
}

impl Labels {
    /// Returns the labels of the sample.
    pub(super) fn new(table: &TableStatistics, choice: &TargetChoice) -> Result<Labels, Error> {
        let column = table.columns.iter().position(|column| column.name == choice.column).ok_or_else(|| {
            let known = wording::names(table.columns.iter().map(|column| column.name.as_str()));
            Error::NoTarget(choice.column.clone(), known)
        })?;
        let target = &table.columns[column];
        let values = values_of(target);
        let (positives, why) = positives(target, &values, choice)?;
        let labels = labels_of(target, &positives);
        let found = Labels { column, positives, why, labels };
        let (rows, positive) = (found.known_rows().len() as u64, found.positive_rows());
        if positive == 0 || positive == rows {
            return Err(Error::OneClass {
                column: target.name.clone(),
                positives: positive,
                rows,
                wanted: found.positives.join("`, `"),
                found: listed(&values),
            });
        }
        Ok(found)
    }

    /// Returns the rows in which the target is known, in order.
    pub(super) fn known_rows(&self) -> Vec<usize> {
        (0..self.labels.len()).filter(|row| self.labels[*row].is_some()).collect()
    }

    /// Returns whether a row is positive.
    pub(super) fn is_positive(&self, row: usize) -> bool {
        self.labels[row] == Some(true)
    }

    /// Returns the label of a row; `None` if the target is missing.
    pub(super) fn label(&self, row: usize) -> Option<bool> {
        self.labels[row]
    }

    /// Returns how many rows are positive.
    pub(super) fn positive_rows(&self) -> u64 {
        self.labels.iter().filter(|label| **label == Some(true)).count() as u64
    }

    /// Returns how many rows of the sample have no label.
    pub(super) fn unknown_rows(&self) -> u64 {
        self.labels.iter().filter(|label| label.is_none()).count() as u64
    }
}

/// The values of the target with their rows, the most frequent first.
fn values_of(target: &Column) -> Vec<(String, u64)> {
    match (&target.facts, &target.sample) {
        (Facts::Text(facts), _) => {
            facts.counts.most_frequent().into_iter().map(|counted| (counted.text, counted.count)).collect()
        }
        (Facts::Flag(yes, no), _) => vec![("yes".to_owned(), *yes), ("no".to_owned(), *no)],
        (_, SampleValues::Number(numbers)) => {
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            for number in numbers.iter().filter(|number| !number.is_nan()) {
                *counts.entry(number.to_string()).or_default() += 1;
            }
            let mut values: Vec<(String, u64)> = counts.into_iter().collect();
            values.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
            values
        }
        _ => Vec::new(),
    }
}

fn positives(target: &Column, values: &[(String, u64)], choice: &TargetChoice) -> Result<(Vec<String>, String), Error> {
    if !choice.positives.is_empty() {
        return Ok((choice.positives.clone(), "as asked".to_owned()));
    }
    let is_yes = |value: &&(String, u64)| YES.contains(&value.0.to_lowercase().as_str());
    match values {
        [_, _] => Ok(match values.iter().find(is_yes) {
            Some((value, _)) => (vec![value.clone()], "it means yes".to_owned()),
            None => (vec![values[1].0.clone()], "the rarer of two values".to_owned()),
        }),
        _ => Err(Error::Positive {
            column: target.name.clone(),
            found: format!("{} values: {}", values.len(), listed(values)),
        }),
    }
}

fn labels_of(target: &Column, positives: &[String]) -> Vec<Option<bool>> {
    let means = |words: &[String]| {
        positives.iter().any(|positive| words.iter().any(|word| word.to_lowercase() == positive.trim().to_lowercase()))
    };
    match &target.sample {
        SampleValues::Number(values) if matches!(target.facts, Facts::Flag(..)) => {
            let word = |word: &str| [word.to_owned()];
            let yes = means(&target.words.0) || means(&word("yes")) || means(&word("true")) || means(&word("1"));
            let no = means(&target.words.1) || means(&word("no")) || means(&word("false")) || means(&word("0"));
            let is_positive = |value: f64| if value != 0.0 { yes } else { no };
            values.iter().map(|value| (!value.is_nan()).then(|| is_positive(*value))).collect()
        }
        SampleValues::Number(values) => {
            let wanted: Vec<f64> = positives.iter().filter_map(|positive| positive.trim().parse().ok()).collect();
            values.iter().map(|value| (!value.is_nan()).then(|| wanted.contains(value))).collect()
        }
        SampleValues::Time(values) => vec![None; values.len()],
        SampleValues::Text(hashes, _) => {
            let wanted: Vec<u64> = positives.iter().map(|positive| hash_of_text(positive)).collect();
            hashes.iter().map(|hash| (*hash != MISSING).then(|| wanted.contains(hash))).collect()
        }
    }
}

fn listed(values: &[(String, u64)]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = values
        .iter()
        .take(SHOWN)
        .map(|(value, rows)| format!("`{}` ({} rows)", wording::short(value), wording::count(*rows)))
        .collect();
    let more = if values.len() > SHOWN { ", …" } else { "" };
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") + more }
}
