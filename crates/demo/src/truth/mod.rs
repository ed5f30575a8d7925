//! The true probabilities of the demo company.

mod probabilities;
mod file;

pub use file::TrueProbabilities;
pub(crate) use file::write;
pub(crate) use probabilities::of;
#[cfg(test)]
pub(crate) use probabilities::{APPROVED_HORIZON, CONVERTED_HORIZON, Probabilities};
