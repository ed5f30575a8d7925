//! The fast path: rows of plain values, read from a body's text straight into a model's rows, at a tenth of the work.
//!
//! It covers what most requests send: values by name or in the model's order, with plain strings and numbers. A function
//! returns no rows for anything else, and the parser that called it reads the body by names. Both give the same rows:
//! `tests::fast_path` compares them.

mod text;
mod rows;
mod instances;
mod score;
mod mlflow;
mod csv;

pub(super) use csv::csv;
pub(super) use instances::{instances, json_lines};
pub(in crate::http) use mlflow::mlflow;
pub(in crate::http) use score::FastScoreBody;
