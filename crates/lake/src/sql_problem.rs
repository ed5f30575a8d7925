//! What is wrong with the SQL of a project, and what was found out about it without running it.

use crate::error::Error;

/// What is wrong with a file of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlProblem {
    /// The file, with line and column where they are known: `sources/lead.sql:3:5`.
    pub place: String,
    /// What is wrong with it, what was expected.
    pub problem: String,
}

/// What was found out about the SQL of a project.
#[derive(Clone, Debug, Default)]
pub struct SqlCheck {
    /// What is wrong.
    pub problems: Vec<SqlProblem>,
    /// The features that are right.
    pub features: Vec<String>,
    /// Targets that `outcome_rate` asks for, each with the file that does.
    pub rate_targets: Vec<(String, String)>,
}

impl SqlProblem {
    /// Returns the problem of an error.
    pub(crate) fn of(error: &Error) -> SqlProblem {
        match error {
            Error::Sql { file, problem } | Error::TooLarge { file, problem } => {
                SqlProblem { place: file.clone(), problem: problem.clone() }
            }
            other => SqlProblem { place: String::new(), problem: other.to_string() },
        }
    }
}
