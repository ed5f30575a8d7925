//! Records of JSON as rows: which columns a stream has, what they are called, and which records are no rows.
//!
//! Numbers keep their digits: they are never read as numbers.

mod object;
mod leaves;
mod names;
mod schema;
mod stream;
mod tally;

pub(crate) use names::Kept;
pub(crate) use object::{Message, Object, parse};
pub(crate) use stream::{Given, Record, RecordStream};
pub(crate) use tally::Tally;
