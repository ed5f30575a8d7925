//! Rows as bins, one byte a value, so that a split is tested for a whole block of rows by a few instructions.
//!
//! Whether a value is below a threshold depends only on how many of the model's thresholds on that feature are at or
//! under it. That count is the value's bin; each split then compares bins. It is exact: the thresholds are compared with
//! the values as XGBoost compares them, once, when the rows are binned.
//!
//! A feature with more than 255 thresholds has several columns of bins, and so has a categorical feature of many
//! categories. A column exists twice if some splits send missing values left and others right.

mod values;
mod bin_test;
mod columns;

pub(crate) use bin_test::BinTest;
pub(crate) use columns::Bins;
