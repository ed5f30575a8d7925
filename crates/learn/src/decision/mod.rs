//! The decision: the score from which on a lead is worth a call. It is kept apart from the score, which is a probability
//! and knows nothing of costs.

pub(crate) mod options;
mod threshold;
mod expected;
mod loss;

pub(crate) use expected::expected;
pub(crate) use loss::loss;
pub use options::{Cost, Optimise, StopOn};
pub use threshold::choose;
