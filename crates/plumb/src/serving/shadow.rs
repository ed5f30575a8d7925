//! Shadows: they score requests in the background, and their predictions are recorded but not sent.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::engine::Engine;
use super::error::Error;
use super::instance::Instance;
use super::recording::record_in_parts;
use super::score_instances::score_instances;
use super::variants::ServingVariant;
use crate::blocking::Cancellation;
use crate::journal::{JournalEntry, RECORDING_COPIES};
use crate::scoring::Explain;

/// Scores instances in the background. A shadow never delays a response: if there are too many requests, it skips this one.
pub(super) fn score(
    engine: &Arc<Engine>,
    variant: &Arc<ServingVariant>,
    event_id: Option<String>,
    instances: &[Instance],
    as_of: DateTime<Utc>,
) {
    let Ok(permit) = engine.shadow_permits.clone().try_acquire_owned() else {
        tracing::debug!(variant = variant.name, "the shadow skipped a request");
        return;
    };
    // It needs about as much again as the request itself: the instances are copies, and so are the predictions.
    let row_bytes =
        variant.scorer.row_bytes(Explain::Nothing) + RECORDING_COPIES * variant.scorer.recorded_bytes(Explain::Nothing);
    let needed = instances.iter().map(|instance| instance.bytes() + row_bytes).sum();
    let Ok(memory) = engine.memory.reserve(needed) else {
        tracing::debug!(variant = variant.name, "the shadow skipped a request: the memory for requests is taken");
        return;
    };
    let instances = instances.to_vec();
    let (runtime, engine, variant) = (Handle::current(), engine.clone(), variant.clone());
    spawn_blocking(move || {
        let scored = runtime.block_on(score_and_record(&engine, &variant, event_id, instances, as_of));
        match scored {
            Ok(()) => {}
            Err(Error::Internal(error)) => tracing::error!(variant = variant.name, "a shadow failed: {error:#}"),
            Err(error) => tracing::debug!(variant = variant.name, "the shadow could not score: {error}"),
        }
        drop((permit, memory));
    });
}

async fn score_and_record(
    engine: &Engine,
    variant: &ServingVariant,
    event_id: Option<String>,
    instances: Vec<Instance>,
    as_of: DateTime<Utc>,
) -> Result<(), Error> {
    let cancellation = Cancellation::default();
    let scored = score_instances(engine, &variant.scorer, instances, as_of, Explain::Nothing, &cancellation).await?;
    let entry = JournalEntry {
        variant: &variant.name,
        shadow: true,
        event_id: event_id.as_deref(),
        first_row: 0,
        predictions: &scored.predictions,
        capture: None,
    };
    Ok(record_in_parts(engine, &variant.scorer, entry).await?)
}
