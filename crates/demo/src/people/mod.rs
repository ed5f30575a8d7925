//! Who the leads are and where they work: drawn before anything happens to them.

mod names;
mod account;
mod person;

pub(crate) use account::Account;
pub(crate) use names::{FREE_MAIL, REPS};
pub(crate) use person::{Person, draw};
