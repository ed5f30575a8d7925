//! Gradient-boosted trees: the third rung of the ladder.
//!
//! XGBoost grows the trees; which settings to try, when to stop and what to keep is decided here, on the rows to choose
//! on, by the measure that was asked for. The trees' monotone constraints are the features' directions. Once grown, the trees are scored and
//! explained by our own kernel, [`crate::trees`].

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_lead::{FeatureSet, Matrix, ModelKind};
use serde::{Deserialize, Serialize};

use crate::rates::Rates;
use crate::search::{self, Categories, Grown, Recipe};
use crate::trees::Trees;
use crate::{Error, Explanation, Onlooker, Params, Samples};

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
    /// The model as XGBoost writes it, which is JSON. It stays text because its numbers must not change.
    xgboost: String,
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
        onlooker: &dyn Onlooker,
    ) -> Result<(Boosted, Recipe), Error> {
        train.check(features, "train")?;
        valid.check(features, "choose on")?;
        let (grown, recipe) = search::run(features, train, valid, params, onlooker)?;
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
        let Grown { booster, rates } = grown;
        // The base is what the trees say.
        Boosted::try_from(Stored { base: 0.0, categories, rates, xgboost: booster.save()? })
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

impl PartialEq for Boosted {
    fn eq(&self, other: &Boosted) -> bool {
        self.stored == other.stored
    }
}

impl TryFrom<Stored> for Boosted {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Boosted, Error> {
        let trees = Trees::from_json(&stored.xgboost).map_err(|error| Error::Model { why: error.to_string() })?;
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
