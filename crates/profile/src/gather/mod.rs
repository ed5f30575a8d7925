//! What is kept of each column while the rows stream by.

mod column;
mod number;
mod time;
mod text;
mod people;

pub(crate) use column::{Column, Facts, SampleValues};
pub(crate) use number::NumberFacts;
pub(crate) use people::People;
pub(crate) use text::TextFacts;
pub(crate) use time::{DAY, MISSING_TIME, TimeFacts};
