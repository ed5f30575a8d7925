//! What the pages show of open leads, from the ground into the operational database.

use std::collections::HashSet;

use anyhow::Result;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use plumb_lake::Lake;
use plumb_lead::{FieldValue, Lead};

use crate::store::{LeadBrief, Store};

/// Stores the fields of leads that the pages show.
pub(super) async fn store_briefs(lake: &Lake, store: &Store, now: DateTime<Utc>, wanted: &HashSet<&str>) -> Result<()> {
    let mut blocks = std::pin::pin!(lake.lead_blocks(now).await?);
    while let Some(leads) = blocks.try_next().await? {
        let open = leads.into_iter().filter(|lead| wanted.contains(lead.lead_id.as_str()));
        store.put_lead_briefs(&open.map(brief).collect::<Vec<_>>()).await?;
    }
    Ok(())
}

fn brief(lead: Lead) -> LeadBrief {
    let text = |field: &str| match lead.fields.get(field) {
        Some(FieldValue::Text(text)) => Some(text.clone()),
        _ => None,
    };
    LeadBrief {
        name: text("name"),
        company: text("company"),
        industry: text("industry"),
        channel: text("channel"),
        created_at: lead.created_at,
        lead_id: lead.lead_id,
    }
}
