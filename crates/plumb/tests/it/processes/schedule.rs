//! The schedule as processes run it: `plumb scheduler` and `plumb serve` by the machine's clock, stopped and in each other's way,
//! and `plumb scheduler` through past time, killed again and again.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value;

use crate::setup::program::{change, column, failure, run};
use crate::setup::running::{signal, start, wait_for};
use crate::setup::server::Server;
use crate::setup::shop::Shop;

/// Once a year: nothing is due while a test runs.
const YEARLY: &str = "ingest = \"0 3 1 1 *\"\n";

/// Has the shop's project a schedule.
fn schedule(shop: &Shop, lines: &str) {
    let config = std::fs::read_to_string(shop.path().join("plumb.toml")).expect("it is there");
    shop.write("plumb.toml", &format!("{config}\n[schedule]\n{lines}"));
}

/// Has the schedule kept since a year ago: what is due once a year was missed then.
fn miss_a_year(shop: &Shop) {
    let mut scheduler = start(shop.path(), &["scheduler"]);
    wait_for(&mut scheduler, "its times are kept", || kept(shop.path()));
    signal("-TERM", scheduler.process());
    let (succeeded, error) = scheduler.finish();
    assert!(succeeded, "a stop is no failure: {error}");
    let database = shop.path().join("data/plumb.db");
    change(&database, "UPDATE job_timing SET considered_until = considered_until - 366 * 86400000000");
}

fn kept(folder: &Path) -> Option<String> {
    column(&folder.join("data/plumb.db"), "SELECT job FROM job_timing").pop()
}

/// Returns the states of the runs of the schedule, oldest first.
fn states(folder: &Path) -> Vec<String> {
    let sql = "SELECT why || ' ' || state FROM job_run WHERE due_at IS NOT NULL ORDER BY started_at, run_id";
    column(&folder.join("data/plumb.db"), sql)
}

#[test]
fn a_missed_run_is_made_at_the_start_and_a_signal_ends_the_scheduler() {
    let shop = Shop::ingested(60);
    schedule(&shop, YEARLY);
    miss_a_year(&shop);
    let mut scheduler = start(shop.path(), &["scheduler"]);
    wait_for(&mut scheduler, "the run is done", || (states(shop.path()) == ["missed done"]).then_some(()));
    let refused = failure(run(shop.path(), &["scheduler"]));
    assert!(refused.contains("the schedule of `data` is run by `plumb scheduler` (process "), "{refused}");
    signal("-TERM", scheduler.process());
    assert!(scheduler.finish().0);
    let runs = shop.json(&["runs", "--job", "ingest"]);
    let all = runs.as_array().expect("a list");
    assert_eq!((all.len(), &all[0]["by"], &all[1]["why"]), (2, &"schedule".into(), &"by_hand".into()));
    assert_eq!(all[0]["outcome"]["leads"], 60);
    let text = shop.plumb(&["schedule"]);
    assert!(text.contains("ingest   0 3 1 1 * UTC") && text.contains(", done, next "), "{text}");
}

#[test]
fn a_server_runs_the_schedule_and_shows_it() {
    let shop = Shop::ingested(60);
    schedule(&shop, YEARLY);
    miss_a_year(&shop);
    let server = Server::start(shop.path(), &[], &[]);
    let done = loop {
        let runs = server.get("/v1/runs?job=ingest&limit=1");
        if runs["runs"][0]["state"] == "done" && runs["runs"][0]["why"] == "missed" {
            break runs;
        }
        std::thread::yield_now();
    };
    assert_eq!(done["runs"][0]["outcome"]["rows_new"], 0, "{done}");
    let earlier = server.get(&format!("/v1/runs?after={}", done["next"].as_str().expect("there is one by hand")));
    assert_eq!(earlier["runs"][0]["why"], "by_hand");
    let refused = failure(run(shop.path(), &["scheduler"]));
    assert!(refused.contains("is run by `plumb serve "), "{refused}");
    let page = server.page("/data");
    assert!(page.contains("<code>0 3 1 1 *</code> UTC"), "{page}");
    server.stop();
}

