//! Commands that meet in one data folder: one at a time writes each part, what one reads stays, and whatever is killed
//! leaves what counts as it was.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::setup::demo::Company;
use crate::setup::folder::write;
use crate::setup::program::{failure, run, success};
use crate::setup::running::{Running, signal, start, wait_for};

/// Returns a project of one CSV file.
fn project() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    write(folder.path(), "plumb.toml", "[source.sheet]\nkind = \"csv\"\nurl = \"sheet.csv\"\nallow_lost = 100");
    let leads = "SELECT id AS lead_key, '2026-01-01' AS created_at, '2026-01-01' AS known_at, name FROM sheet.records";
    write(folder.path(), "sources/lead.sql", leads);
    let none = "SELECT '' AS lead_key, '' AS kind, '' AS at, '' AS known_at WHERE false";
    write(folder.path(), "sources/event.sql", none);
    let none = "SELECT '' AS lead_key, '' AS target, true AS positive, '' AS at, '' AS known_at WHERE false";
    write(folder.path(), "sources/outcome.sql", none);
    folder
}

/// Writes the project's file with so many leads, and a row that is rejected.
fn write_leads(folder: &TempDir, leads: usize) {
    let rows: String = (0..leads).map(|lead| format!("{lead},Ada\n")).collect();
    write(folder.path(), "sheet.csv", &format!("id,name\n{rows}only an id\n"));
}

/// Checks that a data folder is whole: all raw rows are as they were written, and the lists are of one run.
#[track_caller]
fn check_whole(folder: &Path, leads: usize) {
    let printed: Value = serde_json::from_str(&success(run(folder, &["ingest", "--json"]))).expect("JSON");
    assert_eq!((&printed["unchanged"], &printed["counts"]["leads"]), (&true.into(), &leads.into()));
    assert_eq!(printed["damaged"], Value::Null);
    let rejects = fs::read_to_string(folder.join(printed["rejected_file"].as_str().expect("a path")));
    assert_eq!(
        rejects.expect("it is there").lines().count(),
        1 + printed["rejected_total"].as_u64().expect("a number") as usize
    );
    success(run(folder, &["features", "--out", "features.parquet"]));
}

/// Returns what is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).map(|entries| entries.map(|entry| entry.expect("an entry").file_name()));
    let mut names: Vec<String> =
        entries.into_iter().flatten().map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn of_ingestions_at_once_one_writes_and_the_others_say_who() {
    let folder = project();
    write(folder.path(), "features/lead.sql", "SELECT l.name AS name");
    let mut refused = 0;
    for round in 1..=12 {
        write_leads(&folder, round);
        let runs: Vec<Running> = (0..2).map(|_| start(folder.path(), &["ingest"])).collect();
        let processes: Vec<u64> = runs.iter().map(Running::process).collect();
        let ended: Vec<(bool, String)> = runs.into_iter().map(Running::finish).collect();
        assert!(ended.iter().any(|(succeeded, _)| *succeeded), "{ended:?}");
        for (_, error) in ended.iter().filter(|(succeeded, _)| !succeeded) {
            let is_named = |process: &u64| {
                error
                    .contains(&format!("`ground` in `data` is being written by `plumb ingest` (process {process} on `"))
            };
            // It may fail between another's lock and its signature.
            assert!(processes.iter().any(is_named) || error.contains("written by another process"), "{error}");
            refused += 1;
        }
        check_whole(folder.path(), round);
    }
    assert!(refused > 0, "no two of 24 met");
    for round in 13..=15 {
        write_leads(&folder, round);
        let runs: Vec<Running> = (0..8).map(|_| start(folder.path(), &["ingest", "--wait"])).collect();
        for (succeeded, error) in runs.into_iter().map(Running::finish) {
            assert!(succeeded, "{error}");
        }
        check_whole(folder.path(), round);
    }
    // The version before the current one stays, and nothing else.
    assert_eq!(names(&folder.path().join("data/ground")), ["000014", "000015", "files", "kept"]);
    assert_eq!(names(&folder.path().join("data/runs")), ["000014", "000015"]);
    let raw = names(&folder.path().join("data/raw/sheet/records"));
    assert_eq!(raw.iter().filter(|name| name.ends_with(".parquet")).count(), 15, "{raw:?}");
}

