//! Reads the cells of a spreadsheet, an XLSX workbook (ECMA-376): their values, and no formula, chart or style.
//!
//! `zip` unpacks the file and `quick-xml` reads its parts; what the cells mean is our own, because number formats matter
//! here: Excel makes a date of a typed `3-5`, and only the format that it picks for it tells such a date from a real one
//! (docs/decisions/0013).
//!
//! A workbook is packed, and may name one text a million times: how much it may unpack to and hold is in `limits`.

mod limits;
mod package;
mod xml;
mod number_format;
mod shared_strings;
mod sheet;
mod workbook;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use workbook::{Workbook, read};
