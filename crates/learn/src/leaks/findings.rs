//! What is known of each column while the search goes on.

use plumb_lead::Table;

use super::dates::{Creation, Dates};
use super::evidence::Evidence;
use super::log_odds::log_odds_alone;
use super::report::{LeakKind, LeakLevel};
use super::roc::Roc;

/// The rows that are looked at.
pub(super) struct Sample {
    /// The columns of the table, and dates as days.
    pub(super) table: Table,
    pub(super) labels: Vec<bool>,
    pub(super) dates: Vec<Dates>,
    pub(super) creation: Option<Creation>,
    /// Whether a column is known in time, as a person says.
    pub(super) is_kept: Vec<bool>,
    /// How well each column ranks alone.
    pub(super) alone: Vec<Roc>,
    /// The share of positives.
    pub(super) base_rate: f64,
}

impl Sample {
    pub(super) fn new(
        table: Table,
        labels: Vec<bool>,
        dates: Vec<Dates>,
        creation: Option<Creation>,
        keep: &[String],
    ) -> Sample {
        let is_kept = table.columns().iter().map(|column| keep.contains(&column.name)).collect();
        let alone =
            table.columns().iter().map(|column| Roc::new(&log_odds_alone(&column.values, &labels), &labels)).collect();
        let base_rate = labels.iter().filter(|label| **label).count() as f64 / labels.len() as f64;
        Sample { table, labels, dates, creation, is_kept, alone, base_rate }
    }

    /// Returns the place of a column.
    pub(super) fn index(&self, name: &str) -> Option<usize> {
        self.table.columns().iter().position(|column| column.name == name)
    }

    /// Returns the name of a column.
    pub(super) fn name(&self, column: usize) -> &str {
        &self.table.columns()[column].name
    }
}

/// The evidence against each column, and the groups that were found.
pub(super) struct Findings {
    evidence: Vec<Vec<Evidence>>,
    pub(super) groups: Vec<Group>,
}

/// Columns that leak together.
pub(super) struct Group {
    pub(super) kind: LeakKind,
    pub(super) columns: Vec<usize>,
    pub(super) why: String,
}

impl Findings {
    pub(super) fn new(columns: usize) -> Findings {
        Findings { evidence: vec![Vec::new(); columns], groups: Vec::new() }
    }

    /// Adds evidence; of each kind the first counts.
    pub(super) fn add(&mut self, column: usize, evidence: Evidence) {
        if !self.evidence[column].iter().any(|known| known.kind == evidence.kind && known.level <= evidence.level) {
            self.evidence[column].push(evidence);
        }
    }

    /// Returns the evidence against a column, suspicions before questions.
    pub(super) fn of(&self, column: usize) -> Vec<&Evidence> {
        let mut evidence: Vec<&Evidence> = self.evidence[column].iter().collect();
        evidence.sort_by_key(|evidence| evidence.level);
        evidence
    }

    /// Returns whether a column is to be left out.
    pub(super) fn is_suspect(&self, column: usize) -> bool {
        self.evidence[column].iter().any(|evidence| evidence.level == LeakLevel::Suspect)
    }

    /// Returns the columns that are not to be left out.
    pub(super) fn honest(&self) -> Vec<usize> {
        (0..self.evidence.len()).filter(|column| !self.is_suspect(*column)).collect()
    }
}
