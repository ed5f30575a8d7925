//! Runs of jobs as lines.

use plumb_schedule::{RunState, Why};
use serde_json::Value;

use crate::store::JobRun;

/// Returns a run as a line: when, which job, what became of it, why it began, and what it did.
pub(crate) fn run_line(run: &JobRun) -> String {
    let JobRun { job, why, by, started, ended, state, outcome, error, attempt, .. } = run;
    let took = ended.filter(|_| *state != RunState::Skipped).map(|ended| format!(" in {}", span(ended - *started)));
    let why = match why {
        Why::Schedule => String::new(),
        Why::Missed => ", missed before".to_owned(),
        Why::Retry => format!(", try {attempt}"),
        Why::Interrupted => format!(", taken up, try {attempt}"),
        Why::ByHand => format!(", by hand, by {by}"),
        Why::OnAlert => ", on an alert".to_owned(),
    };
    let said = error.clone().or_else(|| outcome.as_ref().map(outcome_text)).filter(|said| !said.is_empty());
    format!(
        "{}  {:<8} {}{}{why}{}\n",
        started.format("%Y-%m-%d %H:%M"),
        job.word(),
        state.word(),
        took.unwrap_or_default(),
        said.map(|said| format!(": {said}")).unwrap_or_default()
    )
}

/// Returns what a run did: its figures and names, without what is empty.
pub(crate) fn outcome_text(outcome: &Value) -> String {
    let Value::Object(fields) = outcome else { return String::new() };
    let part = |(key, value): (&String, &Value)| -> Option<String> {
        let key = key.replace('_', " ");
        match value {
            Value::Number(number) => Some(format!("{key} {number}")),
            Value::String(text) => Some(format!("{key} `{text}`")),
            Value::Bool(true) => Some(key),
            Value::Array(items) if !items.is_empty() => Some(format!("{key} {}", items.len())),
            Value::Object(_) => {
                Some(outcome_text(value)).filter(|text| !text.is_empty()).map(|text| match key.as_str() {
                    "targets" => text,
                    key => format!("{key}: {text}"),
                })
            }
            Value::Null | Value::Bool(false) | Value::Array(_) => None,
        }
    };
    fields.iter().filter_map(part).collect::<Vec<_>>().join(", ")
}

/// Returns a span of time in one unit.
fn span(span: chrono::TimeDelta) -> String {
    match span.num_seconds() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use plumb_schedule::Job;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_is_a_line() {
        let started = DateTime::from_timestamp(1_769_904_000, 0).expect("in range");
        let mut run = JobRun {
            run_id: "r".into(),
            job: Job::Score,
            why: Why::Retry,
            by: "schedule".into(),
            due: Some(started),
            attempt: 2,
            started,
            ended: Some(started + TimeDelta::seconds(130)),
            state: RunState::Done,
            outcome: Some(json!({ "targets": { "won": { "leads": 12, "leads_before": 0, "model": "cafe" } } })),
            error: None,
            log: String::new(),
        };
        let line = run_line(&run);
        assert_eq!(
            line,
            "2026-02-01 00:00  score    done in 2 min, try 2: won: leads 12, leads before 0, model `cafe`\n"
        );
        run.state = RunState::Failed;
        run.error = Some("no champion".into());
        assert_eq!(run_line(&run), "2026-02-01 00:00  score    failed in 2 min, try 2: no champion\n");
    }
}
