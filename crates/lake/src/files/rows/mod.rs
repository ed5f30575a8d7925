//! The rows of a file of any format and length, block by block, in the columns that a model sees.
//!
//! The model's features define what a column holds, so that hardly anything is guessed: a cell that is not a number where
//! one is expected rejects its row, with its position and the reason. How numbers are written, `1,234.5` or `1.234,5`, is
//! decided for a column over the whole file (`cell_forms`). The texts of a Parquet file are read alike.

mod row_file;
mod block;
mod records;
mod parquet;
mod columns;
mod cell_forms;
mod missing_words;
mod positions;

pub use block::{Block, RejectedRow};
pub use row_file::Rows;
