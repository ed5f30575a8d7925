//! What can be wrong with a schedule.

/// An error of this crate.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// There is no job of this name.
    #[error("`{found}` is not a job: expected one of {expected}")]
    Job {
        /// The name.
        found: String,
        /// All names, as a list for people.
        expected: String,
    },
    /// An expression is not one of cron's.
    #[error(
        "`{expression}` is not a time by cron: {problem}; expected minute, hour, day of the month, month and day of the week, \
         as `30 5 * * MON-FRI`"
    )]
    Cron {
        /// The expression.
        expression: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An expression names a day that no year has.
    #[error("`{expression}` never comes: expected a day that some month has")]
    Never {
        /// The expression.
        expression: String,
    },
    /// There is no time zone of this name.
    #[error("`{found}` is not a time zone: expected a name of the IANA's list, as `Europe/Berlin` or `UTC`")]
    TimeZone {
        /// The name.
        found: String,
    },
    /// Another program cannot keep a job's times.
    #[error(
        "{program} has no way to say `{expression}` of {job}: expected it without `L`, `W`, `#` and `+`; or use `plumb scheduler`"
    )]
    Unprintable {
        /// The program.
        program: &'static str,
        /// The job.
        job: &'static str,
        /// The expression.
        expression: String,
    },
}
