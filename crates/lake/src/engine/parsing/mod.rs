//! SQL functions that read the texts of files as numbers, timestamps and flags: `parse_number`, `parse_timestamp` with a
//! form, `parse_flag`.
//!
//! A text that cannot be read must neither end the ingestion nor become a missing value without a word. So a function
//! returns a value that stands for it, which no text means, and notes the text: `faults`. Who has the rows of a query
//! rejects those with such a value, and says what they had. A flag has no such value: `flags` takes a code instead.

mod forms;
mod faults;
mod functions;
mod flags;

pub(super) use faults::fault_number;
pub(crate) use faults::{CellFaults, Fault, is_fault_number, is_fault_time};
pub(crate) use flags::{FLAG_CODE_SUFFIX, with_flag_codes};
pub(crate) use functions::parsing_functions;
