//! Gradient-boosted trees, by XGBoost: the third rung of the ladder.
//!
//! XGBoost grows the trees; which settings to try, when to stop and what to keep is decided here, by log loss on the
//! rows to choose on. The trees' monotone constraints are the features' directions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use plumb_lead::{FeatureKind, FeatureSet, Matrix};
use plumb_xgboost_sys::{Booster, DMatrix, FeatureType};
use serde::{Deserialize, Serialize};

use crate::search;
use crate::{Error, Explanation, Params, Samples, exact};

/// From this many rows on, all cores work on them; under it, starting threads would cost more than it saves.
const ROWS_FOR_THREADS: usize = 256;

/// Fitted trees.
///
/// It is `Send` and `Sync` although an XGBoost booster is not: boosters are lent out one at a time from a pool that
/// grows to as many as are ever needed at once, so concurrent requests never wait for each other. A clone shares the
/// pool.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Boosted {
    trees: Arc<Trees>,
}

#[derive(Debug)]
struct Trees {
    columns: usize,
    rounds: usize,
    stored: Stored,
    idle: Mutex<Vec<Lent>>,
}

/// A booster and the number of threads that it is set to.
#[derive(Debug)]
struct Lent {
    booster: Booster,
    threads: usize,
}

/// What is written to the model file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stored {
    /// The mean margin of the training rows as TreeSHAP sees it.
    #[serde(with = "exact::number")]
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
        let columns = features.features.len();
        let categories = if best.settings.native { categories(features) } else { Vec::new() };
        let base = base(&best.booster, columns, &categories)?;
        let settings = best.describe();
        let boosted = Boosted::try_from(Stored { base, categories, xgboost: best.booster.save()? })?;
        Ok((boosted, settings))
    }

    /// Returns the number of trees.
    pub fn rounds(&self) -> usize {
        self.trees.rounds
    }

    /// Returns the model as XGBoost's JSON.
    pub fn xgboost_json(&self) -> &str {
        &self.trees.stored.xgboost
    }

    /// Returns the log-odds of each row.
    pub fn margins(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        self.check(matrix)?;
        if matrix.rows == 0 {
            return Ok(Vec::new());
        }
        let margins = self.lend(matrix.rows, |booster| {
            let rows = dmatrix(matrix, &self.trees.stored.categories, threads(matrix.rows))?;
            Ok(booster.margins(&rows)?)
        })?;
        Ok(margins.into_iter().map(f64::from).collect())
    }

    /// Returns each feature's part in the log-odds: path-dependent TreeSHAP (Lundberg 2018), by XGBoost.
    ///
    /// XGBoost adds in 32 bits, so its contributions miss its margin by about a millionth. What is missing is shared
    /// out in proportion to their size, which is under their own error, and the sum is exact.
    pub fn explain(&self, matrix: &Matrix) -> Result<Explanation, Error> {
        self.check(matrix)?;
        let (base, columns) = (self.trees.stored.base, self.trees.columns);
        if matrix.rows == 0 {
            return Ok(Explanation { base, columns, contributions: Vec::new() });
        }
        let (margins, parts) = self.lend(matrix.rows, |booster| {
            let rows = dmatrix(matrix, &self.trees.stored.categories, threads(matrix.rows))?;
            Ok((booster.margins(&rows)?, booster.contributions(&rows)?))
        })?;
        let mut contributions = Vec::with_capacity(matrix.values.len());
        for (margin, parts) in margins.iter().zip(parts.chunks_exact(columns + 1)) {
            // The last part is XGBoost's own base, the same for all rows.
            let parts: Vec<f64> = parts[..columns].iter().map(|part| f64::from(*part)).collect();
            contributions.extend(summing_to(f64::from(*margin) - base, &parts));
        }
        Ok(Explanation { base, columns, contributions })
    }

    /// Returns why the stored trees do not fit a number of features, if they do not.
    pub(crate) fn problem(&self, features: usize) -> Option<String> {
        let columns = self.trees.columns;
        (columns != features).then(|| format!("trees on {columns} columns, expected {features}"))
    }

    fn check(&self, matrix: &Matrix) -> Result<(), Error> {
        let expected = self.trees.columns;
        if matrix.columns == expected { Ok(()) } else { Err(Error::Columns { found: matrix.columns, expected }) }
    }

    /// Runs a function with a booster that nobody else uses, and keeps the booster for the next.
    fn lend<T>(&self, rows: usize, run: impl FnOnce(&Booster) -> Result<T, Error>) -> Result<T, Error> {
        // The lock guards a list that is never left half changed, so a panic elsewhere does not spoil it.
        let idle = || self.trees.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let mut lent = match taken {
            Some(lent) => lent,
            None => Lent::new(&self.trees.stored.xgboost)?,
        };
        lent.set_threads(threads(rows))?;
        let answer = run(&lent.booster)?;
        idle().push(lent);
        Ok(answer)
    }
}

