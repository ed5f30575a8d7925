//! How rows are cut up, the same for margins and for contributions.

/// Rows of a block. One vector instruction tests a split for 16, 32 or 64 of them.
pub(crate) const BLOCK_ROWS: usize = 64;

/// Rows that go through a tree before the next tree: so many that what is the same for all of them is computed seldom, and
/// so few that the state of each stays in a near cache.
pub(crate) const CHUNK_ROWS: usize = 8 * BLOCK_ROWS;

/// From this many rows on, a block is faster than one row after the other, even if it is not full.
pub(crate) const BLOCK_ROWS_MIN: usize = 4;
