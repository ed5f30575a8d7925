//! Trees that are grown by processes of their own, one or several, here or on other machines, each on rows of its own.
//!
//! A job is a folder in the data folder, which all machines see: what is to be grown, on which rows, and how far it is.
//! `crew` starts processes and watches over them, `worker` is what each of them does. docs/decisions/0014 says why.

mod crew;
mod job;
mod worker;

pub(crate) use crew::{Crew, grow};
pub(crate) use job::Job;
pub(crate) use worker::{Duty, work};

/// Returns what a worker must know of the cluster's token to join a job; nothing if there is none. XGBoost itself asks
/// nobody who they are: this keeps a worker of another cluster from joining by mistake.
fn proof(job: &str) -> Option<String> {
    let token = std::env::var(crate::commands::TOKEN_VARIABLE).ok()?;
    Some(crate::card::hash(format!("{job} {token}").as_bytes()))
}
