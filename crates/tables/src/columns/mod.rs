//! Columns: what their cells say about how they are to be read, and the values that they become.

mod sketch;
mod distinct;
mod names;
mod missing;
mod flags;
mod units;
mod number;
mod months;
mod clock;
mod date;
mod identifiers;
mod range;
mod forms;
mod evidence;
mod gather;
mod decode;
mod notes;
mod decide;
mod detect;
mod cells;

pub use cells::{CellTime, parse_flag_cell, parse_number_cell, parse_timestamp_cell};
pub use decode::Decoder;
pub use detect::detect_columns;
pub(crate) use notes::{missing_note, quoted, unreadable_note};
