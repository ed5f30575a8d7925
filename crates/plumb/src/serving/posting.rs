//! Posting: rows of events and leads, durable before their receipt is sent, and in the next score.

use std::collections::BTreeSet;

use plumb_lake::PostedRelation;

use super::engine::Engine;
use super::error::Error;
use crate::posted::{PostError, PostOutcome, PostedCounts, RowToPost};

impl Engine {
    /// Stores posted rows; when this returns, they survive whatever happens to the program, unless they are refused. Values
    /// that do not fit are refused, or left unused if the sender cannot mend them.
    pub(crate) async fn post(&self, rows: Vec<RowToPost>, is_lenient: bool) -> Result<Vec<PostOutcome>, Error> {
        let (Some(posted), Some(lake)) = (&self.posted, &self.lake) else { return Err(Error::NoLeadData) };
        let lake = lake.get().await?.lake;
        let gone: BTreeSet<String> = rows.iter().filter_map(RowToPost::gone_lead).map(str::to_owned).collect();
        let outcomes = posted.post(&lake, self.now(), rows, is_lenient).await;
        let outcomes = outcomes.map_err(|error| match error {
            PostError::Full { waiting } => Error::PostedFull { waiting },
            PostError::Internal(error) => Error::Internal(error),
        })?;
        // Whatever an earlier answer that was lost has done: who sends a delete once more has it done again.
        let gone: Vec<&str> = gone.iter().map(String::as_str).filter(|lead| posted.is_gone(lead)).collect();
        if !gone.is_empty() {
            for target in self.targets().await? {
                self.store.take_off_list(&target, &gone).await?;
            }
        }
        Ok(outcomes)
    }

    /// Returns whether posted rows of a relation are in the next score, and not only after an ingestion.
    pub(crate) fn counts_at_once(&self, relation: PostedRelation) -> bool {
        self.posted.as_ref().is_some_and(|posted| posted.counts_at_once(relation))
    }

    /// Counts rows that were refused before they were rows.
    pub(crate) fn count_refused_rows(&self, rows: usize) {
        if let Some(posted) = &self.posted {
            posted.count_refused(rows);
        }
    }

    /// Returns how many rows were posted; `None` where there are no leads.
    pub(crate) async fn posted_counts(&self) -> anyhow::Result<Option<PostedCounts>> {
        let (Some(posted), Some(lake)) = (&self.posted, &self.lake) else { return Ok(None) };
        Ok(Some(posted.counts(&lake.get().await?.lake)))
    }
}
