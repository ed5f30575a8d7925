//! Contributions: path-dependent TreeSHAP (Lundberg 2018), exact, in 64 bits.
//!
//! A feature's contribution is an integral over the probability that each other feature is known, which quadrature
//! computes exactly ([`quadrature`]). [`path_splits`] says what is computed at a split. Many rows go through one tree after
//! the other, vectorized over rows ([`block_of_rows`]); one row goes through eight trees at a time, vectorized over trees
//! ([`one_row`]), unless these are too deep or too uneven for it ([`tree_groups`] decides).

mod quadrature;
mod path_splits;
mod full_trees;
mod block_of_rows;
mod one_row;
mod decisions;
mod tree_groups;
mod contributions;

pub(crate) use contributions::ShapKernel;
