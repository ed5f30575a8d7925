//! What a table holds: types, keys, volumes, dates and values, gathered in one pass over its rows.

mod sample;
mod column;
mod table;
mod builder;
mod history;

pub use builder::SummaryBuilder;
pub use column::{ColumnSummary, StoredKind};
pub use history::HistoryField;
pub(crate) use history::history_columns;
pub use table::{TableName, TableSummary};