impl PartialEq for Boosted {
    fn eq(&self, other: &Boosted) -> bool {
        self.trees.stored == other.trees.stored
    }
}

impl TryFrom<Stored> for Boosted {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Boosted, Error> {
        let broken = |why: plumb_xgboost_sys::Error| Error::Model { why: format!("its trees: {}", why.message) };
        let lent = Lent::new(&stored.xgboost).map_err(broken)?;
        let columns = lent.booster.columns().map_err(broken)?;
        let rounds = lent.booster.rounds().map_err(broken)?;
        if let Some(column) = stored.categories.iter().find(|column| **column >= columns) {
            return Err(Error::Model { why: format!("category column {column} of {columns}") });
        }
        Ok(Boosted { trees: Arc::new(Trees { columns, rounds, stored, idle: Mutex::new(vec![lent]) }) })
    }
}

impl From<Boosted> for Stored {
    fn from(boosted: Boosted) -> Stored {
        boosted.trees.stored.clone()
    }
}

impl Lent {
    fn new(json: &str) -> Result<Lent, plumb_xgboost_sys::Error> {
        let mut lent = Lent { booster: Booster::load(json)?, threads: usize::MAX };
        lent.set_threads(1)?;
        Ok(lent)
    }

    /// To set a parameter makes XGBoost configure itself anew, so it is done only for a change.
    fn set_threads(&mut self, threads: usize) -> Result<(), plumb_xgboost_sys::Error> {
        if self.threads != threads {
            self.booster.set_param("nthread", &threads.to_string())?;
            self.threads = threads;
        }
        Ok(())
    }
}

impl From<plumb_xgboost_sys::Error> for Error {
    fn from(error: plumb_xgboost_sys::Error) -> Error {
        Error::Xgboost(Box::new(error))
    }
}

/// Returns the columns that hold categories.
pub(crate) fn categories(features: &FeatureSet) -> Vec<usize> {
    let is_category = |index: &usize| matches!(features.features[*index].kind, FeatureKind::Category { .. });
    (0..features.features.len()).filter(is_category).collect()
}

/// Returns the rows as XGBoost takes them.
pub(crate) fn dmatrix(matrix: &Matrix, categories: &[usize], threads: usize) -> Result<DMatrix, Error> {
    let mut rows = DMatrix::from_dense(&matrix.values, matrix.rows, matrix.columns, threads)?;
    if !categories.is_empty() {
        let mut types = vec![FeatureType::Quantity; matrix.columns];
        categories.iter().for_each(|column| types[*column] = FeatureType::Category);
        rows.set_feature_types(&types)?;
    }
    Ok(rows)
}

fn threads(rows: usize) -> usize {
    if rows < ROWS_FOR_THREADS { 1 } else { 0 }
}

/// Returns XGBoost's base, which it gives with the contributions of any row.
fn base(booster: &Booster, columns: usize, categories: &[usize]) -> Result<f64, Error> {
    let row = Matrix { values: vec![f32::NAN; columns], rows: 1, columns };
    let parts = booster.contributions(&dmatrix(&row, categories, 1)?)?;
    Ok(f64::from(parts[columns]))
}

/// Returns the parts changed by as little as possible, relative to their size, so that they sum to `total`.
fn summing_to(total: f64, parts: &[f64]) -> Vec<f64> {
    let missing = total - parts.iter().sum::<f64>();
    let size: f64 = parts.iter().map(|part| part.abs()).sum();
    if size > 0.0 {
        return parts.iter().map(|part| part + missing * part.abs() / size).collect();
    }
    // Trees without a split: all rows are alike, and what is missing is rounding of the base.
    let mut parts = parts.to_vec();
    if let Some(first) = parts.first_mut() {
        *first = missing;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::summing_to;

    #[test]
    fn parts_sum_to_the_total_and_hardly_change() {
        let parts = summing_to(1.000_001, &[3.0, -2.0, 0.0]);
        assert!((parts.iter().sum::<f64>() - 1.000_001).abs() < 1e-15);
        assert!((parts[0] - 3.0).abs() < 1e-6 && (parts[1] + 2.0).abs() < 1e-6 && parts[2] == 0.0, "{parts:?}");
        assert_eq!(summing_to(1e-8, &[0.0, 0.0]), [1e-8, 0.0]);
    }
}