#[test]
fn the_schedule_and_a_command_wait_for_each_other_or_say_who_is_there() {
    let shop = Shop::ingested(60);
    schedule(&shop, YEARLY);
    miss_a_year(&shop);
    // Somebody ingests by hand, which takes its time.
    let lock = File::options().write(true).open(shop.path().join("data/locks/ground.lock")).expect("there was one");
    lock.lock().expect("it is free");
    let mut scheduler = start(shop.path(), &["scheduler"]);
    let log = || column(&shop.path().join("data/plumb.db"), "SELECT log FROM job_run WHERE due_at IS NOT NULL").pop();
    wait_for(&mut scheduler, "it waits", || log().filter(|log| log.contains("waiting for another process")));
    let refused = shop.plumb_fails(&["ingest"]);
    assert!(refused.contains("`ground` in `data` is being written by"), "{refused}");
    lock.unlock().expect("it is ours");
    wait_for(&mut scheduler, "it is done", || (states(shop.path()) == ["missed done"]).then_some(()));
    signal("-TERM", scheduler.process());
    assert!(scheduler.finish().0);
}

/// The days that the shop lives through.
const PAST: [&str; 5] = ["scheduler", "--from", "2026-03-01T00:00:00Z", "--until", "2026-03-11T00:00:00Z"];

#[test]
fn a_scheduler_that_is_killed_again_and_again_does_each_thing_once() {
    let shop = Shop::ingested(720);
    schedule(
        &shop,
        "time_zone = \"Europe/Berlin\"\ningest = \"0 3 * * *\"\nscore = \"30 5 * * *\"\nmonitor = \"0 6 * * MON\"\n\
         compact = \"0 7 * * SUN\"\n",
    );
    shop.plumb(&["train", "--as-of", "2026-03-01T00:00:00Z"]);
    // A line is printed when a run begins and when it ends: an odd number of them leaves it in the midst of one.
    for lines in [1, 3, 2, 5, 7, 1, 9] {
        let mut scheduler = start(shop.path(), &PAST);
        let output = scheduler.0.stdout.take().expect("caught");
        let read = BufReader::new(output).lines().take(lines).filter(Result::is_ok).count();
        assert_eq!(read, lines, "it was over before");
        signal("-KILL", scheduler.process());
    }
    shop.plumb(&PAST);
    check_once(&shop);
    let again = shop.plumb(&PAST);
    assert_eq!(again, "", "all of it is done");
}

/// Checks that each due time of the ten days was begun a first time once, and done in the end.
fn check_once(shop: &Shop) {
    let runs = shop.json(&["runs", "--limit", "1000"]);
    let of = |job: &str| -> Vec<&Value> {
        let all = runs.as_array().expect("a list").iter().rev();
        all.filter(|run| run["job"] == job && !run["due"].is_null()).collect()
    };
    for (job, times) in [("ingest", 10), ("score", 10), ("monitor", 2), ("compact", 2)] {
        let runs = of(job);
        let first: Vec<&Value> = runs.iter().filter(|run| run["attempt"] == 1).map(|run| &run["due"]).collect();
        let mut distinct = first.clone();
        distinct.dedup();
        assert_eq!((first.len(), distinct.len()), (times, times), "{job}: {first:?}");
        for due in first {
            let tries: Vec<&Value> = runs.iter().filter(|run| run["due"] == *due).map(|run| &run["state"]).collect();
            let (last, before) = tries.split_last().expect("there is one");
            assert_eq!(*last, "done", "{job} of {due}: {tries:?}");
            assert!(before.iter().all(|state| *state == "interrupted"), "{job} of {due}: {tries:?}");
        }
    }
    let twice = "SELECT lead_id FROM prediction GROUP BY lead_id, model_id, as_of HAVING count(*) > 1";
    assert_eq!(
        column(&shop.path().join("data/plumb.db"), twice),
        Vec::<String>::new(),
        "a lead is scored twice at once"
    );
    let days = "SELECT DISTINCT CAST(as_of AS TEXT) FROM prediction";
    assert_eq!(column(&shop.path().join("data/plumb.db"), days).len(), 10, "each day has its scores");
}
