//! The rows of a Parquet file, block by block, in the columns that a model sees.
//!
//! The model's features define what a column holds, so that nothing is guessed: a cell that is not a number where one is
//! expected rejects its row, with its position and the reason.

mod block;
mod parquet;
mod columns;
mod missing_words;
mod positions;

pub use block::{Block, RejectedRow};
pub use parquet::ParquetRows;
