//! What is done about a job, case by case.

use chrono::TimeDelta;

use super::{at, job, timing};
use crate::{Decision, Error, History, Job, LastRun, Retries, RunState, Start, Timing, Why, decide, is_told, offset};

fn history(considered_until: &str, last: Option<LastRun>) -> History {
    History { considered_until: at(considered_until), last, is_run_by_hand: false }
}

fn last(due: &str, ended: Option<&str>, state: RunState, attempt: u32) -> LastRun {
    LastRun { due: at(due), started: at(due), ended: ended.map(at), state, attempt }
}

/// Decides about a job that is due every hour, watched since midnight.
#[track_caller]
fn check(history: &History, now: &str, expected: Decision) {
    let found = decide(&job("0 * * * *", "UTC"), history, Retries(2), at("2026-03-01T00:00"), at(now));
    assert_eq!(found, expected);
}

fn start(due: &str, why: Why, attempt: u32, replaced: usize) -> Decision {
    Decision::Start(Start { due: at(due), why, attempt, replaced })
}

#[test]
fn a_run_begins_at_its_time_and_not_before() {
    let new = history("2026-03-01T00:30", None);
    check(&new, "2026-03-01T00:59", Decision::Rest(Some(at("2026-03-01T01:00"))));
    check(&new, "2026-03-01T01:00", start("2026-03-01T01:00", Why::Schedule, 1, 0));
}

#[test]
fn what_was_missed_is_made_once_as_of_its_newest_time() {
    let off = history("2026-02-28T12:30", None);
    check(&off, "2026-03-01T00:10", start("2026-03-01T00:00", Why::Schedule, 1, 11));
    let off = history("2026-02-27T12:30", None);
    let found = decide(&job("0 12 * * *", "UTC"), &off, Retries(2), at("2026-03-01T00:00"), at("2026-03-01T00:01"));
    assert_eq!(found, start("2026-02-28T12:00", Why::Missed, 1, 0));
}

#[test]
fn a_time_that_comes_while_the_predecessor_runs_is_skipped_and_the_next_is_not() {
    let done = last("2026-03-01T01:00", Some("2026-03-01T03:20"), RunState::Done, 1);
    let long = history("2026-03-01T01:00", Some(done.clone()));
    check(&long, "2026-03-01T03:20", Decision::Skip { due: at("2026-03-01T03:00"), count: 2 });
    let told = history("2026-03-01T03:00", Some(done));
    check(&told, "2026-03-01T03:21", Decision::Rest(Some(at("2026-03-01T04:00"))));
    check(&told, "2026-03-01T04:00", start("2026-03-01T04:00", Why::Schedule, 1, 0));
    // If other jobs held up the scheduler, times after the run's end are made once.
    check(&long, "2026-03-01T06:30", Decision::Skip { due: at("2026-03-01T03:00"), count: 2 });
    check(&told, "2026-03-01T06:30", start("2026-03-01T06:00", Why::Schedule, 1, 2));
}

#[test]
fn a_failed_run_is_tried_again_after_pauses_until_its_next_time_comes() {
    let failed = |attempt| {
        let ended = Some("2026-03-01T01:10");
        history("2026-03-01T01:00", Some(last("2026-03-01T01:00", ended, RunState::Failed, attempt)))
    };
    check(&failed(1), "2026-03-01T01:10", Decision::Rest(Some(at("2026-03-01T01:11"))));
    check(&failed(1), "2026-03-01T01:11", start("2026-03-01T01:00", Why::Retry, 2, 0));
    check(&failed(2), "2026-03-01T01:14", Decision::Rest(Some(at("2026-03-01T01:15"))));
    check(&failed(2), "2026-03-01T01:15", start("2026-03-01T01:00", Why::Retry, 3, 0));
    check(&failed(3), "2026-03-01T01:59", Decision::Rest(Some(at("2026-03-01T02:00"))));
    check(&failed(3), "2026-03-01T02:00", start("2026-03-01T02:00", Why::Schedule, 1, 0));
    check(&failed(1), "2026-03-01T02:00", start("2026-03-01T02:00", Why::Schedule, 1, 0));
}

