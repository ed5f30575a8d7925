//! The CRM: accounts, leads, what the reps did, and every change of a field with when it was written down.

mod tables;
mod records;
mod log;
mod rows;

pub(crate) use log::Log;
pub(crate) use records::{first_ids, records};
pub(crate) use rows::write;
