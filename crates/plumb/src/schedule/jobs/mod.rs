//! What each job does: it calls `lifecycle`, as the commands do, and notes what came of it.

mod request;
mod push_afterwards;
mod targets;
mod project_jobs;

pub(crate) use project_jobs::ProjectJobs;
pub(crate) use push_afterwards::BY;
#[cfg(test)]
pub(crate) use request::JobEnd;
pub(crate) use request::{EarlierTry, JobRequest, Jobs, Problem};
