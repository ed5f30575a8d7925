//! What is recorded of one call, and of one flag.

use plumb_lead::Prediction;

use super::capture::Capture;
use crate::store::{RecordedCall, RecordedFlag};

/// So many bytes of a call's predictions, or a little more, are one line of the journal. A line is in memory in several
/// forms while it is written and while it is loaded.
pub(crate) const RECORDED_AT_ONCE: usize = 1 << 20;

/// So many times their length in the journal predictions have in memory while they are recorded: their rows for the database,
/// their texts, and the texts once more.
pub(crate) const RECORDING_COPIES: usize = 4;

/// What a call records: a line of the journal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JournalEntry<'a> {
    /// The serving variant that scored.
    pub(crate) variant: &'a str,
    /// Whether it did so in the shadow: the caller gets the predictions of another.
    pub(crate) shadow: bool,
    /// The name by which ground truth may refer to the call later: the caller's own, or ours where calls are captured.
    pub(crate) event_id: Option<&'a str>,
    /// The row of the call that the first prediction is of: a call of many rows has several lines.
    pub(crate) first_row: usize,
    /// A prediction for each row of the call, or of a part of it.
    pub(crate) predictions: &'a [Prediction],
    /// The bodies of the call, where they are captured.
    pub(crate) capture: Option<&'a Capture>,
}

/// An entry in the form in which it is loaded into the database and into the capture files.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StoredEntry {
    /// A call.
    Call {
        call: RecordedCall,
        /// Its bodies, where they are captured.
        capture: Option<Capture>,
    },
    /// Feedback.
    Flag(RecordedFlag),
}
