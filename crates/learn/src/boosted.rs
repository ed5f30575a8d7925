//! Gradient-boosted trees.
//!
//! XGBoost trains the trees; hyperparameters and early stopping are decided in `tuning`, on the rows to choose on, by the
//! measure in the parameters. The trees' monotone constraints are the features' directions. Once trained, the trees are
//! scored and explained by our own kernel, [`crate::trees`].

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use plumb_lead::{FeatureSet, Matrix, ModelKind};
use plumb_xgboost_sys::Booster;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::explanation::Explanation;
use crate::fit_progress::FitProgress;
use crate::params::Params;
use crate::samples::Samples;
use crate::target_rates::TargetRates;
use crate::trees::{Trees, is_ubj};
use crate::tuning::{self, CategoryEncoding, TrainedBooster, Tuned};

/// Fitted trees. A clone shares them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Boosted {
    trees: Arc<Trees>,
    stored: Arc<Stored>,
}

/// What is written to the model file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stored {
    /// The mean margin of the training rows, as path-dependent TreeSHAP takes it.
    base: f64,
    /// The columns that are categories to XGBoost; empty if all are codes in order.
    categories: Vec<usize>,
    /// The target rates that stand in the place of categories; empty if codes do.
    #[serde(default, skip_serializing_if = "TargetRates::is_empty")]
    rates: TargetRates,
    /// The rounds that count; all, unless the file of an imported model has more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rounds: Option<usize>,
    /// The number that stood for missing values where an imported model was trained, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    missing: Option<f32>,
    /// The model as XGBoost wrote it, byte by byte, because its numbers must not change.
    xgboost: Document,
}

/// XGBoost's file: a text if it is JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Document {
    Json(String),
    Ubj {
        /// In Base64.
        ubj: String,
    },
}

impl Boosted {
    /// Returns the trees of the best hyperparameters that were tried, and these by name.
    pub fn fit(
        features: &FeatureSet,
        train: Samples,
        valid: Samples,
        params: &Params,
    ) -> Result<(Boosted, BTreeMap<String, String>), Error> {
        let (boosted, tuned) = Boosted::search(features, train, valid, params, &|_: ModelKind| ())?;
        Ok((boosted, tuned.describe(features)))
    }

    /// Returns the trees of the best hyperparameters that were tried, and these.
    pub(crate) fn search(
        features: &FeatureSet,
        train: Samples,
        valid: Samples,
        params: &Params,
        fit_progress: &dyn FitProgress,
    ) -> Result<(Boosted, Tuned), Error> {
        train.check(features, "train")?;
        valid.check(features, "choose on")?;
        let encodings = &CategoryEncoding::ALL;
        let (trained, tuned) = tuning::search(features, train, valid, params, encodings, fit_progress)?;
        Ok((Boosted::of(features, trained, &tuned)?, tuned))
    }

    /// Returns trees of hyperparameters that were chosen on other rows.
    pub(crate) fn refit(
        features: &FeatureSet,
        samples: Samples,
        tuned: &Tuned,
        params: &Params,
    ) -> Result<Boosted, Error> {
        Boosted::of(features, tuning::refit(features, samples, tuned, params)?, tuned)
    }

    fn of(features: &FeatureSet, trained: TrainedBooster, tuned: &Tuned) -> Result<Boosted, Error> {
        let categories = match tuned.hyperparameters.encoding {
            CategoryEncoding::Native => {
                tuning::category_columns(features).into_iter().map(|(column, _)| column).collect()
            }
            CategoryEncoding::Ordinal | CategoryEncoding::TargetRate => Vec::new(),
        };
        let TrainedBooster { mut booster, rates } = trained;
        name_columns(&mut booster, features)?;
        // The base is computed from the trees.
        let xgboost = Document::Json(booster.save()?);
        Boosted::try_from(Stored { base: 0.0, categories, rates, rounds: None, missing: None, xgboost })
    }

    /// Returns imported trees. `bytes` are their file, in JSON or UBJ; `numbers` are, for a column of categories, the number
    /// of each level in the trees; of the rounds the first ones count, or all; `missing` is the number that stood for missing
    /// values in training, if one did.
    pub fn import(
        bytes: &[u8],
        rounds: Option<usize>,
        missing: Option<f32>,
        numbers: Vec<(usize, Vec<f64>)>,
    ) -> Result<Boosted, Error> {
        let xgboost = Document::of(bytes)?;
        Boosted::try_from(Stored {
            base: 0.0,
            categories: Vec::new(),
            rates: TargetRates::of(numbers),
            rounds,
            missing,
            xgboost,
        })
    }

