//! The jobs at a glance, as the Data page shows them: how fresh things are, and what came of the last runs.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use plumb_schedule::RunState;

use super::text::{ticked, words};
use crate::lifecycle::jobs::JobStatus;
use crate::store::JobRun;

/// Returns a table with a row for each job; nothing if there is none.
pub(super) fn job_table(jobs: &[JobStatus]) -> Markup {
    html! {
        @if !jobs.is_empty() {
            section.card {
                h2 { "Jobs" }
                div.scroll tabindex="0" role="region" aria-label="Jobs" {
                    table.metrics {
                        thead { tr {
                            th scope="col" { "Job" } th scope="col" { "When" } th scope="col" { "Done last" }
                            th scope="col" { "Last run" } th scope="col" { "Next" }
                        } }
                        tbody { @for job in jobs { (row(job)) } }
                    }
                }
                @for (job, run) in jobs.iter().filter_map(|job| Some((job, to_look_at(job)?))) {
                    p { strong { (words(job.job.word())) } ": " (ticked(run.error.as_deref().unwrap_or_default())) }
                }
                p.muted.small { "Times are in UTC. " code { "plumb runs --log" } " shows what each run reported." }
            }
        }
    }
}

fn row(job: &JobStatus) -> Markup {
    html! {
        tr {
            th scope="row" { (words(job.job.word())) }
            td {
                @match (&job.times, &job.time_zone) {
                    (Some(times), Some(zone)) => { code { (times) } " " (zone) }
                    _ => { "by hand" }
                }
            }
            td { (minute(job.last_done)) }
            td { @if let Some(run) = &job.last { (words(run.state.word())) ", " (minute(Some(run.started))) } @else { "–" } }
            td { (minute(job.next)) }
        }
    }
}

/// Returns the last run of a job if somebody has to look at it.
fn to_look_at(job: &JobStatus) -> Option<&JobRun> {
    let is_bad = |run: &&JobRun| matches!(run.state, RunState::Failed | RunState::Interrupted | RunState::Skipped);
    job.last.as_ref().filter(is_bad)
}

fn minute(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "–".to_owned(), |at| at.format("%Y-%m-%d %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use plumb_schedule::{Job, Why};

    use super::*;

    #[test]
    fn a_job_shows_its_times_and_why_its_last_run_failed() {
        let started = DateTime::from_timestamp(1_769_904_000, 0).expect("in range");
        let run = JobRun {
            run_id: "r".into(),
            job: Job::BackUp,
            why: Why::Schedule,
            by: "schedule".into(),
            due: Some(started),
            attempt: 1,
            started,
            ended: Some(started),
            state: RunState::Failed,
            outcome: None,
            error: Some("<no> bucket".into()),
            log: String::new(),
        };
        let job = JobStatus {
            job: Job::BackUp,
            times: Some("0 3 * * *".into()),
            time_zone: Some("UTC".into()),
            last: Some(run),
            last_done: None,
            next: Some(started),
        };
        let table = job_table(&[job]).into_string();
        for part in ["back up", "<code>0 3 * * *</code> UTC", "failed, 2026-02-01 00:00", "&lt;no&gt; bucket"] {
            assert!(table.contains(part), "`{part}` is not in {table}");
        }
        assert_eq!(job_table(&[]).into_string(), "");
    }
}
