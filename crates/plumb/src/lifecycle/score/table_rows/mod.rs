//! The rows of a file as people have it, block by block, in the columns that a model sees.
//!
//! The plan of the training says how each column is read. A column that is written in another way is read as it is written,
//! which is said; a cell that cannot be read rejects its row, and is never taken as missing.

mod positions;
mod feature_reader;
mod head;
mod scale;
mod decide;
mod rows;
#[cfg(test)]
mod tests;

pub(super) use decide::Expected;
pub(super) use rows::TableRows;
