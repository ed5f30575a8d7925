//! Models that were trained elsewhere: their files, and which of our features their columns are.

mod limits;
mod archive;
mod columns;
mod file;
mod missing;
mod format;

pub(crate) use columns::{ColumnHints, Columns, columns};
pub(crate) use file::{ImportedFile, read};
pub(crate) use missing::{MissingValue, missing_number};
