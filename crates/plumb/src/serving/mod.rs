//! Serving: which model scores a request, and what happens to its predictions before they are sent.
//!
//! A request is routed to one variant of its target (`variants`), scored by that variant's model (`score`) and by the
//! shadows (`shadow`), and recorded in the journal (`recording`), as flags are (`flags`). Predictions out of the store are
//! shown with reasons in the reader's language (`stored_predictions`), to few readers at a time (`list_turns`). HTTP and JSON are unknown here.

mod engine;
mod disk_check;
mod error;
mod models;
mod model_cache;
mod variants;
mod instance;
mod overrides;
mod latest_lake;
mod lead_lookup;
mod posting;
mod score_instances;
mod score;
mod shadow;
mod recording;
mod flags;
mod list_turns;
mod languages;
mod localized_reasons;
mod stored_predictions;

pub(crate) use engine::{Config, Engine};
pub(crate) use error::Error;
pub(crate) use instance::{InferenceRequest, Instance};
pub(crate) use languages::PreferredLanguages;
pub(crate) use list_turns::{LIST_TIME_MAX, NoTurn, WAITING_MAX};
pub(crate) use localized_reasons::localized;
pub(crate) use overrides::Overrides;
pub(crate) use score_instances::ScoredRequest;
pub(crate) use stored_predictions::StoredPrediction;
#[cfg(test)]
pub(crate) use variants::ServingVariant;
pub(crate) use variants::{RoutedVariant, Variants};
