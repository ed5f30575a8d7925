//! Raw rows: every row that a source showed, copied once, unchanged, into Parquet files.
//!
//! All the rest is derived from them, so a correction in `sources/*.sql` corrects the past too.
//! `sources` reads the rows; `ground` derives their meaning.

mod table;
mod state;
mod columns;
mod schema;
mod cell;
mod part_writer;
mod row_hash;
mod newest_rows;
mod key_map;
mod key_file;
mod rejected_row;
mod parts;
mod records;

pub(crate) use parts::{check_parts, note_hashes, remove_unlisted};
pub(crate) use records::records_of;
pub use rejected_row::RejectedRow;
pub(crate) use schema::{schema_of, stored_schema};
pub(crate) use state::{FileState, Part, SourceFailure, State, TableState};
pub(crate) use table::RawTable;
