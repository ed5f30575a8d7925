//! Nothing: this crate exists for its manifest, which says why.
