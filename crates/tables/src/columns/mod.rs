//! Columns: what their cells say about how they are to be read, and the values that they become.

mod missing;
mod names;
mod units;
mod number;
mod months;
mod clock;
mod date;
mod flags;
mod identifiers;
mod sketch;
mod distinct;
mod range;
mod forms;
mod evidence;
mod gather;
mod notes;
mod decode;
mod decide;
mod detect;
mod cells;

pub use cells::{has_time_of_day, parse_flag_cell, parse_number_cell, parse_timestamp_cell};
pub use decode::Decoder;
pub use detect::detect_columns;
pub(crate) use notes::{missing_note, unreadable_note};
