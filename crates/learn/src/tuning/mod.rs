//! Hyperparameter tuning of boosted trees.
//!
//! First the usual hyperparameters, once with each encoding of categories; the best encoding is kept. Then hyperparameters
//! drawn at random, with the seed, by successive halving (Jamieson and Talwalkar 2016): all grow a few trees, the better
//! half grows more of them, until one is left. Last, the winner once more with a smaller learning rate.
//!
//! The budget is a number of trials and of trees, because the same seed has to give the same model on any machine. Where
//! time is short, drawn hyperparameters compete in groups, and the search may end after any of them: the number of trials
//! is part of the result, and a budget of so many gives the same model.

mod hyperparameters;
mod columns;
mod context;
mod trial;
mod successive_halving;
mod tuned;
mod search;

pub(crate) use columns::category_columns;
pub(crate) use context::{TrainedBooster, xgboost_params};
pub(crate) use hyperparameters::CategoryEncoding;
pub(crate) use search::{refit, search};
pub(crate) use tuned::Tuned;
