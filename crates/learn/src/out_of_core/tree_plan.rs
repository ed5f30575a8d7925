//! How trees are trained on all rows.

use std::collections::BTreeMap;
use std::path::Path;

use plumb_lead::{FeatureSet, Matrix};
use plumb_xgboost_sys::{Batch, Booster, DMatrix, FeatureType, Layout};
use serde::{Deserialize, Serialize};

use crate::boosted::{Boosted, name_columns};
use crate::error::Error;
use crate::fit_progress::FitProgress;
use crate::params::Params;
use crate::samples::Samples;
use crate::trees::Trees;
use crate::tuning::{self, CategoryEncoding};

/// What trees are to be trained on all rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TreePlan {
    /// The columns.
    pub features: FeatureSet,
    /// XGBoost's parameters.
    parameters: Vec<(String, String)>,
    /// Columns that are categories to XGBoost.
    categories: Vec<usize>,
    /// Columns that are hidden from the trees, because they are time proxies.
    hidden: Vec<usize>,
    /// The number of trees.
    pub rounds: usize,
}

/// Rows with labels and weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// The rows, in the order of the plan's features.
    pub matrix: Matrix,
    /// A label a row.
    pub labels: Vec<bool>,
    /// A weight a row.
    pub weights: Vec<f32>,
}

/// Batches of rows, from the first to the last.
pub type RowBatches<'a, E> = Box<dyn Iterator<Item = Result<Rows, E>> + 'a>;

/// How trees are trained.
#[derive(Clone, Copy, Debug)]
pub struct GrowConfig<'a> {
    /// A folder for quantiles that memory does not hold.
    pub cache: Option<&'a Path>,
    /// Threads; 0 is one for each core.
    pub threads: usize,
    /// What [`GrownTrees::save`] returned in a run that was interrupted: these trees are not trained again.
    pub saved: Option<&'a [u8]>,
}

/// The trees so far.
#[derive(Debug)]
pub struct GrownTrees<'a> {
    booster: &'a Booster,
    /// The number of rounds so far.
    pub rounds: usize,
}

impl GrownTrees<'_> {
    /// Returns a checkpoint to go on from.
    pub fn save(&self) -> Result<Vec<u8>, Error> {
        Ok(self.booster.save_ubj()?)
    }
}

impl TreePlan {
    /// Searches hyperparameters on a sample of the rows, and returns them by name as well. Categories are codes or categories
    /// to the trees: a target rate would have to be counted over all rows, without each one's own label.
    pub fn search(
        features: &FeatureSet,
        train: Samples,
        valid: Samples,
        params: &Params,
        fit_progress: &dyn FitProgress,
    ) -> Result<(TreePlan, BTreeMap<String, String>), Error> {
        train.check(features, "train")?;
        valid.check(features, "choose on")?;
        let encodings = [CategoryEncoding::Ordinal, CategoryEncoding::Native];
        let (_, tuned) = tuning::search(features, train, valid, params, &encodings, fit_progress)?;
        let native = tuned.hyperparameters.encoding == CategoryEncoding::Native;
        let categories = if native { tuning::category_columns(features) } else { Vec::new() };
        let mut parameters = tuning::xgboost_params(features, &tuned.hyperparameters, params.seed);
        // Then a round's random numbers do not depend on whether the rounds before it were trained in the same run.
        parameters.push(("seed_per_iteration".to_owned(), "true".to_owned()));
        let plan = TreePlan {
            features: features.clone(),
            parameters,
            categories: categories.into_iter().map(|(column, _)| column).collect(),
            hidden: tuned.hidden.clone(),
            rounds: tuned.rounds,
        };
        Ok((plan, tuned.describe(features)))
    }

    /// Trains the trees on all rows and returns XGBoost's file of them. `open` begins with the first batch and must return
    /// the same ones each time. `after_round` is called after each round.
    pub fn grow<'a, E: From<Error> + 'a>(
        &'a self,
        open: &'a dyn Fn() -> Result<RowBatches<'a, E>, E>,
        config: GrowConfig,
        after_round: &mut dyn FnMut(&GrownTrees) -> Result<(), E>,
    ) -> Result<Vec<u8>, E> {
        let mut types = vec![FeatureType::Quantity; self.features.features.len()];
        self.categories.iter().for_each(|column| types[*column] = FeatureType::Category);
        let layout = Layout { types: &types, cache: config.cache, threads: config.threads };
        let batches = || -> Result<XgboostBatches<'a, E>, BatchError<E>> {
            let batches = open().map_err(BatchError)?;
            Ok(Box::new(batches.map(|rows| rows.map(|rows| self.batch(rows)).map_err(BatchError))))
        };
        let matrix = DMatrix::from_batches(&batches, layout).map_err(|BatchError(error)| error)?;
        let xgboost = |error: plumb_xgboost_sys::Error| E::from(Error::from(error));
        let mut booster = match config.saved {
            Some(saved) => {
                // XGBoost trusts what it reads.
                Trees::from_bytes(saved, None, None)?;
                Booster::resumed(&[&matrix], saved).map_err(xgboost)?
            }
            None => Booster::new(&[&matrix]).map_err(xgboost)?,
        };
        for (name, value) in &self.parameters {
            booster.set_param(name, value).map_err(xgboost)?;
        }
        booster.set_param("nthread", &config.threads.to_string()).map_err(xgboost)?;
        for round in booster.rounds().map_err(xgboost)?..self.rounds {
            booster.update(round, &matrix).map_err(xgboost)?;
            after_round(&GrownTrees { booster: &booster, rounds: round + 1 })?;
        }
        name_columns(&mut booster, &self.features)?;
        Ok(booster.save().map_err(xgboost)?.into_bytes())
    }

    /// Returns the trees of a file that [`TreePlan::grow`] returned.
    pub fn trees(&self, file: &[u8]) -> Result<Boosted, Error> {
        Boosted::trained(file, self.categories.clone())
    }

    /// Returns rows as the trees are given them.
    fn batch(&self, rows: Rows) -> Batch {
        let Rows { mut matrix, labels, weights } = rows;
        for row in matrix.values.chunks_exact_mut(matrix.columns.max(1)) {
            row.iter_mut().filter(|value| value.is_infinite()).for_each(|value| *value = f32::NAN);
            self.hidden.iter().for_each(|column| row[*column] = f32::NAN);
        }
        let labels = labels.into_iter().map(|label| f32::from(u8::from(label))).collect();
        Batch { values: matrix.values, labels, weights }
    }
}

/// The batches as XGBoost takes them.
type XgboostBatches<'a, E> = Box<dyn Iterator<Item = Result<Batch, BatchError<E>>> + 'a>;

/// An error of the batches, passed through XGBoost.
struct BatchError<E>(E);

impl<E: From<Error>> From<plumb_xgboost_sys::Error> for BatchError<E> {
    fn from(error: plumb_xgboost_sys::Error) -> BatchError<E> {
        BatchError(Error::from(error).into())
    }
}
