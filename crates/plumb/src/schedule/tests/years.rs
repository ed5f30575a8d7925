//! Two years in a moment, with runs that fail, take long and are killed, and a machine that is off now and then: each due time is
//! dealt with once.

use chrono::{DateTime, TimeDelta, Utc};
use plumb_schedule::{Job, RunState};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Fate, World, at};
use crate::store::JobRun;

const SCHEDULE: &str = "time_zone = \"Europe/Berlin\"\ningest = \"30 2 * * *\"\nscore = \"0 5 * * MON-FRI\"\n\
                        monitor = \"0 6 * * MON\"\nretrain = \"15 2 1 * *\"\njitter = \"10m\"\nretries = 2\n";

#[tokio::test]
async fn two_years_go_by_and_each_thing_is_done_once() {
    let world = World::new(SCHEDULE).await;
    let (begin, end) = (at("2024-01-01T00:00"), at("2026-01-01T00:00"));
    let mut random = ChaCha8Rng::seed_from_u64(17);
    let fates: Vec<Fate> = (0..4_000).map(|_| fate(&mut random)).collect();
    world.fate(fates);
    let (mut now, mut lives) = (begin, 0);
    while now < end {
        // A process of some weeks, unless it is killed before; then the machine may be off for a while.
        let until = (now + TimeDelta::days(random.random_range(1..60))).min(end);
        (now, _) = world.live(now, until).await;
        if random.random_bool(0.3) {
            now += TimeDelta::minutes(random.random_range(0..5_000));
        }
        lives += 1;
    }
    // Once more without accidents, so that nothing is left over.
    world.fates.borrow_mut().clear();
    world.live(now, now + TimeDelta::hours(3)).await;
    let runs = world.runs().await;
    assert!(lives > 50 && runs.len() > 1_000, "{lives} lives and {} runs show nothing", runs.len());
    for job in [Job::Ingest, Job::Score, Job::Monitor, Job::Retrain] {
        let of_job: Vec<&JobRun> = runs.iter().filter(|run| run.job == job).collect();
        check_dues(&of_job, job);
        check_tries(&of_job);
    }
    check_times(&runs);
    assert!(runs.iter().all(|run| run.state != RunState::Running), "nothing goes on for ever");
}

fn fate(random: &mut ChaCha8Rng) -> Fate {
    match random.random_range(0..20) {
        0 => Fate::Killed(random.random_range(0..200)),
        1 => Fate::Fails(random.random_range(0..200)),
        2 => Fate::Stopped,
        3 => Fate::Done(random.random_range(0..1_500)),
        _ => Fate::Done(random.random_range(0..30)),
    }
}

/// Checks that due times come in their order, each once, and that what is not there was said to be stood for.
fn check_dues(runs: &[&JobRun], job: Job) {
    let mut first: Vec<DateTime<Utc>> = Vec::new();
    for run in runs.iter().filter(|run| run.attempt == 1) {
        let due = run.due.expect("nobody did it by hand");
        assert!(first.last().is_none_or(|last| *last < due), "{job}: {due} comes twice or too late");
        assert!(run.started >= due, "{job}: {due} was begun too early");
        first.push(due);
    }
    let days = (*first.last().expect("it ran") - first[0]).num_days();
    let made = |run: &&&JobRun| run.state == RunState::Done;
    let done = runs.iter().filter(made).count();
    let at_least = match job {
        Job::Ingest => days * 6 / 10,
        Job::Score => days * 4 / 10,
        Job::Monitor => days / 12,
        _ => days / 50,
    };
    assert!(done as i64 >= at_least, "{job}: {done} in {days} days");
}

/// Checks that the tries of a due time follow each other, within the limit, and only after one that came to nothing.
fn check_tries(runs: &[&JobRun]) {
    let runs: Vec<&&JobRun> = runs.iter().filter(|run| run.state != RunState::Skipped).collect();
    for pair in runs.windows(2) {
        let [before, run] = pair else { continue };
        if run.attempt > 1 {
            assert_eq!((run.due, run.attempt), (before.due, before.attempt + 1), "{run:?}");
            assert!(matches!(before.state, RunState::Failed | RunState::Interrupted), "{before:?}");
            assert!(run.attempt <= 3, "{run:?}");
        }
    }
}

/// Checks that no two runs go on at once.
fn check_times(runs: &[JobRun]) {
    for pair in runs.windows(2) {
        let [before, run] = pair else { continue };
        assert!(before.started <= run.started);
        assert!(before.ended.is_none_or(|ended| ended <= run.started), "{before:?} and {run:?} go on at once");
    }
}
