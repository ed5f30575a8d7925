//! How much memory the scoring of a row needs, as far as that is known before.

use plumb_lead::Prediction;

use super::reasons::REASONS_MAX;
use super::scorer::{Explain, Scorer};

/// What the allocator adds to a block.
const BLOCK_BYTES: usize = 16;

/// An id, in its block.
const ID_BYTES: usize = 36 + BLOCK_BYTES;

/// A reason: its struct, and its three texts in their blocks.
const REASON_BYTES: usize = 88 + 3 * BLOCK_BYTES + 160;

/// What a reason is in JSON.
pub(crate) const REASON_JSON_BYTES: usize = 200;

/// What a prediction is in JSON beside its reasons, its inputs and the names of its target and its model.
pub(crate) const PREDICTION_JSON_BYTES: usize = 360;

/// What an input is in JSON: a number in eight digits or so, or `null`.
const INPUT_JSON_BYTES: usize = 6;

impl Scorer {
    /// Returns about how much memory a row and its prediction need.
    pub(crate) fn row_bytes(&self, explain: Explain) -> usize {
        let columns = self.columns();
        let names = self.artifact.target.len() + self.model_id.len() + 2 * BLOCK_BYTES;
        // A row as it is read and as the model takes it; the inputs that are recorded. A prediction is moved once while the
        // results of a request are put in order.
        let prediction = 2 * 4 * columns + 8 * columns + 3 * size_of::<Prediction>() + 2 * ID_BYTES + names;
        let contributions = 2 * (8 * columns + BLOCK_BYTES);
        match explain {
            Explain::Nothing => prediction,
            Explain::Contributions => prediction + contributions,
            Explain::Reasons(_) => prediction + contributions + self.reasons() * REASON_BYTES,
        }
    }

    /// Returns about how long a prediction is in the journal.
    pub(crate) fn recorded_bytes(&self, explain: Explain) -> usize {
        let names = self.artifact.target.len() + self.model_id.len();
        let reasons = if matches!(explain, Explain::Reasons(_)) { self.reasons() * REASON_JSON_BYTES } else { 0 };
        PREDICTION_JSON_BYTES + names + INPUT_JSON_BYTES * self.columns() + reasons
    }

    /// Returns how many columns the model has.
    pub(crate) fn columns(&self) -> usize {
        self.artifact.model.features.features.len()
    }

    /// Returns how many reasons a prediction has at most.
    pub(crate) fn reasons(&self) -> usize {
        REASONS_MAX.min(self.columns())
    }
}
