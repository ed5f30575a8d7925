//! The version of the rules by which the ground is derived: what other rules gave is not used again.

/// Counts the changes of how the ground is derived within a version of the program.
pub(crate) const RULES: u8 = 4;
