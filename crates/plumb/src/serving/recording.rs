//! Recording: predictions are durable in the journal before they are sent.

use anyhow::Result;

use super::engine::Engine;
use super::score_instances::ScoredRequest;
use super::variants::RoutedVariant;
use crate::journal::{Capture, JournalEntry};
use crate::telemetry::TRACED;

impl Engine {
    /// Records predictions; when this returns, they survive whatever happens to the program.
    #[tracing::instrument(target = TRACED, name = "journal", skip_all)]
    pub(crate) async fn record(
        &self,
        routed: &RoutedVariant,
        scored: &ScoredRequest,
        capture: Option<&Capture>,
    ) -> Result<()> {
        let entry = JournalEntry {
            variant: &routed.variant.name,
            shadow: false,
            event_id: routed.event_id.as_deref(),
            predictions: &scored.predictions,
            capture,
        };
        self.journal.append(&entry).await?;
        routed.variant.metrics.answered(routed.routed_at.elapsed());
        Ok(())
    }
}
