//! One trial: trees that are added until the loss on the rows to choose on no longer falls.

use std::borrow::Cow;

use plumb_lead::{FeatureSet, Matrix};
use plumb_xgboost_sys::{Booster, DMatrix, FeatureType};

use super::Ground;
use super::settings::{Categories, Settings};
use crate::rates::Rates;
use crate::{Error, Samples, decision};

/// Trees are added until this many in a row did not lower the loss; of slow learners, three times as many.
const PATIENCE: usize = 25;

/// Trees that grow, and the rows that they grow on and are judged on.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) settings: Settings,
    pub(super) patience: usize,
    /// The number of trees of the least loss.
    pub(super) rounds: usize,
    pub(super) loss: f64,
    grown: usize,
    is_over: bool,
    booster: Booster,
    train: DMatrix,
    valid: DMatrix,
    rates: Rates,
}

/// Trees to keep, and the rates that they were grown on.
#[derive(Debug)]
pub(crate) struct Grown {
    pub(crate) booster: Booster,
    pub(crate) rates: Rates,
}

impl Trial {
    pub(super) fn new(ground: &Ground, settings: &Settings, threads: usize) -> Result<Trial, Error> {
        let (train, rates) = ground.train_rows(ground.train, settings.categories, threads)?;
        let valid = ground.rows(&rates.apply(ground.valid.matrix), ground.valid, settings.categories, threads)?;
        let mut booster = Booster::new(&[&train, &valid])?;
        ground.set(&mut booster, settings, threads)?;
        let (patience, loss) = (PATIENCE, f64::INFINITY);
        let settings = settings.clone();
        Ok(Trial { settings, patience, rounds: 0, loss, grown: 0, is_over: false, booster, train, valid, rates })
    }

    /// Adds trees until there are this many, or the loss has long not fallen. The loss is measured here and not by
    /// XGBoost, so that it is the one that the user asked for.
    pub(super) fn grow_to(&mut self, rounds_max: usize, ground: &Ground) -> Result<(), Error> {
        while !self.is_over && self.grown < rounds_max {
            self.booster.update(self.grown, &self.train)?;
            self.grown += 1;
            let margins: Vec<f64> = self.booster.margins(&self.valid)?.into_iter().map(f64::from).collect();
            let loss = decision::loss(&margins, ground.valid, ground.params)?;
            if loss < self.loss {
                (self.rounds, self.loss) = (self.grown, loss);
            } else if self.grown >= self.rounds + self.patience {
                self.is_over = true;
            }
        }
        Ok(())
    }

    /// Returns the trees up to the round of least loss.
    pub(super) fn finish(self) -> Result<Grown, Error> {
        Ok(Grown { booster: self.booster.first_rounds(self.rounds)?, rates: self.rates })
    }
}

impl Ground<'_> {
    /// Grows so many trees on rows that nothing is chosen on.
    pub(super) fn grow(&self, samples: Samples, settings: &Settings, rounds: usize) -> Result<Grown, Error> {
        let threads = self.threads_of_one();
        let (train, rates) = self.train_rows(samples, settings.categories, threads)?;
        let mut booster = Booster::new(&[&train])?;
        self.set(&mut booster, settings, threads)?;
        for round in 0..rounds {
            booster.update(round, &train)?;
        }
        Ok(Grown { booster, rates })
    }

    fn train_rows(&self, samples: Samples, categories: Categories, threads: usize) -> Result<(DMatrix, Rates), Error> {
        if categories != Categories::Rate {
            return Ok((self.rows(samples.matrix, samples, categories, threads)?, Rates::default()));
        }
        let (rates, matrix) = Rates::learn(&self.categories, samples);
        Ok((self.rows(&matrix, samples, categories, threads)?, rates))
    }

    fn rows(
        &self,
        matrix: &Matrix,
        samples: Samples,
        categories: Categories,
        threads: usize,
    ) -> Result<DMatrix, Error> {
        let shown = self.shown(matrix);
        let mut rows = DMatrix::from_dense(&shown, matrix.rows, matrix.columns, threads)?;
        if categories == Categories::Native {
            let mut types = vec![FeatureType::Quantity; matrix.columns];
            self.categories.iter().for_each(|(column, _)| types[*column] = FeatureType::Category);
            rows.set_feature_types(&types)?;
        }
        let labels: Vec<f32> = samples.labels.iter().map(|label| f32::from(u8::from(*label))).collect();
        rows.set_labels(&labels)?;
        rows.set_weights(samples.weights)?;
        Ok(rows)
    }

    /// Returns the values with what the trees must not see made missing.
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

    fn set(&self, booster: &mut Booster, settings: &Settings, threads: usize) -> Result<(), Error> {
        for (name, value) in named(settings, self.params.seed, &self.constraints) {
            booster.set_param(&name, &value)?;
        }
        Ok(booster.set_param("nthread", &threads.to_string())?)
    }
}

/// Returns XGBoost's parameters of some settings, but for the number of threads, which has no part in the trees.
pub(crate) fn parameters(features: &FeatureSet, settings: &Settings, seed: u64) -> Vec<(String, String)> {
    named(settings, seed, &super::constraints(features))
}

fn named(settings: &Settings, seed: u64, constraints: &str) -> Vec<(String, String)> {
    // XGBoost's seed has 63 bits.
    let seed = (seed & (u64::MAX >> 1)).to_string();
    let fixed = [
        ("objective", "binary:logistic".to_owned()),
        ("tree_method", "hist".to_owned()),
        ("seed", seed),
        ("monotone_constraints", constraints.to_owned()),
    ];
    settings.named().into_iter().chain(fixed).map(|(name, value)| (name.to_owned(), value)).collect()
}
