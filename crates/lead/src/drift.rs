//! How far the world has moved from what a model was trained on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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

/// A message about something that moved, raised once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Alerts with the same key are the same: target, column and cause.
    pub key: String,
    /// The target.
    pub target: String,
    /// The model.
    pub model_id: String,
    /// The feature, or `score`.
    pub column: String,
    /// What moved, where, since when.
    pub text: String,
    /// The window in which it was first seen.
    pub since: DateTime<Utc>,
}
