//! Ground truth: labels of served predictions from outside, in SageMaker's format, and how well the models predicted them.

mod evaluation;
mod files;
mod run;

pub(crate) use evaluation::Contradiction;
pub(crate) use files::RejectedLine;
pub(crate) use run::{GroundTruthOutcome, ModelQuality, UnmatchedEvent, ground_truth};
