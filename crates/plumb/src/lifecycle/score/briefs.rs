//! What the pages show of open leads, from the ground into the operational database.

use std::collections::HashSet;

use anyhow::Result;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use plumb_lake::Lake;
use plumb_lead::{FieldValue, Lead};

use crate::project::ListColumns;
use crate::store::{LeadBrief, Store};

/// The field that has a lead's name, unless the project names another.
const NAME: &str = "name";

/// So many fields are shown unless the project names them: the first ones.
const COLUMNS: usize = 3;

/// Stores the fields of leads that the pages show.
pub(super) async fn store_briefs(
    lake: &Lake,
    store: &Store,
    now: DateTime<Utc>,
    wanted: &HashSet<&str>,
    list: &ListColumns,
) -> Result<()> {
    let fields = lake.lead_fields();
    let name = list.name.as_deref().unwrap_or(NAME);
    let first = || fields.iter().filter(|field| *field != name).take(COLUMNS).cloned().collect();
    let columns = list.columns.clone().unwrap_or_else(first);
    for unknown in columns.iter().chain(&list.name).filter(|column| !fields.contains(column)) {
        let known = fields.join("`, `");
        tracing::warn!(
            "`[list]` of plumb.toml names `{unknown}`, which is no field of leads: expected one of `{known}`"
        );
    }
    let mut blocks = std::pin::pin!(lake.lead_blocks(now).await?);
    while let Some(leads) = blocks.try_next().await? {
        let open = leads.into_iter().filter(|lead| wanted.contains(lead.lead_id.as_str()));
        store.put_lead_briefs(&open.map(|lead| brief(lead, name, &columns)).collect::<Vec<_>>()).await?;
    }
    Ok(())
}

fn brief(lead: Lead, name: &str, columns: &[String]) -> LeadBrief {
    let text = |field: &str| match lead.fields.get(field)? {
        FieldValue::Missing => None,
        FieldValue::Flag(flag) => Some(if *flag { "yes" } else { "no" }.to_owned()),
        FieldValue::Number(number) => Some(number.to_string()),
        FieldValue::Text(text) => Some(text.clone()),
    };
    let fields = columns.iter().map(|column| (column.clone(), text(column))).collect();
    LeadBrief { name: text(name), fields, created_at: lead.created_at, lead_id: lead.lead_id }
}
