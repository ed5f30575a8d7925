//! The operational database: predictions, feedback on them, the models' cards and stages, variants, alerts and weekly
//! reports. One SQLite file, `plumb.db`, in the data folder. The store writes what it is given: callers make ids and
//! timestamps.
//!
//! Durability: the file is in WAL mode with `synchronous = NORMAL`. A commit is in the operating system's hands when a
//! call returns, so what was acknowledged survives the program being killed at any moment. A power cut may lose the
//! last commits before it, never the file's consistency. What a server answers is safer: it is in its journal first.

mod database;
mod migrations;
mod timestamps;
mod bulk_insert;
mod prediction_row;
mod predictions;
mod ranked_list;
mod feedback;
mod lead_briefs;
mod recent_leads;
mod model_cards;
mod stage;
mod stages;
mod variants;
mod registry_marker;
mod monitoring;
mod ground_truth;
mod journal_segments;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use database::Store;
pub(crate) use ground_truth::{EventLabels, LabelledPrediction, StoredLabels};
pub(crate) use journal_segments::RecordedCall;
pub(crate) use lead_briefs::LeadBrief;
pub(crate) use prediction_row::PredictionRow;
pub(crate) use ranked_list::BandCounts;
pub(crate) use registry_marker::RegistryMarker;
pub(crate) use stage::Stage;
pub(crate) use stages::{Action, StageChange};
pub(crate) use variants::Variant;
