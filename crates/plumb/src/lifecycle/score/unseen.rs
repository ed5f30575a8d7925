//! Categories that were not in the training data, counted over all blocks of a batch.

use plumb_lead::Unseen;

use crate::scoring;

/// Categories that are listed: millions of rows may have as many.
pub(crate) const UNSEEN_MAX: usize = 100;

/// Adds the unseen categories of a block, up to [`UNSEEN_MAX`].
pub(super) fn add_unseen(all: &mut Vec<Unseen>, more: Vec<Unseen>) {
    scoring::add_unseen(all, more);
    all.truncate(UNSEEN_MAX);
}
