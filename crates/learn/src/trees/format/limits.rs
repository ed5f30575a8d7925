//! How large a model file may be in ways that would otherwise cost memory or stack.

/// The deepest nesting that a reader follows. A model has less than ten levels.
pub(super) const NESTING_MAX: usize = 64;

/// The most columns: tables number them in 16 bits, and a row is held whole.
pub(super) const COLUMNS_MAX: usize = u16::MAX as usize;

/// The most splits on a path.
pub(super) const DEPTH_MAX: usize = 32;

/// The most values in a file, a text counting as [`TEXT_VALUES`]. A node has about twelve. In memory a value takes up to 16
/// bytes while its list grows, where a file may spend one byte on it.
pub(super) const VALUES_MAX: usize = 1 << 26;

/// How many numbers a text weighs: what its length and its place in memory take.
pub(super) const TEXT_VALUES: usize = 4;

/// The most nodes of all trees: 8,000 full trees of 8 levels. Ready to score and explain, a node takes some 500 bytes.
pub(super) const NODES_MAX: usize = 1 << 22;

/// The most categories that all splits list together. Each may need a list of bins of its own, some hundred bytes.
pub(super) const CATEGORIES_MAX: usize = 1 << 22;

/// The most bits of all splits' sets of categories: a split on the category 16,777,215 alone has as many, 2 MB.
pub(super) const CATEGORY_BITS_MAX: u64 = 1 << 31;

/// The largest categories of all columns together. A block of rows has some bytes for each 250 of them.
pub(super) const CATEGORIES_OF_COLUMNS_MAX: u64 = 1 << 25;
