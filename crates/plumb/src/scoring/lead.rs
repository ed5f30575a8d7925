//! One lead with its events, through its features, to a prediction.

use chrono::{DateTime, Utc};
use plumb_lake::Lake;
use plumb_lead::{Event, Lead, Provenance};

use super::error::Error;
use super::predictions::{Predictions, RowKey};
use super::scorer::{Explain, Scorer};

/// Scores a lead with its events as of a time. The lake has the rates and knows which columns there are.
pub(crate) async fn score_lead(
    lake: &Lake,
    scorer: &Scorer,
    lead: &Lead,
    events: &[Event],
    as_of: DateTime<Utc>,
    provenance: &Provenance,
    explain: Explain,
) -> Result<Predictions, Error> {
    let table = lake.features_of(scorer.feature_sql()?, lead, events, as_of).await?;
    scorer.predict(scorer.rows(&table)?, [RowKey { lead_id: Some(&lead.lead_id), as_of }], provenance, explain)
}

/// Returns the provenance of rows that are as a lake has them; their inputs are added with each prediction.
pub(crate) fn provenance_of(lake: &Lake) -> Provenance {
    Provenance { ground: Some(lake.ground_version().to_owned()), ..Provenance::default() }
}
