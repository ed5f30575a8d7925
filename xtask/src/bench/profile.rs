//! `cargo xtask bench profile`: `plumb profile` over a CSV file of a million rows and 40 columns, beside ydata-profiling and
//! Evidently's data summary, each a process of its own with its wall time, CPU time and peak of memory.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use super::measured::{Outcome, SECONDS_MAX, measured};
use super::script;
use crate::{cargo, provide, run};

/// Rows of the large file, and of one that also the thorough peers can do.
const ROWS: [usize; 2] = [20_000, 1_000_000];

/// The peers, and the most rows that each is given.
const PEERS: [(&str, &str, usize); 3] = [
    ("ydata-minimal", "ydata-profiling, minimal", ROWS[1]),
    ("evidently", "Evidently, data summary", ROWS[1]),
    ("ydata-full", "ydata-profiling, full", ROWS[0]),
];

/// Prints a table of all programs on both files.
pub(super) fn bench() -> Result<()> {
    run(cargo().args(["build", "--release", "--workspace", "--bin", "plumb", "--locked"]))?;
    let python = provide::python("profile", include_str!("../../bench/profile.txt"))?;
    let folder = provide::target_folder().join("bench-profile");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    println!("| | rows | wall s | CPU s | peak MB |");
    println!("| --- | --- | --- | --- | --- |");
    for rows in ROWS {
        let file = folder.join(format!("table-{rows}.csv"));
        if !file.exists() {
            run(Command::new(&python).arg(script("profile_table.py")).arg(&file).arg(rows.to_string()))?;
        }
        for (name, more) in [("plumb profile", &[][..]), ("plumb profile, target", &["--target", "won"])] {
            let mut ours = Command::new(provide::target_folder().join("release/plumb"));
            ours.arg("profile").arg(&file).arg("--out").arg(folder.join("ours.html")).args(more);
            print_line(name, rows, &measured(&ours, &folder)?);
        }
        for (peer, name, _) in PEERS.iter().filter(|(_, _, rows_max)| rows <= *rows_max) {
            let mut command = Command::new(&python);
            command.arg(script("profile_peer.py")).arg(peer).arg(&file).arg(folder.join(format!("{peer}.html")));
            print_line(name, rows, &measured(&command, &folder)?);
        }
    }
    Ok(())
}

fn print_line(name: &str, rows: usize, outcome: &Outcome) {
    match outcome {
        Outcome::Done { seconds, cpu_seconds, peak_megabytes } => {
            println!("| {name} | {rows} | {seconds:.1} | {cpu_seconds:.1} | {peak_megabytes:.0} |");
        }
        Outcome::TooSlow => println!("| {name} | {rows} | ended after {SECONDS_MAX} | | |"),
        Outcome::Failed(why) => println!("| {name} | {rows} | failed: {why} | | |"),
    }
}
