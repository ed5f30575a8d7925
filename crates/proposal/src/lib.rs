#![doc = include_str!("../README.md")]

mod words;
mod summary;
mod column_role;
mod presets;
mod status;
mod status_names;
mod columns;
mod choices;
mod links;
mod lead_table;
mod tables;
mod fields;
mod events;
mod targets;
mod sql;
mod keys;
mod features;
mod proposed_file;
mod files;
mod proposal;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use choices::{Choices, SourceKind, SourceSpec, TargetChoice};
pub use column_role::ColumnRole;
pub use presets::{Preset, preset, presets};
pub use proposal::{ColumnProposal, LeftOutColumn, Proposal, TableProposal, propose};
pub use proposed_file::ProposedFile;
pub use status::StatusMeaning;
pub use summary::{ColumnSummary, HistoryField, StoredKind, SummaryBuilder, TableName, TableSummary};
pub use tables::Purpose;
pub use targets::TargetSummary;
pub use words::sql_name as source_name;
