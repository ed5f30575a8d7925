//! The leads that were posted as deleted or merged away since the last ingestion, for those who read the ground itself.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use plumb_lake::{Lake, POSTED_LEADS};

use super::presence::Presence;
use super::recovery::{Recovered, recover};
use super::row::LeadRow;

/// Returns the leads that the ground still has, and that posted rows say are gone. It reads the files of rows that the ground
/// lacks.
pub(crate) fn gone_leads(data: &Path, lake: &Lake) -> Result<Vec<String>> {
    let mut is_gone: BTreeMap<String, bool> = BTreeMap::new();
    recover(data, POSTED_LEADS, lake, 0, |row, from| {
        if let Recovered::Lead(LeadRow { lead_key, presence: Some(presence), .. }) = row
            && from.is_news
        {
            is_gone.insert(lead_key, Presence::is_gone(&presence));
        }
    })?;
    Ok(is_gone.into_iter().filter(|(_, is_gone)| *is_gone).map(|(lead_key, _)| lead_key).collect())
}
