//! Training by real processes: the same model each time, also after one of them was killed in the middle.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::setup::demo::Company;
use crate::setup::program::{failure, run, run_with, success};
use crate::setup::running::{Running, signal, start, wait_for};

/// Samples of fewer rows than there are.
const TRAIN: [&str; 7] = ["train", "--target", "converted", "--workers", "2", "--sample-rows", "1000"];

/// Returns a company whose data is ingested.
fn company() -> Company {
    let company = Company::of(1500);
    company.plumb(&["ingest"]);
    company
}

/// Returns the id and the card's figures of the model of trees in the registry's folder.
fn trees(data: &Path) -> (String, Vec<u8>) {
    let models = fs::read_dir(data.join("models")).expect("a folder").map(|entry| entry.expect("readable").path());
    let files = models
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), fs::read(path).expect("it")));
    let is_trees = |(_, bytes): &(String, Vec<u8>)| {
        let artifact: Value = serde_json::from_slice(bytes).expect("JSON");
        !artifact["model"]["predictor"]["boosted"].is_null()
    };
    files.into_iter().find(is_trees).expect("a model of trees")
}

fn only_job(folder: &Path) -> Option<PathBuf> {
    let mut jobs = fs::read_dir(folder.join("data/training")).ok()?;
    jobs.next()?.ok().map(|job| job.path())
}

#[test]
fn a_killed_worker_ends_the_run_and_the_next_run_resumes_to_the_same_model() {
    let company = company();
    let data = company.path().join("data");
    let printed = success(run(company.path(), &TRAIN));
    assert!(printed.contains("xgboost") && !printed.contains("ensemble"), "{printed}");
    let uninterrupted = trees(&data);
    assert!(fs::read_dir(data.join("training")).expect("a folder").next().is_none(), "a job is left");
    let models: Vec<PathBuf> =
        fs::read_dir(data.join("models")).expect("a folder").map(|entry| entry.expect("readable").path()).collect();
    assert_eq!(models.len(), 3, "rules, logistic regression and trees");
    for model in models {
        let id = model.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(success(run(company.path(), &["reproduce", &id])).contains("is reproduced"));
    }

    fs::remove_dir_all(data.join("models")).expect("they can be removed");
    let mut training = start(company.path(), &TRAIN);
    let job = wait_for(&mut training, "trees were saved", || {
        only_job(company.path()).filter(|job| job.join("checkpoint.ubj").exists())
    });
    let worker = fs::read(job.join("worker-1.json")).expect("it wrote its number");
    let worker: Value = serde_json::from_slice(&worker).expect("JSON");
    signal("-KILL", worker["process"].as_u64().expect("a process"));
    let mut error = String::new();
    training.0.stderr.take().expect("caught").read_to_string(&mut error).expect("text");
    assert!(!training.0.wait().expect("it ends").success(), "it was killed too late to matter");
    let process = format!("worker 1 of 2 (process {}) ended with signal: 9", worker["process"]);
    assert!(error.contains(&process) && error.contains("it goes on from the trees that were saved"), "{error}");

    success(run(company.path(), &TRAIN));
    assert!(trees(&data) == uninterrupted, "another model after it went on");
}

#[test]
fn one_worker_on_disk_learns_the_same_model_as_in_memory() {
    let company = company();
    let train = |data: &str, more: &[&str]| {
        fs::create_dir(company.path().join(data)).expect("a folder");
        let copied = Command::new("cp").args(["-r", "data/.", data]).current_dir(company.path()).status();
        assert!(copied.expect("`cp` is there").success());
        let arguments = ["train", "--target", "converted", "--workers", "1", "--data", data];
        success(run(company.path(), &[&arguments[..], more].concat()));
        let (_, model) = trees(&company.path().join(data));
        let artifact: Value = serde_json::from_slice(&model).expect("JSON");
        artifact["model"]["predictor"].clone()
    };
    let in_memory = train("memory", &[]);
    assert!(train("disk", &["--on-disk"]) == in_memory);
}

#[test]
fn workers_started_by_hand_meet_at_an_address() {
    let company = company();
    // A port that is free now: it is the same for all four times that trees are grown.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let meet = ["--meet-at", &free.to_string()];
    let token = [("PLUMB_CLUSTER_TOKEN", "just-for-this-test")];
    let elsewhere = failure(run(company.path(), &[&TRAIN[..], &["--meet-at", "192.0.2.1:9"]].concat()));
    assert!(elsewhere.contains("set the environment variable `PLUMB_CLUSTER_TOKEN`"), "{elsewhere}");

    let mut command = Command::new(env!("CARGO_BIN_EXE_plumb"));
    command.current_dir(company.path()).args(TRAIN).args(meet).envs(token).stderr(Stdio::piped()).stdout(Stdio::null());
    let mut training = Running(command.spawn().expect("the program starts"));
    let lines = BufReader::new(training.0.stderr.take().expect("caught")).lines();
    let mut workers = Vec::new();
    let mut is_first = true;
    for line in lines.map(|line| line.expect("text")) {
        let Some((_, arguments)) = line.split_once("run: plumb ") else { continue };
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        if std::mem::take(&mut is_first) {
            let refused = failure(run(company.path(), &arguments));
            assert!(refused.contains("wants its token"), "{refused}");
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_plumb"));
        let pipes = command.current_dir(company.path()).args(&arguments).envs(token).stderr(Stdio::null());
        workers.push(Running(pipes.spawn().expect("the program starts")));
    }
    assert!(training.0.wait().expect("it ends").success());
    assert_eq!(workers.len(), 8, "two workers grow trees four times");
    for worker in &mut workers {
        assert!(worker.0.wait().expect("it ends").success());
    }
    let error = failure(run_with(company.path(), &["cluster", "worker", "--job", "../../etc", "--number", "0"], &[]));
    assert!(error.contains("`../../etc` is no job"), "{error}");
}
