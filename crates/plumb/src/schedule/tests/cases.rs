//! What the scheduler does, case by case.

use chrono::TimeDelta;
use plumb_schedule::{Job, RunState};

use super::{Fate, World, at, jobs_of, write_schedule};
use crate::lifecycle::jobs::overview;
use crate::lifecycle::workspace::ProjectPaths;
use crate::runs::RunByHand;

const HOURLY: &str = "ingest = \"0 * * * *\"\nretries = 1\n";

#[tokio::test]
async fn jobs_that_are_due_at_once_run_in_their_order() {
    let world = World::new("back_up = \"0 3 * * *\"\nscore = \"0 3 * * *\"\ningest = \"0 3 * * *\"\n").await;
    let with_bucket = std::fs::read_to_string(world.folder.path().join("plumb.toml")).expect("it is there");
    let with_bucket = with_bucket + "\n[store]\nurl = \"s3://bucket/prefix\"\n";
    std::fs::write(world.folder.path().join("plumb.toml"), with_bucket).expect("writable");
    world.live(at("2026-03-01T00:00"), at("2026-03-01T04:00")).await;
    let runs = world.runs().await;
    assert_eq!(jobs_of(&runs), [Job::Ingest, Job::Score, Job::BackUp]);
    assert!(runs[0].log.ends_with("ingest begins\n"), "{}", runs[0].log);
}

#[tokio::test]
async fn a_night_of_a_machine_that_is_off_is_made_up_for_once() {
    let world = World::new(HOURLY).await;
    world.live(at("2026-03-01T00:30"), at("2026-03-01T02:30")).await;
    world.live(at("2026-03-01T09:30"), at("2026-03-01T10:30")).await;
    let expected = ["01:00 schedule", "02:00 schedule", "09:00 missed", "10:00 schedule"];
    assert_eq!(world.run_lines().await, expected.map(|run| format!("ingest 01 {run} 1 done")));
    let missed = world.runs().await.remove(2);
    assert!(missed.log.contains("it stands for 6 earlier due times"), "{}", missed.log);
}

#[tokio::test]
async fn a_time_that_comes_while_the_run_before_goes_on_is_skipped_and_said() {
    let world = World::new(HOURLY).await;
    world.fate([Fate::Done(150)]);
    world.live(at("2026-03-01T00:30"), at("2026-03-01T04:30")).await;
    let expected = ["01:00 schedule 1 done", "03:00 schedule 1 skipped", "04:00 schedule 1 done"];
    assert_eq!(world.run_lines().await, expected.map(|run| format!("ingest 01 {run}")));
    let skipped = world.runs().await.remove(1);
    let said = "its last 2 times came while the run that began at 2026-03-01 01:00 was going on";
    assert_eq!(skipped.error.as_deref(), Some(said));
}

#[tokio::test]
async fn a_job_that_fails_is_tried_again_and_told_of_once() {
    let world = World::new(HOURLY).await;
    world.fate([Fate::Fails(1); 5]);
    world.live(at("2026-03-01T00:30"), at("2026-03-01T03:30")).await;
    let expected = [
        "01:00 schedule 1 failed",
        "01:00 retry 2 failed",
        "02:00 schedule 1 failed",
        "02:00 retry 2 failed",
        "03:00 schedule 1 failed",
        "03:00 retry 2 done",
    ];
    assert_eq!(world.run_lines().await, expected.map(|run| format!("ingest 01 {run}")));
    let alerts = world.store.alerts("won", None, 9).await.expect("read");
    let texts: Vec<_> = alerts.iter().map(|alert| alert.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "the job `ingest` came to nothing 2 times in a row since 2026-03-01 01:00: a test wants it so; see `plumb runs --job \
          ingest`, and run `plumb ingest --wait` when the cause is mended"
        ]
    );
}

#[tokio::test]
async fn a_source_that_is_down_is_told_of_and_the_run_is_done() {
    let world = World::new(HOURLY).await;
    world.fate([Fate::Tells("source `crm` cannot be read"), Fate::Tells("source `crm` cannot be read")]);
    world.live(at("2026-03-01T00:30"), at("2026-03-01T02:30")).await;
    assert!(world.runs().await.iter().all(|run| run.state == RunState::Done));
    let alerts = world.store.alerts("won", None, 9).await.expect("read");
    assert_eq!((alerts.len(), alerts[0].key.as_str()), (1, "won/schedule/source `crm` cannot be read"));
}

