//! How far the world has moved from what a model was trained on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Unseen;

/// One window compared with a model's training data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitorReport {
    /// The target.
    pub target: String,
    /// The model.
    pub model_id: String,
    /// Start of the window.
    pub from: DateTime<Utc>,
    /// End of the window, which is not in it.
    pub to: DateTime<Utc>,
    /// Number of observations that were compared: those of the window and, if they were too few, of weeks before it.
    pub rows: usize,
    /// The prediction first, then each feature.
    pub drifts: Vec<Drift>,
    /// Outcomes of the earlier leads whose horizon ended in the window; `None` if there are none.
    pub matured: Option<Matured>,
    /// The rows of the window's last week by column and bin, for windows of several weeks; `None` in reports of programs that
    /// did not count them. Not in the JSON of the API.
    #[serde(skip)]
    pub counts: Option<WeekCounts>,
}

/// The rows of a week by column and bin of a model's baseline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WeekCounts {
    /// Number of rows.
    pub rows: usize,
    /// Rows in each bin: of the score first, then of each feature of the model.
    pub columns: Vec<Vec<u32>>,
    /// Categories that training never saw.
    pub unseen: Vec<Unseen>,
}

impl WeekCounts {
    /// Returns both weeks together. One that counted nothing changes nothing.
    pub fn and(mut self, other: &WeekCounts) -> WeekCounts {
        self.rows += other.rows;
        self.columns.resize(self.columns.len().max(other.columns.len()), Vec::new());
        for (column, more) in self.columns.iter_mut().zip(&other.columns) {
            column.resize(column.len().max(more.len()), 0);
            column.iter_mut().zip(more).for_each(|(rows, more)| *rows += more);
        }
        for more in &other.unseen {
            let same = |unseen: &&mut Unseen| unseen.feature == more.feature && unseen.level == more.level;
            match self.unseen.iter_mut().find(same) {
                Some(unseen) => unseen.rows += more.rows,
                None => self.unseen.push(more.clone()),
            }
        }
        self
    }
}

/// Outcomes of some leads against what a model had expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Matured {
    /// Number of observations.
    pub rows: usize,
    /// Number of positives.
    pub positives: usize,
    /// Number of positives that were expected: the sum of the scores.
    pub expected: f64,
    /// Variance of that number if the scores are true: the sum of `p (1 - p)`.
    pub variance: f64,
}

impl Matured {
    /// Returns both together.
    pub fn and(self, other: Matured) -> Matured {
        Matured {
            rows: self.rows + other.rows,
            positives: self.positives + other.positives,
            expected: self.expected + other.expected,
            variance: self.variance + other.variance,
        }
    }

    /// Returns how many standard errors the positives are over the expected number; 0 if the variance is 0.
    pub fn surprise(self) -> f64 {
        if self.variance > 0.0 { (self.positives as f64 - self.expected) / self.variance.sqrt() } else { 0.0 }
    }
}

/// How far one column of a window stands from the same column of the training data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The feature, or `score`.
    pub column: String,
    /// Population stability index.
    pub psi: f64,
    /// Jensen–Shannon distance, base 2: 0 is the same, 1 is disjoint.
    pub jensen_shannon: f64,
    /// Share of missing values in the window.
    pub missing: f64,
    /// Share of missing values in the training data.
    pub missing_baseline: f64,
    /// Categories that training never saw, with their share of the window's rows.
    pub unseen: Vec<(String, f64)>,
    /// How serious it is.
    pub verdict: Verdict,
    /// The chance of a move as large, given how much the weeks of the training data differ from each other; 1 in reports of
    /// programs that did not compute it.
    #[serde(default = "certain")]
    pub p_value: f64,
    /// The weeks that were compared together.
    #[serde(default = "one")]
    pub weeks: usize,
}

fn certain() -> f64 {
    1.0
}

fn one() -> usize {
    1
}

/// How serious a drift is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// There are too few rows.
    TooFew,
    /// As in training.
    Stable,
    /// Worth a look.
    Moved,
    /// The model should not be trusted here without one.
    Drifted,
}

impl Verdict {
    /// Returns the word used in JSON, in the store and on the page.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::TooFew => "too_few",
            Verdict::Stable => "stable",
            Verdict::Moved => "moved",
            Verdict::Drifted => "drifted",
        }
    }
}
