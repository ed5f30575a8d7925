//! A cluster of real processes on this machine: the same bytes as without one, also when an executor is killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use insta::assert_snapshot;

use crate::setup::demo::Company;
use crate::setup::program::{column, failure, run, run_with, success};
use crate::setup::redaction::redacted;

/// The stored predictions in the order of their ids, without what depends on when each folder was ingested.
const PREDICTIONS: &str = "SELECT json_array(lead_id, target, model_id, as_of, score, low, high, band, reasons_json, \
     json_extract(provenance_json, '$.inputs')) FROM prediction ORDER BY prediction_id";

/// A process of the cluster, killed at the latest when the test ends.
struct Member(Child);

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a process and returns it with the first line that it prints.
fn member(arguments: &[&str]) -> (Member, String) {
    member_with(arguments, &[])
}

fn member_with(arguments: &[&str], variables: &[(&str, &str)]) -> (Member, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_plumb"))
        .arg("cluster")
        .args(arguments)
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let output = process.stdout.take().expect("its output is caught");
    let line = BufReader::new(output).lines().next().expect("it reports that it runs").expect("text");
    (Member(process), line)
}

fn scheduler() -> (Member, String) {
    let (member, line) = member(&["scheduler", "--port", "0"]);
    (member, address_in(&line))
}

fn address_in(line: &str) -> String {
    line.split_whitespace().find(|word| word.starts_with("127.0.0.1:")).expect("an address").to_owned()
}

