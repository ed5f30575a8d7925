//! Monitoring: compares each week with the champion's training data and raises alerts.

mod wording;
mod causes;
mod weeks;
mod rows;
mod findings;
mod alerts;
mod run;
mod files;

pub(crate) use files::{ComparedFile, FilesOutcome, FilesRequest, compare_files};
pub(crate) use run::{MonitorOutcome, monitor};
