//! Flags: feedback on predictions that were sent, durable in the journal before its receipt is sent.

use anyhow::Result;
use plumb_lead::Feedback;

use super::engine::Engine;
use crate::journal::RecordedPrediction;
use crate::store::RecordedFlag;

impl Engine {
    /// Returns what was predicted under an id, whichever server on this data folder has recorded it; `None` if no caller
    /// ever got it.
    pub(crate) async fn recorded_prediction(&self, prediction_id: &str) -> Result<Option<RecordedPrediction>> {
        self.journal.recorded_prediction(prediction_id).await
    }

    /// Records feedback on a prediction of a lead; when this returns, it survives whatever happens to the program.
    pub(crate) async fn record_flag(&self, lead_id: String, feedback: Feedback) -> Result<()> {
        self.journal.append_flag(&RecordedFlag { lead_id, feedback }).await
    }
}
