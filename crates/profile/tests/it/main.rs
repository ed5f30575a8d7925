//! Tables in, profiles out.

mod tables;
mod columns;
mod relations;
mod comparisons;
mod large;