/// What an ingestion does one after another, as seen from outside.
const MILESTONES: [&str; 8] =
    ["locks", "raw/crm", "raw/marketing", "ground/kept", "ground/files", "ground/.version-", "ground/000001", "runs"];

fn is_reached(data: &Path, milestone: &str) -> bool {
    match milestone.split_once("/.version-") {
        Some((folder, _)) => names(&data.join(folder)).iter().any(|name| name.starts_with(".version-")),
        None => data.join(milestone).exists(),
    }
}

#[test]
fn an_ingestion_that_is_killed_anywhere_has_changed_nothing_that_counts() {
    let company = Company::of(600);
    let expected = company.plumb(&["ingest", "--data", "whole"]);
    // Files are named by their content.
    let relations = |data: &str| names(&company.path().join(data).join("ground/files"));
    for (number, milestone) in MILESTONES.iter().enumerate() {
        let name = format!("data-{number}");
        let data = company.path().join(&name);
        let mut ingestion = start(company.path(), &["ingest", "--data", &name]);
        wait_for(&mut ingestion, milestone, || is_reached(&data, milestone).then_some(()));
        signal("-KILL", ingestion.process());
        drop(ingestion);
        let is_published = data.join("CURRENT").exists();
        let opened = run(company.path(), &["features", "--data", &name, "--out", "features.parquet"]);
        if is_published {
            success(opened);
        } else {
            assert!(failure(opened).contains("run `plumb ingest` first"));
            assert_eq!(company.plumb(&["ingest", "--data", &name]).replace(&name, "whole"), expected, "{milestone}");
        }
        assert!(relations(&name) == relations("whole"), "{milestone}");
        assert_eq!(names(&data.join("ground")), ["000001", "files", "kept"], "{milestone}");
        let parts = |data: &Path| -> usize {
            let tables = names(&data.join("raw/crm"));
            tables.iter().map(|table| names(&data.join("raw/crm").join(table)).len()).sum()
        };
        assert_eq!(parts(&data), parts(&company.path().join("whole")), "{milestone}");
        let again = company.plumb(&["ingest", "--data", &name]);
        assert!(again.contains("nothing is new: "), "{milestone}: {again}");
    }
}

/// Starts an ingestion and stops it while it holds the lock.
fn stopped_ingestion(company: &Company, data: &str) -> Running {
    let mut holder = start(company.path(), &["ingest", "--data", data]);
    let lock = company.path().join(data).join("locks/ground.lock");
    wait_for(&mut holder, "it held the lock", || fs::read(&lock).ok().filter(|signed| signed.ends_with(b"}")));
    signal("-STOP", holder.process());
    assert!(!company.path().join(data).join("CURRENT").exists(), "it was stopped too late to matter");
    holder
}

#[test]
fn a_lock_is_waited_for_and_free_when_its_holder_is_killed() {
    let company = Company::of(600);
    let holder = stopped_ingestion(&company, "data");
    let who = format!("`plumb ingest --data data` (process {} on `", holder.process());
    let error = company.plumb_fails(&["ingest"]);
    assert!(error.contains(&format!("`ground` in `data` is being written by {who}")), "{error}");
    assert!(error.trim_end().ends_with("UTC): wait until it has ended, or use `--wait`"), "{error}");
    let error = company.plumb_fails(&["ingest", "--wait=1"]);
    assert!(error.contains(&format!("waiting for {who}")) && error.contains("waited 1 s for it"), "{error}");
    // Another data folder, and what only reads, do not wait.
    company.plumb(&["ingest", "--data", "other"]);
    company.plumb(&["features", "--data", "other", "--out", "features.parquet"]);

    let mut waiting = start(company.path(), &["ingest", "--wait"]);
    let mut lines = BufReader::new(waiting.0.stderr.take().expect("caught")).lines();
    let line = lines.next().expect("it says for whom it waits").expect("text");
    assert!(line.starts_with(&format!("waiting for {who}")) && line.ends_with("writes `ground` in `data`"), "{line}");
    signal("-KILL", holder.process());
    assert!(waiting.0.wait().expect("it ends").success());
    assert!(company.plumb(&["ingest"]).contains("nothing is new"));
}

