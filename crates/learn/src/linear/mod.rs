//! Linear models: how rows become columns, and the solver.

mod encoding;
mod design;
mod cholesky;
mod derivatives;
mod newton;

pub(crate) use design::Design;
pub(crate) use encoding::Encoding;
pub(crate) use newton::{Prior, Solution, minimise};
