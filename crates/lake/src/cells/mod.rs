//! Cells of text as numbers, timestamps and flags, where the caller knows what to expect.

mod number;
mod time;
mod flag;

pub(crate) use flag::{EXPECTED as FLAG_EXPECTED, flag};
pub(crate) use number::{Decimal, number};
pub(crate) use time::{TimeForm, time};
