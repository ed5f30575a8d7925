//! Says what is wrong with a project without running it: all at once, each with file, line and column.

mod finding;
mod project_files;
mod run;
mod wording;

pub(crate) use finding::{CheckOutcome, Finding, FindingLevel};
pub(crate) use run::check;
