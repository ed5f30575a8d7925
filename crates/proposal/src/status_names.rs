//! Names of columns that say what became of a lead.

use crate::words::{has_any, words_of};

/// Words of what can be reached.
pub(crate) const CONVERTED: [&str; 12] = [
    "converted",
    "conversion",
    "won",
    "sold",
    "signed",
    "approved",
    "accepted",
    "purchased",
    "subscribed",
    "gewonnen",
    "deposit",
    "placed",
];

/// Words of statuses.
pub(crate) const STATUS: [&str; 11] = [
    "status",
    "stage",
    "lifecycle",
    "lifecyclestage",
    "disposition",
    "result",
    "outcome",
    "decision",
    "phase",
    "ergebnis",
    "dealstage",
];

/// Returns whether a name is that of a status or of whether something was reached.
pub(crate) fn looks_like_status(name: &str) -> bool {
    let words = words_of(name);
    has_any(&words, &STATUS) || has_any(&words, &CONVERTED) || has_any(&words, &["state", "statecode", "customer"])
}
