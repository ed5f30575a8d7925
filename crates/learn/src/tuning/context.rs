//! What every trial of a search shares, and how XGBoost is given rows and parameters.

use std::borrow::Cow;
use std::thread;

use plumb_lead::{FeatureSet, Matrix};
use plumb_xgboost_sys::{Booster, DMatrix, FeatureType};

use super::columns::{category_columns, monotone_constraints};
use super::hyperparameters::{CategoryEncoding, Hyperparameters};
use crate::error::Error;
use crate::params::Params;
use crate::samples::Samples;
use crate::target_rates::TargetRates;

/// A trial gets another OpenMP thread for each so many training rows; with fewer, waiting for it costs more than it
/// brings.
const ROWS_PER_THREAD: usize = 100_000;

/// What every trial shares.
pub(super) struct TrainingContext<'a> {
    pub(super) train: Samples<'a>,
    pub(super) valid: Samples<'a>,
    /// The columns that hold categories, each with its number of levels.
    pub(super) categories: Vec<(usize, usize)>,
    constraints: String,
    /// Columns that are hidden from the trees.
    hidden: &'a [usize],
    pub(super) params: &'a Params,
}

/// Trained trees, and the target rates that they were trained on.
#[derive(Debug)]
pub(crate) struct TrainedBooster {
    pub(crate) booster: Booster,
    pub(crate) rates: TargetRates,
}

impl<'a> TrainingContext<'a> {
    pub(super) fn new(
        features: &FeatureSet,
        train: Samples<'a>,
        valid: Samples<'a>,
        hidden: &'a [usize],
        params: &'a Params,
    ) -> TrainingContext<'a> {
        let (constraints, categories) = (monotone_constraints(features), category_columns(features));
        TrainingContext { train, valid, categories, constraints, hidden, params }
    }

    /// Trains so many rounds on the training rows, without choosing anything.
    pub(super) fn train(&self, hyperparameters: &Hyperparameters, rounds: usize) -> Result<TrainedBooster, Error> {
        let threads = self.threads_of_one();
        let (train, rates) = self.train_rows(hyperparameters.encoding, threads)?;
        let mut booster = Booster::new(&[&train])?;
        self.set_params(&mut booster, hyperparameters, threads)?;
        for round in 0..rounds {
            booster.update(round, &train)?;
        }
        Ok(TrainedBooster { booster, rates })
    }

    /// Returns the training rows, and the target rates that stand for categories in them.
    pub(super) fn train_rows(
        &self,
        encoding: CategoryEncoding,
        threads: usize,
    ) -> Result<(DMatrix, TargetRates), Error> {
        if encoding != CategoryEncoding::TargetRate {
            return Ok((self.rows(self.train.matrix, self.train, encoding, threads)?, TargetRates::default()));
        }
        let (rates, matrix) = TargetRates::learn(&self.categories, self.train);
        Ok((self.rows(&matrix, self.train, encoding, threads)?, rates))
    }

    pub(super) fn valid_rows(
        &self,
        rates: &TargetRates,
        encoding: CategoryEncoding,
        threads: usize,
    ) -> Result<DMatrix, Error> {
        self.rows(&rates.apply(self.valid.matrix), self.valid, encoding, threads)
    }

    fn rows(
        &self,
        matrix: &Matrix,
        samples: Samples,
        encoding: CategoryEncoding,
        threads: usize,
    ) -> Result<DMatrix, Error> {
        let shown = self.shown(matrix);
        let mut rows = DMatrix::from_dense(&shown, matrix.rows, matrix.columns, threads)?;
        if encoding == CategoryEncoding::Native {
            let mut types = vec![FeatureType::Quantity; matrix.columns];
            self.categories.iter().for_each(|(column, _)| types[*column] = FeatureType::Category);
            rows.set_feature_types(&types)?;
        }
        let labels: Vec<f32> = samples.labels.iter().map(|label| f32::from(u8::from(*label))).collect();
        rows.set_labels(&labels)?;
        rows.set_weights(samples.weights)?;
        Ok(rows)
    }

    /// Returns the values with the hidden columns made missing.
    fn shown<'m>(&self, matrix: &'m Matrix) -> Cow<'m, [f32]> {
        if self.hidden.is_empty() {
            return Cow::Borrowed(&matrix.values);
        }
        let mut values = matrix.values.clone();
        for row in values.chunks_exact_mut(matrix.columns) {
            self.hidden.iter().for_each(|column| row[*column] = f32::NAN);
        }
        Cow::Owned(values)
    }

    pub(super) fn set_params(
        &self,
        booster: &mut Booster,
        hyperparameters: &Hyperparameters,
        threads: usize,
    ) -> Result<(), Error> {
        for (name, value) in named(hyperparameters, self.params.seed, &self.constraints) {
            booster.set_param(&name, &value)?;
        }
        Ok(booster.set_param("nthread", &threads.to_string())?)
    }

    pub(super) fn cores(&self) -> usize {
        match self.params.threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }

    /// Returns the threads of each of so many trials that run beside each other.
    pub(super) fn threads_beside(&self, trials: usize) -> usize {
        (self.cores() / trials).min(self.train.matrix.rows / ROWS_PER_THREAD).max(1)
    }

    pub(super) fn threads_of_one(&self) -> usize {
        self.threads_beside(1)
    }
}

/// Returns XGBoost's parameters, without the number of threads, which has no effect on the trees.
pub(crate) fn xgboost_params(
    features: &FeatureSet,
    hyperparameters: &Hyperparameters,
    seed: u64,
) -> Vec<(String, String)> {
    named(hyperparameters, seed, &monotone_constraints(features))
}

fn named(hyperparameters: &Hyperparameters, seed: u64, constraints: &str) -> Vec<(String, String)> {
    // XGBoost's seed has 63 bits.
    let seed = (seed & (u64::MAX >> 1)).to_string();
    let fixed = [
        ("objective", "binary:logistic".to_owned()),
        ("tree_method", "hist".to_owned()),
        ("seed", seed),
        ("monotone_constraints", constraints.to_owned()),
    ];
    hyperparameters.named().into_iter().chain(fixed).map(|(name, value)| (name.to_owned(), value)).collect()
}
