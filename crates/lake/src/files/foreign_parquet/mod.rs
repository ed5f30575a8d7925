//! Parquet files of others: a file of some KB may announce billions of rows, pages of gigabytes and lists of any length.
//!
//! The Parquet reader believes what a file says of itself, and reserves the memory for it. So a file is walked through once
//! before the reader opens it: `thrift` reads its announcements, `footer` checks those of the file, and `pages` those of
//! each page, and what compressed pages really unpack to. Text is read as views of the pages, so that a value that is
//! written once and meant a million times is not copied; `expansion` counts what rows mean while they are read.

mod limits;
mod thrift;
mod footer;
mod pages;
mod expansion;
mod open;
mod texts;
#[cfg(test)]
mod tests;

pub(crate) use expansion::Expansion;
pub(crate) use open::{ForeignParquet, open};
pub(crate) use texts::Texts;
