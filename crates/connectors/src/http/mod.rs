//! Requests to the APIs of CRMs: paced, tried again, limited in time and in size, and without a secret in any message.

mod address;
mod answer;
mod client;
mod clock;
mod oauth;
mod secret;

pub use clock::{Clock, SystemClock};
pub use secret::Secret;

pub(crate) use address::{checked_base, encoded, host};
pub(crate) use answer::{Answer, excerpt, named_time};
pub(crate) use client::{Client, Lane, Request};
pub(crate) use oauth::ask_token;
