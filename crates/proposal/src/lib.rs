#![doc = include_str!("../README.md")]

mod words;
mod summary;
mod presets;
mod status;
mod columns;
mod choices;
mod links;
mod tables;
mod fields;
mod events;
mod targets;
mod sql;
mod keys;
mod features;
mod files;
mod proposal;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use choices::{Choices, SourceKind, SourceSpec, TargetChoice};
pub use columns::ColumnRole;
pub use presets::{Preset, preset, presets};
pub use proposal::{ColumnProposal, LeftOutColumn, Proposal, ProposedFile, TableProposal, propose};
pub use status::StatusMeaning;
pub use summary::{ColumnSummary, HistoryField, StoredKind, SummaryBuilder, TableName, TableSummary};
pub use tables::Purpose;
pub use targets::TargetSummary;
pub use words::sql_name as source_name;
