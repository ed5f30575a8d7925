//! What is recorded of one call, and of one flag.

use plumb_lead::Prediction;

use super::capture::Capture;
use crate::store::{RecordedCall, RecordedFlag};

/// What a call records: a line of the journal.
#[derive(Debug)]
pub(crate) struct JournalEntry<'a> {
    /// The serving variant that scored.
    pub(crate) variant: &'a str,
    /// Whether it did so in the shadow: the caller gets the predictions of another.
    pub(crate) shadow: bool,
    /// The name by which ground truth may refer to the call later: the caller's own, or ours where calls are captured.
    pub(crate) event_id: Option<&'a str>,
    /// A prediction for each row of the call.
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
