//! Text with a record a line and something that separates its cells: CSV in all its forms.

mod cut;
mod dialect;
mod detect;
mod splitter;
mod table;

pub(crate) use table::detect_separated;