fn executor(scheduler: &str) -> Member {
    member(&["executor", "--scheduler", scheduler, "--threads", "1"]).0
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "parquet"))
        .map(|path| {
            (path.file_name().expect("a name").to_string_lossy().into_owned(), std::fs::read(path).expect("it"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn two_executors_give_the_same_bytes_as_this_process() {
    let company = Company::of(1500);
    let plumb = |arguments: &[&str]| success(run(company.path(), arguments));
    let (_scheduler, address) = scheduler();
    let _executors = [executor(&address), executor(&address)];

    let here = plumb(&["ingest", "--data", "here"]);
    let there = plumb(&["ingest", "--data", "there", "--cluster", &address]);
    assert_eq!(here.replace("here", "there"), there);
    let [here, there] = ["here", "there"].map(|data| files(&company.path().join(data).join("ground/files")));
    assert!(here.len() >= 3 && here == there);

    let frozen = plumb(&["features", "--data", "here", "--target", "converted"]);
    let on_cluster = ["features", "--data", "there", "--target", "converted", "--rows-at-once", "500", "--cluster"];
    assert_eq!(plumb(&[&on_cluster[..], &[&address]].concat()), frozen, "a data set is named by its contents");

    for data in ["here", "there"] {
        // As of months ago, so that there is a history to score.
        plumb(&["train", "--data", data, "--target", "converted", "--as-of", "2026-06-01"]);
    }
    let scored = plumb(&["score", "--data", "here", "--target", "converted", "--history"]);
    let on_cluster = ["score", "--data", "there", "--target", "converted", "--history", "--rows-at-once", "500"];
    assert_eq!(plumb(&[&on_cluster[..], &["--cluster", &address]].concat()), scored);
    let stored = |data: &str, sql| column(&company.path().join(data).join("plumb.db"), sql);
    let (here, there) = (stored("here", PREDICTIONS), stored("there", PREDICTIONS));
    assert!(here.len() > 200 && here == there, "{} and {} predictions", here.len(), there.len());
    let moments = stored("here", "SELECT as_of || lead_id FROM prediction ORDER BY prediction_id");
    assert!(moments.is_sorted(), "earlier timestamps are scored first");
    let left = std::fs::read_dir(company.path().join("there/cluster")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "what went over the shared folder is gone");
}

#[test]
fn a_killed_executor_changes_no_result() {
    let company = Company::of(3000);
    success(run(company.path(), &["ingest"]));
    success(run(company.path(), &["features", "--out", "here.parquet"]));
    let (_scheduler, address) = scheduler();
    let mut first = executor(&address);
    let mut client = Member(
        Command::new(env!("CARGO_BIN_EXE_plumb"))
            .current_dir(company.path())
            .args(["features", "--out", "there.parquet", "--rows-at-once", "20", "--cluster", &address])
            .spawn()
            .expect("the program starts"),
    );
    // 150 calls, 16 at once: when the thirtieth is made, some are answered and most are not.
    while calls_made(company.path()).is_none_or(|number| number < 30) {
        assert!(client.0.try_wait().expect("its state").is_none(), "it was over before an executor could be killed");
        std::thread::yield_now();
    }
    first.0.kill().expect("it runs");
    first.0.wait().expect("it is dead");
    assert!(calls_made(company.path()).is_some_and(|number| number < 149), "it was killed too late to matter");
    let _second = executor(&address);
    assert!(client.0.wait().expect("it ends").success());
    let [here, there] = ["here", "there"].map(|name| company.path().join(format!("{name}.parquet")));
    assert_eq!(std::fs::read(here).expect("written"), std::fs::read(there).expect("written"));
}

#[test]
fn an_unreachable_cluster_is_named() {
    let company = Company::of(100);
    let (gone, address) = scheduler();
    drop(gone);
    let error = failure(run(company.path(), &["ingest", "--cluster", &address]));
    assert!(error.contains(&format!("the cluster at `{address}`: cannot read its version")), "{error}");
    assert!(!company.path().join("data/ground").exists());
}

#[test]
fn a_cluster_beyond_this_machine_requires_a_token() {
    let company = Company::of(100);
    let scheduler = |bind: &str| failure(run(company.path(), &["cluster", "scheduler", "--bind", bind]));
    assert_snapshot!(
        scheduler("0.0.0.0"),
        @"error: --bind 0.0.0.0: expected the one address under which the other machines reach this process"
    );
    assert_snapshot!(
        scheduler("192.0.2.1"),
        @"error: --bind 192.0.2.1: other machines reach this address, so the cluster needs a token: set the environment variable `PLUMB_CLUSTER_TOKEN` to the same 16 or more letters and digits on all machines, and use a network that you trust, because the data is not encrypted"
    );

    let token = [("PLUMB_CLUSTER_TOKEN", "just-for-this-test")];
    let (_scheduler, line) = member_with(&["scheduler", "--port", "0"], &token);
    let address = address_in(&line);
    let _executor = member_with(&["executor", "--scheduler", &address, "--threads", "1"], &token);
    let ingest = ["ingest", "--cluster", &address];
    let refused = failure(run(company.path(), &ingest));
    assert!(refused.contains("the cluster requires its token"), "{refused}");
    assert_snapshot!(redacted(&success(run_with(company.path(), &ingest, &token))), @r"
    crm: 1533 rows read, 1533 new
    internal: 40 rows read, 40 new
    marketing: 1413 rows read, 1413 new
    100 leads in 437 versions, 2120 events, 164 outcomes
    left out: 12 duplicates, 1 test leads with 1 rows
    unmatched: 16 rows of no lead, and 0 keys that too many leads share, listed in data/ground/000001/unmatched.csv
    note: event, column `at`: 59 events are dated before their lead was created (`crm:10002`: created 2024-11-21 15:37:37, event 2024-11-21 13:38:46), 0 of them at midnight of that day, as a day without a time is: they stay as they are; if they happened before, leave it so; if a day without a time is meant, write its end in sources/event.sql: `date_trunc('day', at) + INTERVAL '1 day' - INTERVAL '1 second'`
    ");
}

/// Returns the largest number of the calls that lie in the shared folder.
fn calls_made(project: &Path) -> Option<u32> {
    let jobs = std::fs::read_dir(project.join("data/cluster")).ok()?;
    let calls = jobs.filter_map(Result::ok).filter_map(|job| std::fs::read_dir(job.path()).ok()).flatten();
    let number = |name: &str| name.split('-').next()?.parse().ok();
    calls.filter_map(Result::ok).filter_map(|call| number(call.file_name().to_str()?)).max()
}
