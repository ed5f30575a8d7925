//! Small summaries of many values: each holds a bounded memory, and says how exact it is.

mod hash;
mod distinct;
mod value_counts;
mod moments;
mod repeated;
mod reservoir;

pub(crate) use distinct::DistinctCounter;
pub(crate) use hash::{MISSING, RowKey, hash_of_bits, hash_of_text, mix_into};
pub(crate) use moments::Moments;
pub(crate) use repeated::{Repeated, RepeatedSummary};
pub(crate) use reservoir::{Pick, Reservoir};
pub(crate) use value_counts::{Counted, ValueCounter};
