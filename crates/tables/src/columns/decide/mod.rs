//! Decides how each column is read, and says what is to be said of it.

mod convention;
mod numbers;
mod dates;
mod words;
mod codes;
mod say_dates;
mod say;
mod decision;
mod column;

pub(super) use column::decide;
pub(super) use convention::Convention;
