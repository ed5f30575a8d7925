//! How large a model file may be in ways that would otherwise cost memory or stack.

/// The deepest nesting that a reader follows. A model has less than ten levels.
pub(super) const NESTING_MAX: usize = 64;

/// The most columns: tables number them in 16 bits, and a row is held whole.
pub(super) const COLUMNS_MAX: usize = u16::MAX as usize;

/// The most splits on a path.
pub(super) const DEPTH_MAX: usize = 32;
