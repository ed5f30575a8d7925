//! Tests of what is due when, and the laws that hold whatever happens.

mod due;
mod laws;
mod printed;
mod zones;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{Job, JobTiming, Timing};

/// Returns a moment.
fn at(text: &str) -> DateTime<Utc> {
    let text = if text.ends_with('Z') { text.to_owned() } else { format!("{text}:00Z") };
    DateTime::parse_from_rfc3339(&text).expect("a test's time").to_utc()
}

fn timing(expression: &str, zone: &str) -> Timing {
    Timing::parse(expression, zone).expect("a test's timing")
}

fn job(expression: &str, zone: &str) -> JobTiming {
    JobTiming { job: Job::Ingest, timing: timing(expression, zone), offset: TimeDelta::zero() }
}
