//! Fields that change once the outcome is there.

use plumb_lead::LeakEvidence;

/// With a change after the outcome in fewer leads nothing is suspected.
const LEADS_CHANGED_MIN: usize = 20;

/// A field changes because of the outcome if it changes so many times as often after it as before.
const POST_OUTCOME_RATIO: f64 = 3.0;

/// How often a field changed in leads, before their outcome and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostOutcomeCounts {
    /// Leads with an outcome.
    pub decided: usize,
    /// Those of them in which it changed after the outcome.
    pub decided_changed: usize,
    /// Leads that were open.
    pub open: usize,
    /// Those of them in which it changed while they were.
    pub open_changed: usize,
}

/// Returns why a column that reads the field may be a leak: in at least 20 leads the field changed after the outcome, and
/// that is three times as common as a change in an open lead.
pub fn post_outcome_change(column: &str, field: &str, changes: PostOutcomeCounts) -> Option<LeakEvidence> {
    let PostOutcomeCounts { decided, decided_changed, open, open_changed } = changes;
    let share_after = decided_changed as f64 / decided.max(1) as f64;
    // One more, so that a field which never changed in three open leads is not one that never changes.
    let share_open = (open_changed + 1) as f64 / (open + 1) as f64;
    (decided_changed >= LEADS_CHANGED_MIN && share_after >= POST_OUTCOME_RATIO * share_open).then(|| LeakEvidence {
        column: column.to_owned(),
        why: format!(
            "it reads `{field}`, whose changes are not dated: it changed after the outcome in {decided_changed} of {decided} \
             leads, and in {open_changed} of {open} while they were open"
        ),
    })
}
