//! Nine months in which nobody touches anything: the schedule ingests, scores, monitors and retrains by itself, through past time,
//! and is killed now and then.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::stages;
use crate::setup::demo::Company;
use crate::setup::program::column;

/// From the day on which the new channel begins.
const LIFE: [&str; 5] = ["scheduler", "--from", "2026-02-01T00:00:00Z", "--until", "2026-11-01T00:00:00Z"];

const SCHEDULE: &str = "\n[schedule]\ntime_zone = \"Europe/Berlin\"\ningest = \"0 3 * * MON\"\nscore = \"0 5 1 * *\"\n\
                        monitor = \"0 6 * * MON\"\nretrain = \"0 2 1 5,10 *\"\ncompact = \"0 1 1 * *\"\n";

#[test]
fn the_stories_are_told_and_answered_although_nobody_is_there() {
    let company = stages::ingested();
    company.plumb(&["train", "--as-of", "2026-02-01"]);
    let config = std::fs::read_to_string(company.path().join("plumb.toml")).expect("it is there");
    std::fs::write(company.path().join("plumb.toml"), config + SCHEDULE).expect("writable");
    let first = champions(&company);
    for lines in [3, 12, 31, 8, 21] {
        live_until(&company, lines);
    }
    company.plumb(&LIFE);
    let runs: Value = serde_json::from_str(&company.plumb(&["runs", "--limit", "1000", "--json"])).expect("JSON");
    let runs = runs.as_array().expect("a list");
    check_once(runs);
    check_alert(runs, "tiktok_ads", "2026-03-01");
    let retrained: Vec<&Value> = done(runs, "retrain").collect();
    assert_eq!(retrained.len(), 2, "{retrained:?}");
    for target in ["converted", "approved"] {
        let models =
            |run: &&Value| run["outcome"]["targets"][target]["models"].as_array().is_some_and(|all| !all.is_empty());
        assert!(retrained.iter().all(models), "{target}: {retrained:?}");
    }
    assert_eq!(first.len(), 2, "{first:?}");
}

/// Lets the schedule live until it has printed so many lines, and kills it.
fn live_until(company: &Company, lines: usize) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plumb"));
    let command = command.current_dir(company.path()).args(LIFE).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut process = command.spawn().expect("the program starts");
    let output = process.stdout.take().expect("caught");
    let read = BufReader::new(output).lines().take(lines).filter(Result::is_ok).count();
    process.kill().expect("it is ours");
    process.wait().expect("it ends");
    assert_eq!(read, lines, "it was over before");
}

/// Returns the runs of the schedule of a job that were done.
fn done<'a>(runs: &'a [Value], job: &'a str) -> impl Iterator<Item = &'a Value> {
    runs.iter().filter(move |run| run["job"] == job && run["state"] == "done" && !run["due"].is_null())
}

/// Checks that each due time was done once.
fn check_once(runs: &[Value]) {
    for (job, times) in [("ingest", 39), ("monitor", 39), ("score", 9), ("retrain", 2), ("compact", 9)] {
        let mut dues: Vec<&str> = done(runs, job).filter_map(|run| run["due"].as_str()).collect();
        let all = dues.len();
        dues.sort_unstable();
        dues.dedup();
        assert_eq!((all, dues.len()), (times, times), "{job}");
    }
    let left = runs.iter().filter(|run| run["state"] == "failed" || run["state"] == "skipped").count();
    assert_eq!(left, 0, "nothing fails, and nothing takes so long");
}

/// Checks that one run of the monitoring has raised the first alert with a word in its key, before a day.
fn check_alert(runs: &[Value], word: &str, before: &str) {
    let has = |run: &&Value| run["outcome"].to_string().contains(word);
    let first = done(runs, "monitor").filter(has).filter_map(|run| run["started"].as_str()).min();
    assert!(first.is_some_and(|first| first < before), "{word} was told on {first:?}");
}

/// Returns the champions of all targets.
fn champions(company: &Company) -> Vec<String> {
    column(&company.path().join("data/plumb.db"), "SELECT model_id FROM stage WHERE stage = 'champion' ORDER BY target")
}
