//! How good scores are on labelled rows that no model was fitted on.
//!
//! Every measure is a function of scores and labels; one that cannot be computed, such as the AUC of a single class,
//! is an error. Rows of the same score count the same in every measure, whatever their order in the table.

mod checks;
mod ranked;
mod measures;
mod blocks;
mod bootstrap;
mod evaluate;
mod bins;
mod weak_segments;

pub use bins::{gain, reliability};
pub use bootstrap::Bootstrap;
pub(crate) use checks::check_beta;
pub use evaluate::{auc, average_precision, brier, evaluate, f_beta, log_loss};
pub use ranked::{Called, Ranked};
pub use weak_segments::weakest;
