//! The decision: the score from which on a lead is worth a call. It is kept apart from the score, which is a probability
//! and knows nothing of costs.

mod threshold;
mod expected;
mod loss;

pub(crate) use expected::expected;
pub(crate) use loss::loss;
pub use threshold::choose;

pub use crate::objective::{Cost, Optimise, StopOn};
