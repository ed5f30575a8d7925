//! What the raw records of a file are: lines above the table, its names, its rows, and lines below.

mod looks;
mod names;
mod header;
mod fixed_header;
mod shape;
mod footers;
mod survey;
mod rows;
mod said;
mod table_source;

pub(crate) use fixed_header::places_of;
pub(crate) use names::tell_apart;
pub(crate) use survey::Letters;
pub(crate) use table_source::lay_out;
