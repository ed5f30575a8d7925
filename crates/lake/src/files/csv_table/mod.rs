//! Reads any CSV file into a [`Table`](plumb_lead::Table): delimiter, quoting and the columns' types are detected.
//!
//! - The delimiter is `,` `;` tab or `|`, the quote `"` or `'`; a byte-order mark and CRLF are accepted.
//! - A cell that is empty or one of `NA`, `N/A`, `null`, `NaN`, `unknown`, `?`, in any case, is missing.
//! - A column whose other cells are all `yes`/`no` or `true`/`false` holds flags; all numbers, numbers (0 and 1, too);
//!   anything else, categories. So numbers with thousand separators or units are categories.
//! - A row that cannot be read is rejected with its line and the reason, and the rest is read.
//!
//! [`read_csv`] holds the whole file in memory: it is for a data set on someone's desk, not for a source.

mod table;
mod row_reader;
mod lines;
mod header;
mod dialect;
mod cells;
mod open;
mod error;
#[cfg(test)]
mod tests;

pub use error::{Error, RejectedRow};
pub use table::{CsvTable, read_csv};
