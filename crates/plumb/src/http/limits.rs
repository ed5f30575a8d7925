//! How much one request may ask for. What a body may have beyond bytes is here too: a few bytes can name much work.

use crate::memory::MemoryBudget;

/// How much one request may ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestLimits {
    /// Rows, or leads.
    pub(crate) rows: usize,
    /// Events, of all its leads together.
    pub(crate) events: usize,
    /// Bytes of its answer.
    pub(crate) answer_bytes: usize,
}

impl RequestLimits {
    /// As many rows as a body of the largest size has whose rows have ten columns or more. Ten events for each of 5,000
    /// leads. An answer as large as InvokeEndpoint's newer limit allows.
    pub(crate) const DEFAULT: RequestLimits = RequestLimits { rows: 100_000, events: 50_000, answer_bytes: 25 << 20 };

    /// Returns the limits that a memory budget can keep: of what a request may have, an answer is the smaller part.
    pub(super) fn within(self, memory: &MemoryBudget) -> RequestLimits {
        RequestLimits { answer_bytes: self.answer_bytes.min(memory.request_bytes_max() / 2), ..self }
    }
}

/// Events of one lead in a request. Ten thousand is a touch an hour for more than a year.
pub(super) const LEAD_EVENTS_MAX: usize = 10_000;

/// Fields of a lead or attributes of an event in a request: a wide table of a CRM has some hundreds.
pub(super) const FIELDS_MAX: usize = 1_000;

/// Bytes of a field's, an attribute's or a feature's name: databases allow 63 to 128.
pub(super) const NAME_BYTES_MAX: usize = 256;

/// Bytes of a lead's id, which is stored with each of its predictions.
pub(super) const LEAD_ID_BYTES_MAX: usize = 1_024;

/// Bytes that the predictions of one request may have in the journal: a hundred thousand rows of the demo's model. They
/// are written once more into the database.
pub(super) const RECORDED_BYTES_MAX: usize = 64 << 20;
