//! Model cards: what the registry stores beside a model's file.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{AgeMetrics, Error, FairnessMetrics, GainBin, Metrics, Profit, ReliabilityBin, Segment, TrainingSettings};

/// The kinds of candidate models, simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// The team's scorecard.
    Rules,
    /// Logistic regression.
    Logistic,
    /// Gradient-boosted trees, by XGBoost.
    Xgboost,
    /// The mean of logistic regression and trees, in log-odds.
    Ensemble,
}

impl ModelKind {
    /// Returns the word used in JSON, in the store and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            ModelKind::Rules => "rules",
            ModelKind::Logistic => "logistic",
            ModelKind::Xgboost => "xgboost",
            ModelKind::Ensemble => "ensemble",
        }
    }
}

impl std::str::FromStr for ModelKind {
    type Err = Error;

    fn from_str(word: &str) -> Result<ModelKind, Error> {
        [ModelKind::Rules, ModelKind::Logistic, ModelKind::Xgboost, ModelKind::Ensemble]
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| Error::Word {
                what: "model kind",
                found: word.to_owned(),
                expected: "rules, logistic, xgboost, ensemble",
            })
    }
}

/// Where a model comes from, how good it is and what to know before trusting it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// The content hash of the model's file: its name everywhere.
    pub model_id: String,
    /// The target that it predicts.
    pub target: String,
    /// The kind of model.
    pub kind: ModelKind,
    /// When it was trained: nothing learned later was used.
    pub as_of: DateTime<Utc>,
    /// What it was trained, calibrated and tested on.
    pub dataset: DatasetCard,
    /// Hash of the features' SQL and messages.
    pub features_hash: String,
    /// Version of this program.
    pub code_version: String,
    /// Seed of everything random.
    pub seed: u64,
    /// How it was trained, and what its fit chose.
    pub settings: TrainingSettings,
    /// The decision threshold and why it was chosen.
    pub threshold: Threshold,
    /// Measured on the test part: the newest rows, never trained, calibrated or chosen on. `None` if there are too few
    /// outcomes to set any aside.
    #[serde(default)]
    pub metrics: Option<Metrics>,
    /// Share of positives in each tenth of the test part, best scores first.
    pub gain: Vec<GainBin>,
    /// Predicted against observed share of positives on the test part.
    pub reliability: Vec<ReliabilityBin>,
    /// Mean absolute contribution of each source field on the test part, in log-odds, largest first.
    pub importance: Vec<(String, f64)>,
    /// Where the model is weakest.
    pub weakest: Vec<Segment>,
    /// Columns suspected to reveal the outcome, whether it sees them or not.
    pub leaks: Vec<LeakEvidence>,
    /// Columns that it does not see, though the data set has them: suspected leaks, and what the project leaves out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// The profit of each policy on the test part; none without costs.
    #[serde(default)]
    pub profits: Vec<Profit>,
    /// The measures at each age of a lead, where rows of several ages were tested.
    #[serde(default)]
    pub by_age: Vec<AgeMetrics>,
    /// Fairness metrics of the groups of the configured facets.
    #[serde(default)]
    pub fairness: Vec<FairnessMetrics>,
    /// The file that it was imported from; `None` if it was trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// What it was made of beside its rows; `None` if it was made of a table, or if an earlier program made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_of: Option<MadeOf>,
    /// Anything else a reader should know.
    pub notes: Vec<String>,
}

/// What a model was made of beside its rows, so that one can tell what has changed since. The features' SQL and messages
/// are in the model's own file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeOf {
    /// The version of the ground: the hash of the raw rows, the sources' SQL and the program.
    pub ground: String,
    /// SHA-256 of each of the sources' files of SQL, comments aside, by its name in the project. Empty: not known.
    pub source_sql: BTreeMap<String, String>,
    /// The target's settings as text, by their keys in `plumb.toml`.
    pub target_settings: BTreeMap<String, String>,
    /// SHA-256 of the file of the team's rules; `None` if there was none.
    pub rules: Option<String>,
}

impl ModelCard {
    /// Returns the suspected leaks that it sees: with one of them it may not become the champion by itself.
    pub fn suspects_seen(&self) -> Vec<LeakEvidence> {
        self.leaks.iter().filter(|leak| !self.left_out.contains(&leak.column)).cloned().collect()
    }
}

/// The file of an imported model. The rows that it learned from are not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The file's name.
    pub file: String,
    /// SHA-256 of the file.
    pub file_hash: String,
    /// SHA-256 of the model in the file, which differs if the file is an archive.
    pub model_hash: String,
    /// XGBoost's name of the objective.
    pub objective: String,
    /// The version of XGBoost that wrote it.
    pub xgboost: String,
}

/// The rows behind a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetCard {
    /// Hash of the rows: observations, features, labels, weights. A frozen data set is named by its first digits.
    pub hash: String,
    /// Rows to train on.
    pub rows_train: usize,
    /// Rows to calibrate and choose on.
    pub rows_valid: usize,
    /// Rows to test on.
    pub rows_test: usize,
    /// Share of positives among the rows to train on.
    pub base_rate: f64,
    /// Rows left out because they are too young to have a label.
    pub rows_censored: usize,
    /// `as_of` of the oldest and of the newest row; `None` for a table without time.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// The score from which a lead is worth a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The score.
    pub score: f64,
    /// Why it was chosen, as a sentence with its figures.
    pub why: String,
}

/// A column suspected to reveal the outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeakEvidence {
    /// The column.
    pub column: String,
    /// Why, as a sentence with its figures.
    pub why: String,
}
