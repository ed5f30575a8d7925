//! Margins: the sum of the leaves that a row falls into.

mod row;
mod block;
mod margins;

pub(crate) use margins::MarginKernel;
