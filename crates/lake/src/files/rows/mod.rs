//! The rows of a CSV or Parquet file of any length, block by block, in the columns that a model sees.
//!
//! The model's features define what a column holds, so that nothing is guessed: a cell that is not a number where one
//! is expected rejects its row, with its position and the reason. `csv_table` knows how CSV is written and which texts
//! mean a missing value; the texts of a Parquet file are read alike.

mod row_file;
mod block;
mod csv;
mod parquet;
mod columns;
mod positions;

pub use block::{Block, RejectedRow};
pub use row_file::Rows;