#[test]
fn an_interrupted_run_is_taken_up_at_once_and_then_with_pauses() {
    let killed =
        |attempt| history("2026-03-01T01:00", Some(last("2026-03-01T01:00", None, RunState::Interrupted, attempt)));
    check(&killed(1), "2026-03-01T01:00", start("2026-03-01T01:00", Why::Interrupted, 2, 0));
    check(&killed(2), "2026-03-01T01:00", Decision::Rest(Some(at("2026-03-01T01:01"))));
    check(&killed(2), "2026-03-01T01:01", start("2026-03-01T01:00", Why::Interrupted, 3, 0));
    check(&killed(3), "2026-03-01T01:30", Decision::Rest(Some(at("2026-03-01T02:00"))));
    check(&killed(1), "2026-03-01T04:30", start("2026-03-01T04:00", Why::Schedule, 1, 2));
}

#[test]
fn a_job_that_somebody_runs_by_hand_waits_for_that() {
    let mut by_hand = history("2026-03-01T00:30", None);
    by_hand.is_run_by_hand = true;
    check(&by_hand, "2026-03-01T00:40", Decision::Rest(Some(at("2026-03-01T01:00"))));
    check(&by_hand, "2026-03-01T01:00", Decision::Wait);
}

#[test]
fn a_clock_that_goes_back_makes_nothing_twice_unless_it_was_wrong() {
    let done = last("2026-03-01T05:00", Some("2026-03-01T05:01"), RunState::Done, 1);
    let ahead = history("2026-03-01T05:00", Some(done));
    check(&ahead, "2026-03-01T04:30", Decision::Rest(Some(at("2026-03-01T06:00"))));
    check(&ahead, "2026-03-01T03:30", Decision::CountFrom(at("2026-03-01T03:30")));
}

#[test]
fn an_offset_moves_the_beginning_and_not_the_due_time() {
    let mut late = job("0 * * * *", "UTC");
    late.offset = TimeDelta::minutes(7);
    let new = history("2026-03-01T00:30", None);
    let decided = |now| decide(&late, &new, Retries(2), at("2026-03-01T00:00"), at(now));
    assert_eq!(decided("2026-03-01T01:06"), Decision::Rest(Some(at("2026-03-01T01:07"))));
    assert_eq!(decided("2026-03-01T01:07"), start("2026-03-01T01:00", Why::Schedule, 1, 0));
}

#[test]
fn offsets_differ_among_projects_and_are_the_same_for_jobs_of_one_timing() {
    let of = |project: &str, expression| offset(project, &timing(expression, "UTC"), TimeDelta::minutes(10));
    assert_eq!(of("/srv/a", "0 2 * * *"), of("/srv/a", "0  2 * * *"));
    let offsets: std::collections::BTreeSet<_> = (0..50).map(|name| of(&format!("/srv/{name}"), "0 2 * * *")).collect();
    assert!(offsets.len() > 40 && offsets.iter().all(|offset| *offset < TimeDelta::minutes(10)), "{offsets:?}");
    assert_eq!(offset("/srv/a", &timing("0 2 * * *", "UTC"), TimeDelta::zero()), TimeDelta::zero());
}

#[test]
fn people_are_told_once_when_all_tries_are_used_up() {
    let told: Vec<u32> = (0..10).filter(|failures| is_told(Retries(3), *failures)).collect();
    assert_eq!(told, [4]);
    assert!(is_told(Retries(0), 1));
}

#[test]
fn what_is_no_schedule_is_refused_with_the_way_out() {
    let refused = |expression, zone| Timing::parse(expression, zone).expect_err("it is no timing").to_string();
    assert!(
        refused("0 5 * *", "UTC").contains("expected minute, hour, day of the month"),
        "{}",
        refused("0 5 * *", "UTC")
    );
    assert!(refused("0 0 5 * * *", "UTC").starts_with("`0 0 5 * * *` is not a time by cron: "));
    assert!(refused("61 5 * * *", "UTC").starts_with("`61 5 * * *` is not a time by cron: "));
    assert!(refused("0 5 30 2 *", "UTC").starts_with("`0 5 30 2 *` never comes"));
    assert!(refused("0 5 * * *", "Berlin").starts_with("`Berlin` is not a time zone: "));
    let error = Job::parse("deliver").expect_err("it comes later");
    assert_eq!(
        error,
        Error::Job {
            found: "deliver".to_owned(),
            expected: "`ingest`, `score`, `monitor`, `retrain`, `compact`, `back_up`".to_owned()
        }
    );
}
