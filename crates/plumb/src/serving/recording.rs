//! Recording: predictions are durable in the journal before they are sent.

use anyhow::Result;

use super::engine::Engine;
use super::score_instances::ScoredRequest;
use super::variants::RoutedVariant;
use crate::journal::{Capture, JournalEntry, RECORDED_AT_ONCE};
use crate::scoring::{Explain, REASONS_MAX, Scorer};
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
            first_row: 0,
            predictions: &scored.predictions,
            capture,
        };
        record_in_parts(self, routed.scorer(), entry).await?;
        routed.variant.metrics.answered(routed.routed_at.elapsed());
        Ok(())
    }
}

/// Records a call of many rows line by line, so that memory holds the texts of one line only. The bodies of a call are in its
/// last line: they are captured when all of its predictions are recorded.
pub(super) async fn record_in_parts(engine: &Engine, scorer: &Scorer, entry: JournalEntry<'_>) -> Result<()> {
    let rows = entry.predictions.len();
    let rows_at_once = (RECORDED_AT_ONCE / scorer.recorded_bytes(Explain::Reasons(REASONS_MAX))).max(1);
    let mut first_row = 0;
    loop {
        let end = rows.min(first_row + rows_at_once);
        let predictions = &entry.predictions[first_row..end];
        let capture = entry.capture.filter(|_| end == rows);
        engine.journal.append(&JournalEntry { first_row, predictions, capture, ..entry }).await?;
        if end == rows {
            return Ok(());
        }
        first_row = end;
    }
}
