//! A model ready to score: rows or leads in, predictions with their reasons out.
//!
//! Where rows come from, a file, a request or the ground, makes no difference here, and nothing is stored.

mod artifact;
mod scorer;
mod cost;
mod lead;
mod predictions;
mod named_rows;
mod rows;
mod reasons;
mod value_sentences;
mod error;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use artifact::{Artifact, Inputs};
pub(crate) use cost::{PREDICTION_JSON_BYTES, REASON_JSON_BYTES};
pub(crate) use error::Error;
pub(crate) use lead::{provenance_of, score_lead};
pub(crate) use named_rows::table_of;
pub(crate) use predictions::{Predictions, RowKey, RowScores, add_unseen, inputs, row_of};
pub(crate) use reasons::REASONS_MAX;
pub(crate) use rows::{Cell, Rows, RowsWriter};
pub(crate) use scorer::{Explain, Scorer};
