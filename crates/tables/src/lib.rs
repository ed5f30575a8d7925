#![doc = include_str!("../README.md")]

mod records;
mod columns;
mod plan;
mod entry;
mod reading_file;
mod report;
mod tally;
mod block;
mod reader;
mod whole_table;
mod error;

pub use block::{Block, ColumnValues, Texts};
pub use columns::{CellTime, Decoder, detect_columns, parse_flag_cell, parse_number_cell, parse_timestamp_cell};
pub use error::Error;
pub use plan::{
    ColumnPlan, ColumnReading, Compression, DateOrder, FileFormat, FilePlan, HeaderPlan, NumberForm, ReadingPlan,
};
pub use reader::TableReader;
pub use records::{Input, Record, RecordSource, Records, open_input};
pub use report::{Level, Note, NoteCode, ReadingReport, SetAside};
pub use whole_table::{WholeTable, read_table};
