//! The lookup of a lead by its id: in the operational database while the lead is open, else in the ground; then in what was
//! posted since.

use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lake::{Lake, RecentLead};
use plumb_lead::{Event, Lead};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::engine::Engine;
use crate::store::Store;

/// A lead with its events, and whether rows that were posted and not ingested yet are among what is known of it.
pub(super) struct FoundLead {
    pub(super) known: Option<(Lead, Vec<Event>)>,
    pub(super) has_posted_rows: bool,
}

/// Returns a lead and its events as they were known at a time, with what was posted since the last ingestion; `None` if it
/// was not known then.
pub(super) async fn lead(engine: &Engine, lake: &Arc<Lake>, lead_id: &str, as_of: DateTime<Utc>) -> Result<FoundLead> {
    let known = ingested_lead(&engine.store, lake, lead_id, as_of).await?;
    let (known, has_posted_rows) = match &engine.posted {
        Some(posted) => posted.apply(lake, lead_id, as_of, known),
        None => (known, false),
    };
    Ok(FoundLead { known, has_posted_rows })
}

async fn ingested_lead(
    store: &Store,
    lake: &Arc<Lake>,
    lead_id: &str,
    as_of: DateTime<Utc>,
) -> Result<Option<(Lead, Vec<Event>)>> {
    if let Some(RecentLead { lead, known_from, events }) = store.recent_lead(lead_id, lake.ground_version()).await?
        && known_from <= as_of
    {
        return Ok(Some((lead, events)));
    }
    // A lookup in the ground takes milliseconds, which would block the async thread.
    let (runtime, lake, lead_id) = (Handle::current(), lake.clone(), lead_id.to_owned());
    let lookup = spawn_blocking(move || runtime.block_on(lake.lead(&lead_id, as_of))).await;
    lookup.context("the lookup in the ground was interrupted")?.context("cannot look up a lead in the ground")
}
