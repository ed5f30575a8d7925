//! Ingestions that are killed and that race while their sources go on changing: afterwards an undisturbed one gives the same
//! bytes as a data folder that saw the sources only as they are then, so that no row is missing for good.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rand::RngExt;
use serde_json::Value;

use super::changing_sources::ChangingSources;
use crate::setup::program::{run, success};
use crate::setup::rounds::rounds;
use crate::setup::running::{Running, start};

/// Rounds of one project: then another begins, so that no round is slower for the length of its history.
const ROUNDS_OF_PROJECT: usize = 25;

/// Ingests until the program has ended, and returns what it printed.
fn ingest(project: &Path, data: &str) -> Value {
    serde_json::from_str(&success(run(project, &["ingest", "--data", data, "--json"]))).expect("JSON")
}

/// Returns the files of the relations, which are named by their content, and how many rows they have.
fn relations(project: &Path, data: &str) -> Value {
    let data = project.join(data);
    let json = |path: &Path| -> Value { serde_json::from_slice(&fs::read(path).expect("it is there")).expect("JSON") };
    let current = json(&data.join("CURRENT"));
    let report = json(&data.join(current["report"]["path"].as_str().expect("a path")));
    assert!(report["relations"]["lead"].is_array(), "{report}");
    let counts = ["leads", "lead_versions", "events", "outcomes"].map(|name| report["counts"][name].clone());
    serde_json::json!([report["relations"], counts])
}

/// Checks what an undisturbed ingestion makes of a data folder, whatever has happened in it.
fn check(sources: &ChangingSources, round: usize) {
    let project = sources.path();
    ingest(project, "data");
    ingest(project, "fresh");
    assert_eq!(relations(project, "data"), relations(project, "fresh"), "round {round}");
    let again = ingest(project, "data");
    assert_eq!((&again["unchanged"], &again["damaged"]), (&Value::Bool(true), &Value::Null), "round {round}");
    fs::remove_dir_all(project.join("fresh")).expect("it can be removed");
}

/// Returns how long an ingestion takes while its sources change.
fn usual_time(sources: &mut ChangingSources) -> Duration {
    let (begun, mut ingestion) = (Instant::now(), start(sources.path(), &["ingest"]));
    while is_running(&mut ingestion) {
        sources.change();
    }
    begun.elapsed()
}

fn is_running(process: &mut Running) -> bool {
    process.0.try_wait().expect("its state").is_none()
}

#[test]
fn killed_ingestions_of_changing_sources_lose_nothing() {
    let (rounds, mut killed) = (rounds(4), 0);
    let mut sources = ChangingSources::new(1);
    let usual = usual_time(&mut sources);
    for round in 1..=rounds {
        if round % ROUNDS_OF_PROJECT == 0 {
            sources = ChangingSources::new(round as u64);
        }
        let until = Instant::now() + usual.mul_f64(sources.random().random_range(0.0..1.0));
        let mut ingestion = start(sources.path(), &["ingest"]);
        while is_running(&mut ingestion) && Instant::now() < until {
            sources.change();
        }
        killed += usize::from(is_running(&mut ingestion));
        ingestion.0.kill().expect("it is there");
        drop(ingestion);
        // Sometimes the next one finds what several have left.
        if round == rounds || sources.random().random_bool(0.5) {
            check(&sources, round);
        }
    }
    println!("{killed} of {rounds} ingestions were killed");
    assert!(killed > 0, "all of {rounds} ended too soon");
}

#[test]
fn racing_ingestions_of_changing_sources_lose_nothing() {
    let (rounds, mut refused) = (rounds(4), 0);
    let mut sources = ChangingSources::new(2);
    for round in 1..=rounds {
        if round % ROUNDS_OF_PROJECT == 0 {
            sources = ChangingSources::new(round as u64);
        }
        let waits = [(); 3].map(|()| sources.random().random_bool(0.5));
        let command = |waits| if waits { &["ingest", "--wait"][..] } else { &["ingest"] };
        let mut runs = waits.map(|waits| start(sources.path(), command(waits)));
        while runs.iter_mut().any(is_running) {
            sources.change();
        }
        for (succeeded, error) in runs.map(Running::finish) {
            assert!(succeeded || error.contains("being written by"), "round {round}: {error}");
            refused += usize::from(!succeeded);
        }
        check(&sources, round);
    }
    println!("{refused} of {} ingestions were refused, and the others took turns", 3 * rounds);
}
