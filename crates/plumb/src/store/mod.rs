//! The operational database: predictions, feedback on them, the models' cards and stages, variants, alerts, weekly
//! reports and the runs of jobs. One SQLite file, `plumb.db`, in the data folder. The store writes what it is given: callers
//! make ids and timestamps.
//!
//! Durability: the file is in WAL mode with `synchronous = FULL`. A commit is on the disk when a call returns, so what was
//! acknowledged survives a kill and a power cut at any moment. What a server answers is in its journal first.
//!
//! Readers are apart by purpose (`database`), and all transactions are short: a batch writes a part, lets others write, and
//! goes on.

mod damage;
mod transaction;
mod database;
mod migrations;
mod timestamps;
mod bulk_insert;
mod prediction_row;
mod predictions;
mod ranked_page;
mod ranked_list;
mod scoring_runs;
mod feedback;
mod lead_history;
mod lead_briefs;
mod recent_leads;
mod model_cards;
mod stage;
mod stages;
mod variants;
mod registry_marker;
mod monitoring;
mod alerts;
mod retraining;
mod ground_truth;
mod shadow_predictions;
mod journal_segments;
mod checks;
mod job_runs;
mod job_timings;
mod snapshot;
mod compaction;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use compaction::Compacted;
pub(crate) use damage::RECOVERY;
pub(crate) use database::{LIST_READERS, Store};
pub(crate) use feedback::RecordedFlag;
pub(crate) use ground_truth::{EventLabels, LabelledPrediction, StoredLabels};
pub(crate) use job_runs::JobRun;
pub(crate) use job_timings::KeptTiming;
pub(crate) use journal_segments::RecordedCall;
pub(crate) use lead_briefs::LeadBrief;
pub(crate) use lead_history::StoredOrder;
pub(crate) use prediction_row::PredictionRow;
pub(crate) use ranked_list::BandCounts;
pub(crate) use ranked_page::RankedPosition;
pub(crate) use registry_marker::RegistryMarker;
pub(crate) use retraining::{ChallengerInShadow, PromotionStop, StoredPromotion, StoredRetraining};
pub(crate) use scoring_runs::ScoringRun;
pub(crate) use stage::Stage;
pub(crate) use stages::{Action, StageChange};
pub(crate) use variants::Variant;
