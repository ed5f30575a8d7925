//! The kernel: it scores and explains a model that XGBoost trained, without XGBoost.
//!
//! - [`Trees`] is the way in: it reads the model's file and refuses what it does not understand.
//! - `format` has the readers of JSON and UBJ, and the checks.
//! - `tree` is a checked tree; `bins` turns rows into bins, on which splits are tested for many rows at once.
//! - `predict` computes margins: one row node by node, or a block of rows with vector instructions.
//! - `shap` computes contributions by path-dependent TreeSHAP (Lundberg 2018), exactly: all is added in 64 bits, and a row's
//!   contributions and the base sum to its margin.
//! - `simd` picks the vector instructions of the processor.
//!
//! What is fastest depends on the tree and on the number of rows; every way decides and adds in the same order, so a row
//! gets the same bits alone and among others, on every processor.

mod model;
mod format;
mod tree;
mod column_splits;
mod blocks;
mod bins;
mod predict;
mod shap;
mod simd;
#[cfg(test)]
mod test_model;

pub use column_splits::{ColumnSplits, column_splits};
pub use format::ModelMetadata;
pub(crate) use format::is_ubj;
pub use model::Trees;
