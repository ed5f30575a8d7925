//! Trees that are grown by processes of their own, one or several, here or on other machines, each on its part of the
//! rows.
//!
//! A job is a folder in the data folder, which all machines see: what is to be grown, on which rows, and how far it is.
//! `launcher` starts the processes and watches over them, `worker` is what each of them runs. docs/decisions/0014 says
//! why.

mod token;
mod job;
mod heartbeat;
mod worker;
mod rendezvous;
mod supervision;
mod local_processes;
mod remote;
mod launcher;

pub(crate) use job::Job;
pub(crate) use launcher::grow;
pub(crate) use supervision::{Launch, Supervision};
pub(crate) use token::TOKEN_VARIABLE;
pub(crate) use worker::{WorkerTask, run_worker};
