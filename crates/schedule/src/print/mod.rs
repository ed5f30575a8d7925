//! The same schedule for programs that begin others at set times: systemd, Kubernetes and cron.
//!
//! They begin the same commands, which leave the same rows. What they cannot say of a schedule is an error or a comment in what
//! is printed, and not left out.

mod crontab;
mod kubernetes;
mod systemd;

pub use crontab::crontab;
pub use kubernetes::kubernetes;
pub use systemd::systemd;

use chrono::TimeDelta;

use crate::error::Error;
use crate::job::Job;
use crate::timing::JobTiming;

/// What is printed.
#[derive(Clone, Debug)]
pub struct Printed<'a> {
    /// The jobs with their times.
    pub jobs: &'a [JobTiming],
    /// A job begins up to so much later, where the program can do that.
    pub jitter: TimeDelta,
    /// The path of `plumb`.
    pub program: &'a str,
    /// The project folder, as a whole path.
    pub project: &'a str,
    /// The data folder, as a whole path; `None`: the one in the project folder.
    pub data: Option<&'a str>,
    /// The name of the user to whom the data folder belongs.
    pub user: &'a str,
}

impl Printed<'_> {
    /// Returns the arguments that run a job, the program first.
    fn arguments(&self, job: Job) -> Vec<&str> {
        let mut arguments = vec![self.program];
        arguments.extend(job.command().split(' '));
        arguments.extend(["--project", self.project]);
        arguments.extend(self.data.into_iter().flat_map(|data| ["--data", data]));
        arguments
    }
}

/// Returns a job's name as units and manifests may have it.
fn unit_name(job: Job) -> String {
    format!("plumb-{}", job.word().replace('_', "-"))
}

/// Refuses times that another program has no way to say.
fn refuse_modifiers(program: &'static str, job: &JobTiming) -> Result<(), Error> {
    let pattern = &job.timing.cron().pattern;
    match pattern.days.has_modifiers() || pattern.days_of_week.has_modifiers() || pattern.matches_dom_and_dow() {
        true => {
            Err(Error::Unprintable { program, job: job.job.word(), expression: job.timing.expression().to_owned() })
        }
        false => Ok(()),
    }
}
