//! `cargo xtask bench ingest`: the first ingestion of a company's history, and one of 1,000 more rows, beside DuckDB, which
//! runs the same SQL over the same files, and dlt, which copies them into DuckDB.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::measured::{Outcome, SECONDS_MAX, measured};
use super::script;
use crate::{cargo, provide, run};

/// Leads and events of the company.
const COMPANY: [u64; 2] = [200_000, 5_000_000];

/// The same of a large one.
const LARGE: [u64; 2] = [2_000_000, 50_000_000];

/// Prints a table of all programs.
pub(super) fn bench(large: bool) -> Result<()> {
    run(cargo().args(["build", "--release", "--workspace", "--bin", "plumb", "--locked"]))?;
    let python = provide::python("ingest", include_str!("../../bench/ingest.txt"))?;
    let folder = provide::target_folder().join("bench-ingest");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove `{}`", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let company = folder.join("company");
    let [leads, events] = if large { LARGE } else { COMPANY };
    let make = |what: &[String]| run(Command::new(&python).arg(script("ingest_company.py")).arg(&company).args(what));
    make(&[leads.to_string(), events.to_string()])?;
    println!("{leads} leads, {events} events");
    println!("| | run | wall s | CPU s | peak MB |");
    println!("| --- | --- | --- | --- | --- |");
    for what in ["first", "1,000 more rows"] {
        if what != "first" {
            make(&["more".to_owned()])?;
        }
        let mut ours = Command::new(provide::target_folder().join("release/plumb"));
        ours.args(["ingest", "--project"]).arg(&company).arg("--data").arg(folder.join("data"));
        print_line("plumb ingest", what, &measured(&ours, &folder)?);
        for (peer, name) in [("duckdb", "DuckDB, the same SQL"), ("dlt", "dlt, the copy alone")] {
            print_line(name, what, &peer_run(&python, peer, &company, &folder)?);
        }
    }
    Ok(())
}

fn peer_run(python: &Path, peer: &str, company: &Path, folder: &Path) -> Result<Outcome> {
    let mut command = Command::new(python);
    command.arg(script("ingest_peer.py")).arg(peer).arg(company);
    measured(&command, folder)
}

fn print_line(name: &str, what: &str, outcome: &Outcome) {
    match outcome {
        Outcome::Done { seconds, cpu_seconds, peak_megabytes } => {
            println!("| {name} | {what} | {seconds:.1} | {cpu_seconds:.1} | {peak_megabytes:.0} |");
        }
        Outcome::TooSlow => println!("| {name} | {what} | ended after {SECONDS_MAX} | | |"),
        Outcome::Failed(why) => println!("| {name} | {what} | failed: {why} | | |"),
    }
}
