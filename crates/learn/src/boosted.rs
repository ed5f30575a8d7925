//! Gradient-boosted trees: the third rung of the ladder.
//!
//! XGBoost grows the trees; which settings to try, when to stop and what to keep is decided here, by log loss on the
//! rows to choose on. The trees' monotone constraints are the features' directions. Once grown, the trees are scored and
//! explained by our own kernel, [`crate::trees`].

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_lead::{FeatureSet, Matrix};
use serde::{Deserialize, Serialize};

use crate::search;
use crate::trees::Trees;
use crate::{Error, Explanation, Params, Samples};

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
        train.check(features, "train")?;
        valid.check(features, "choose on")?;
        let best = search::run(features, train, valid, params)?;
        let categories = if best.settings.native { search::categories(features) } else { Vec::new() };
        let settings = best.describe();
        // The base is what the trees say.
        let boosted = Boosted::try_from(Stored { base: 0.0, categories, xgboost: best.booster.save()? })?;
        Ok((boosted, settings))
    }

    /// Returns the number of trees.
    pub fn rounds(&self) -> usize {
        self.trees.count()
    }

    /// Returns the log-odds of each row.
    pub fn margins(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        self.trees.margins(matrix)
    }

    /// Returns each feature's part in the log-odds: path-dependent TreeSHAP (Lundberg 2018).
    pub fn explain(&self, matrix: &Matrix) -> Result<Explanation, Error> {
        self.trees.explain(matrix)
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