#[tokio::test]
async fn a_run_that_is_killed_is_taken_up_with_what_it_had_done() {
    let world = World::new(HOURLY).await;
    world.fate([Fate::Killed(7)]);
    let (killed_at, _) = world.live(at("2026-03-01T00:30"), at("2026-03-01T05:30")).await;
    assert_eq!(killed_at, at("2026-03-01T01:07"));
    assert_eq!(world.run_lines().await, ["ingest 01 01:00 schedule 1 running"]);
    let (_, before) = world.live(killed_at, at("2026-03-01T01:30")).await;
    assert_eq!(
        world.run_lines().await,
        ["ingest 01 01:00 schedule 1 interrupted", "ingest 01 01:00 interrupted 2 done"]
    );
    let before = before[0].as_ref().and_then(|before| before.outcome.as_ref());
    assert!(before.is_some_and(|outcome| outcome["targets"]["won"].is_object()), "{before:?}");
    let killed = world.runs().await.remove(0);
    assert_eq!(killed.error.as_deref(), Some("its process ended before it was done"));
    assert!(killed.log.contains("ingest begins"), "its log is there: {}", killed.log);
}

#[tokio::test]
async fn a_run_that_is_stopped_is_taken_up_at_the_next_start() {
    let world = World::new(HOURLY).await;
    world.fate([Fate::Stopped]);
    let (stopped_at, _) = world.live(at("2026-03-01T00:30"), at("2026-03-01T05:30")).await;
    assert_eq!(stopped_at, at("2026-03-01T01:00"), "it goes on no further");
    world.live(at("2026-03-01T01:20"), at("2026-03-01T01:30")).await;
    assert_eq!(
        world.run_lines().await,
        ["ingest 01 01:00 schedule 1 interrupted", "ingest 01 01:00 interrupted 2 done"]
    );
}

#[tokio::test]
async fn a_job_that_somebody_runs_by_hand_waits_for_that() {
    let world = World::new(HOURLY).await;
    let by_hand = RunByHand::begin(&world.paths, Job::Ingest, "ada").await.expect("noted");
    world.live(at("2026-03-01T00:30"), at("2026-03-01T01:30")).await;
    assert_eq!(world.runs().await.len(), 1, "that of ada");
    by_hand.end(Ok(()), |()| serde_json::json!({ "rows": 7 })).await.expect("it went well");
    world.live(at("2026-03-01T01:30"), at("2026-03-01T01:40")).await;
    let told = world.run_lines().await;
    assert_eq!(told.len(), 2);
    assert!(told.contains(&"ingest  by_hand 1 done".to_owned()), "{told:?}");
    assert!(told.contains(&"ingest 01 01:00 missed 1 done".to_owned()), "{told:?}");
}

#[tokio::test]
async fn times_that_change_count_from_then_on() {
    let world = World::new(HOURLY).await;
    world.live(at("2026-03-01T00:30"), at("2026-03-01T01:30")).await;
    write_schedule(world.folder.path(), "ingest = \"15 * * * *\"\nscore = \"0 1 * * *\"\n");
    world.live(at("2026-03-01T01:40"), at("2026-03-01T02:30")).await;
    assert_eq!(world.run_lines().await, ["ingest 01 01:00 schedule 1 done", "ingest 01 02:15 schedule 1 done"]);
    write_schedule(world.folder.path(), "score = \"0 1 * * *\"\n");
    world.live(at("2026-03-01T02:30"), at("2026-03-01T02:40")).await;
    let kept = world.store.kept_timings().await.expect("read");
    assert_eq!(kept.iter().map(|kept| kept.timing.job).collect::<Vec<_>>(), [Job::Score]);
}

#[tokio::test]
async fn each_job_is_seen_at_a_glance() {
    let world = World::new(HOURLY).await;
    world.fate([Fate::Done(5), Fate::Fails(1), Fate::Fails(1)]);
    let (end, _) = world.live(at("2026-03-01T00:30"), at("2026-03-01T02:30")).await;
    let jobs = overview(None, Some(&world.store), end).await.expect("read");
    let [job] = jobs.as_slice() else { panic!("{jobs:?}") };
    assert_eq!(
        (job.job, job.times.as_deref(), job.time_zone.as_deref()),
        (Job::Ingest, Some("0 * * * *"), Some("UTC"))
    );
    assert_eq!(job.last.as_ref().map(|run| run.state), Some(RunState::Failed));
    assert_eq!(job.last_done, Some(at("2026-03-01T01:00") + TimeDelta::minutes(5)));
    assert_eq!(job.next, Some(at("2026-03-01T03:00")));
}

#[tokio::test]
async fn a_data_folder_without_a_database_gets_none_by_a_command_that_fails() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths = ProjectPaths::new(folder.path(), None);
    let run = RunByHand::begin(&paths, Job::Ingest, "ada").await.expect("nothing to note yet");
    let failed: anyhow::Result<()> = run.end(Err(anyhow::anyhow!("no source")), |()| serde_json::Value::Null).await;
    assert_eq!(failed.expect_err("it is passed on").to_string(), "no source");
    assert!(!paths.data.exists());
}
