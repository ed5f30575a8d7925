//! Monitoring: compares each week with the champion's training data and raises alerts.

mod alerts;
mod run;
mod weeks;

pub(crate) use run::{MonitorOutcome, monitor};