/// Returns the folder of the version that somebody uses, if there is one.
fn version_in_use(data: &Path) -> Option<PathBuf> {
    let versions = names(&data.join("ground")).into_iter().map(|name| data.join("ground").join(name));
    let is_used =
        |version: &PathBuf| fs::File::open(version.join("report.json")).is_ok_and(|report| report.try_lock().is_err());
    versions.filter(|version| version.join("report.json").is_file()).find(is_used)
}

#[test]
fn a_retraining_and_a_check_finish_on_the_version_that_they_began_with() {
    let company = Company::of(1500);
    let data = company.path().join("data");
    company.plumb(&["ingest"]);
    company.plumb(&["train", "--target", "converted", "--as-of", "2026-06-01"]);
    company.plumb(&["score", "--target", "converted"]);
    for command in [["retrain", "--target", "converted"], ["verify", "--target", "converted"]] {
        let mut running = start(company.path(), &command);
        let used = wait_for(&mut running, "it had opened the data folder", || version_in_use(&data));
        signal("-STOP", running.process());
        // Each of these derives another version, and the second one is the same as the first one again.
        let sql = fs::read_to_string(company.path().join("sources/outcome.crm.sql")).expect("it is there");
        for changed in [format!("-- changed\n{sql}"), sql] {
            write(company.path(), "sources/outcome.crm.sql", &changed);
            company.plumb(&["ingest"]);
        }
        // Three versions, the files that they share, and the rows that are kept.
        assert!(used.is_dir() && names(&data.join("ground")).len() == 5, "{:?}", names(&data.join("ground")));
        signal("-CONT", running.process());
        let (succeeded, error) = running.finish();
        assert!(succeeded, "{command:?}: {error}");
    }
}

#[test]
fn two_trainings_of_the_same_trees_do_not_meet_in_their_folder() {
    let company = Company::of(1500);
    company.plumb(&["ingest"]);
    let train = ["train", "--target", "converted", "--workers", "1", "--sample-rows", "1000"];
    let mut first = start(company.path(), &train);
    let locks = company.path().join("data/locks");
    wait_for(&mut first, "it grew trees", || {
        names(&locks)
            .into_iter()
            .find(|name| name.starts_with("training-"))
            .filter(|name| fs::read(locks.join(name)).is_ok_and(|signed| signed.ends_with(b"}")))
    });
    signal("-STOP", first.process());
    let error = company.plumb_fails(&train);
    let who = format!("is being written by `plumb {}` (process {} on `", train.join(" "), first.process());
    assert!(error.contains("`training-") && error.contains(&who), "{error}");
    signal("-CONT", first.process());
    let (succeeded, error) = first.finish();
    assert!(succeeded, "{error}");
    assert!(names(&locks).iter().all(|name| !name.starts_with("training-")), "{:?}", names(&locks));
    company.plumb(&train);
}

#[test]
fn two_scorings_of_one_target_do_not_run_at_once() {
    let company = Company::of(600);
    company.plumb(&["ingest"]);
    company.plumb(&["train", "--target", "converted"]);
    let mut first = start(company.path(), &["score", "--target", "converted"]);
    let lock = company.path().join("data/locks/score-converted.lock");
    wait_for(&mut first, "it scored", || fs::read(&lock).ok().filter(|signed| signed.ends_with(b"}")));
    signal("-STOP", first.process());
    let error = company.plumb_fails(&["score", "--target", "converted"]);
    assert!(error.contains("`score-converted` in `data` is being written by `plumb score"), "{error}");
    signal("-CONT", first.process());
    assert!(first.finish().0);
    company.plumb(&["score", "--target", "converted", "--wait"]);
}
