//! One trial: trees that are added until the loss on the rows to choose on no longer falls.

use plumb_xgboost_sys::{Booster, DMatrix};

use super::context::{TrainedBooster, TrainingContext};
use super::hyperparameters::Hyperparameters;
use crate::decision;
use crate::error::Error;
use crate::target_rates::TargetRates;

/// Early stopping: trees are added until this many in a row did not lower the loss; with a small learning rate, three times
/// as many.
const PATIENCE: usize = 25;

/// Trees that grow, and the rows that they are trained and judged on.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) hyperparameters: Hyperparameters,
    pub(super) patience: usize,
    /// The number of trees of the least loss.
    pub(super) rounds: usize,
    pub(super) loss: f64,
    rounds_trained: usize,
    is_stopped: bool,
    booster: Booster,
    train: DMatrix,
    valid: DMatrix,
    rates: TargetRates,
}

impl Trial {
    pub(super) fn new(
        context: &TrainingContext,
        hyperparameters: &Hyperparameters,
        threads: usize,
    ) -> Result<Trial, Error> {
        let (train, rates) = context.train_rows(hyperparameters.encoding, threads)?;
        let valid = context.valid_rows(&rates, hyperparameters.encoding, threads)?;
        let mut booster = Booster::new(&[&train, &valid])?;
        context.set_params(&mut booster, hyperparameters, threads)?;
        Ok(Trial {
            hyperparameters: hyperparameters.clone(),
            patience: PATIENCE,
            rounds: 0,
            loss: f64::INFINITY,
            rounds_trained: 0,
            is_stopped: false,
            booster,
            train,
            valid,
            rates,
        })
    }

    /// Adds trees until there are this many, or the loss has not fallen for long. The loss is measured here and not by
    /// XGBoost, so that it is the one that the user configured.
    pub(super) fn train_to(&mut self, rounds_max: usize, context: &TrainingContext) -> Result<(), Error> {
        while !self.is_stopped && self.rounds_trained < rounds_max {
            self.booster.update(self.rounds_trained, &self.train)?;
            self.rounds_trained += 1;
            let margins: Vec<f64> = self.booster.margins(&self.valid)?.into_iter().map(f64::from).collect();
            let loss = decision::loss(&margins, context.valid, context.params)?;
            if loss < self.loss {
                (self.rounds, self.loss) = (self.rounds_trained, loss);
            } else if self.rounds_trained >= self.rounds + self.patience {
                self.is_stopped = true;
            }
        }
        Ok(())
    }

    /// Returns the trees up to the round of least loss.
    pub(super) fn finish(self) -> Result<TrainedBooster, Error> {
        Ok(TrainedBooster { booster: self.booster.first_rounds(self.rounds)?, rates: self.rates })
    }
}
