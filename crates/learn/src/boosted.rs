//! Gradient-boosted trees: the third rung of the ladder.
//!
//! XGBoost grows the trees; which settings to try, when to stop and what to keep is decided here, on the rows to choose
//! on, by the measure that was asked for. The trees' monotone constraints are the features' directions. Once grown, the trees are scored and
//! explained by our own kernel, [`crate::trees`].

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use plumb_lead::{FeatureSet, Matrix, ModelKind};
use plumb_xgboost_sys::Booster;
use serde::{Deserialize, Serialize};

use crate::rates::Rates;
use crate::search::{self, Categories, Grown, Recipe};
use crate::trees::{Trees, is_ubj};
use crate::{Error, Explanation, FitProgress, Params, Samples};

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
    /// The mean margin of the training rows as TreeSHAP sees it.
    base: f64,
    /// The columns that XGBoost was told are categories; empty if all are codes in order.
    categories: Vec<usize>,
    /// The rates that stand in the place of categories; none if codes do.
    #[serde(default, skip_serializing_if = "Rates::is_empty")]
    rates: Rates,
    /// The rounds that count; all, unless the file of a model that was trained elsewhere has more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rounds: Option<usize>,
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
    /// Returns the trees of the best settings that were tried, and those settings by name.
    pub fn fit(
        features: &FeatureSet,
        train: Samples,
        valid: Samples,
        params: &Params,
    ) -> Result<(Boosted, BTreeMap<String, String>), Error> {
        let (boosted, recipe) = Boosted::search(features, train, valid, params, &|_: ModelKind| ())?;
        Ok((boosted, recipe.describe(features)))
    }

    /// Returns the trees of the best settings that were tried, and how to grow such trees again.
    pub(crate) fn search(
        features: &FeatureSet,
        train: Samples,
        valid: Samples,
        params: &Params,
        fit_progress: &dyn FitProgress,
    ) -> Result<(Boosted, Recipe), Error> {
        train.check(features, "train")?;
        valid.check(features, "choose on")?;
        let (grown, recipe) = search::run(features, train, valid, params, &Categories::ALL, fit_progress)?;
        Ok((Boosted::of(features, grown, &recipe)?, recipe))
    }

    /// Returns trees that were grown by a recipe on other rows.
    pub(crate) fn again(
        features: &FeatureSet,
        samples: Samples,
        recipe: &Recipe,
        params: &Params,
    ) -> Result<Boosted, Error> {
        Boosted::of(features, search::again(features, samples, recipe, params)?, recipe)
    }

    fn of(features: &FeatureSet, grown: Grown, recipe: &Recipe) -> Result<Boosted, Error> {
        let categories = match recipe.settings.categories {
            Categories::Native => search::categories(features).into_iter().map(|(column, _)| column).collect(),
            Categories::Ordinal | Categories::Rate => Vec::new(),
        };
        let Grown { mut booster, rates } = grown;
        name_columns(&mut booster, features)?;
        // The base is what the trees say.
        let xgboost = Document::Json(booster.save()?);
        Boosted::try_from(Stored { base: 0.0, categories, rates, rounds: None, xgboost })
    }

    /// Returns trees that were trained elsewhere. `bytes` are their file, in JSON or UBJ; `numbers` are, for a column of
    /// categories, the number that the trees know each of its levels by; of the rounds the first ones count, or all.
    pub fn import(bytes: &[u8], rounds: Option<usize>, numbers: Vec<(usize, Vec<f64>)>) -> Result<Boosted, Error> {
        let xgboost = Document::of(bytes)?;
        Boosted::try_from(Stored { base: 0.0, categories: Vec::new(), rates: Rates::of(numbers), rounds, xgboost })
    }

    /// Returns trees that were grown here on rows in which these columns are categories.
    pub(crate) fn grown(bytes: &[u8], categories: Vec<usize>) -> Result<Boosted, Error> {
        let xgboost = Document::of(bytes)?;
        Boosted::try_from(Stored { base: 0.0, categories, rates: Rates::default(), rounds: None, xgboost })
    }

    /// Returns the model's file as XGBoost wrote it, in JSON or UBJ.
    pub fn file(&self) -> Result<Vec<u8>, Error> {
        self.stored.xgboost.bytes()
    }

    /// Returns for each column of categories that the trees see as other numbers than its codes, the number of each level.
    pub fn numbers(&self) -> impl Iterator<Item = (usize, &[f64])> {
        self.stored.rates.columns()
    }

    /// Returns the columns that XGBoost was told are categories.
    pub fn categories(&self) -> &[usize] {
        &self.stored.categories
    }

    /// Returns the number of rounds of the file that count.
    pub fn rounds_counted(&self) -> usize {
        self.stored.rounds.unwrap_or(self.trees.about().rounds())
    }

    /// Returns the number of trees.
    pub fn rounds(&self) -> usize {
        self.trees.count()
    }

    /// Returns the log-odds of each row.
    pub fn margins(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        self.trees.margins(&self.stored.rates.apply(matrix))
    }

    /// Returns each feature's part in the log-odds: path-dependent TreeSHAP (Lundberg 2018).
    pub fn explain(&self, matrix: &Matrix) -> Result<Explanation, Error> {
        self.trees.explain(&self.stored.rates.apply(matrix))
    }

    /// Returns why the stored trees do not fit a number of features, if they do not.
    pub(crate) fn problem(&self, features: usize) -> Option<String> {
        let columns = self.trees.columns();
        (columns != features).then(|| format!("trees on {columns} columns, expected {features}"))
    }
}

/// Writes the columns' names into the model's file, unless a model with them could not be asked anything in Python, which
/// refuses some letters.
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
        let trees = Trees::from_bytes(&stored.xgboost.bytes()?, stored.rounds);
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

impl From<plumb_xgboost_sys::Error> for Error {
    fn from(error: plumb_xgboost_sys::Error) -> Error {
        Error::Xgboost(Box::new(error))
    }
}
