//! The schedule: runs the jobs of a project when they are due, for `plumb scheduler` and in the background of `plumb serve`.
//!
//! When a job is due is decided by `plumb_schedule`, from the time and the rows of earlier runs. One job runs at a time, in the
//! order in which they build on each other: they share the machine. One scheduler at a time works on a data folder; others
//! wait to take its place.

mod clock;
mod stop;
pub(crate) mod summary;
mod jobs;
mod alerts;
mod scheduler;
mod background;
#[cfg(test)]
mod tests;

pub(crate) use background::Background;
pub(crate) use clock::{Clock, PastClock, SystemClock};
pub(crate) use jobs::ProjectJobs;
pub(crate) use scheduler::{Scheduler, SchedulerMessage, lock};
pub(crate) use stop::{Stop, StopSwitch};