    /// Returns trees that XGBoost trained here, with these columns as categories.
    pub(crate) fn trained(bytes: &[u8], categories: Vec<usize>) -> Result<Boosted, Error> {
        let xgboost = Document::of(bytes)?;
        Boosted::try_from(Stored {
            base: 0.0,
            categories,
            rates: TargetRates::default(),
            rounds: None,
            missing: None,
            xgboost,
        })
    }

    /// Returns the model's file as XGBoost wrote it, in JSON or UBJ.
    pub fn file(&self) -> Result<Vec<u8>, Error> {
        self.stored.xgboost.bytes()
    }

    /// Returns the number of each level, for each column of categories that are other numbers than codes to the trees.
    pub fn numbers(&self) -> impl Iterator<Item = (usize, &[f64])> {
        self.stored.rates.columns()
    }

    /// Returns the columns that are categories to XGBoost.
    pub fn categories(&self) -> &[usize] {
        &self.stored.categories
    }

    /// Returns the number that missing values stand for to the trees; `None` if they are missing to them, too.
    pub fn missing(&self) -> Option<f32> {
        self.stored.missing
    }

    /// Returns the number of rounds of the file that count.
    pub fn rounds_counted(&self) -> usize {
        self.stored.rounds.unwrap_or(self.trees.metadata().rounds())
    }

    /// Returns the number of trees.
    pub fn rounds(&self) -> usize {
        self.trees.count()
    }

    /// Returns the log-odds of each row.
    pub fn margins(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        self.trees.margins(&self.stored.rates.apply(matrix))
    }

    /// Returns each feature's contribution to the log-odds: path-dependent TreeSHAP (Lundberg 2018).
    pub fn explain(&self, matrix: &Matrix) -> Result<Explanation, Error> {
        self.trees.explain(&self.stored.rates.apply(matrix))
    }

    /// Returns why the stored trees do not fit a number of features; `None` if they do.
    pub(crate) fn problem(&self, features: usize) -> Option<String> {
        let columns = self.trees.columns();
        (columns != features).then(|| format!("trees on {columns} columns, expected {features}"))
    }
}

/// Writes the columns' names into the model's file, unless XGBoost for Python would refuse some of their letters.
pub(crate) fn name_columns(booster: &mut Booster, features: &FeatureSet) -> Result<(), Error> {
    let names: Vec<&str> = features.features.iter().map(|feature| feature.name.as_str()).collect();
    if names.iter().any(|name| name.contains(['[', ']', '<'])) {
        return Ok(());
    }
    Ok(booster.set_feature_names(&names)?)
}

impl Document {
    fn of(bytes: &[u8]) -> Result<Document, Error> {
        if is_ubj(bytes) {
            return Ok(Document::Ubj { ubj: BASE64_STANDARD.encode(bytes) });
        }
        let text = std::str::from_utf8(bytes).map_err(|error| Error::Trees { why: format!("not JSON: {error}") })?;
        Ok(Document::Json(text.to_owned()))
    }

    fn bytes(&self) -> Result<Vec<u8>, Error> {
        match self {
            Document::Json(text) => Ok(text.clone().into_bytes()),
            Document::Ubj { ubj } => BASE64_STANDARD
                .decode(ubj)
                .map_err(|error| Error::Model { why: format!("its trees are not Base64: {error}") }),
        }
    }
}

impl PartialEq for Boosted {
    fn eq(&self, other: &Boosted) -> bool {
        self.stored == other.stored
    }
}

impl TryFrom<Stored> for Boosted {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Boosted, Error> {
        let trees = Trees::from_bytes(&stored.xgboost.bytes()?, stored.rounds, stored.missing);
        let trees = trees.map_err(|error| Error::Model { why: error.to_string() })?;
        let columns = trees.columns();
        if let Some(column) = stored.categories.iter().find(|column| **column >= columns) {
            return Err(Error::Model { why: format!("category column {column} of {columns}") });
        }
        if let Some(why) = stored.rates.problem(columns) {
            return Err(Error::Model { why });
        }
        let stored = Stored { base: trees.base(), ..stored };
        Ok(Boosted { trees: Arc::new(trees), stored: Arc::new(stored) })
    }
}

impl From<Boosted> for Stored {
    fn from(boosted: Boosted) -> Stored {
        Arc::unwrap_or_clone(boosted.stored)
    }
}
