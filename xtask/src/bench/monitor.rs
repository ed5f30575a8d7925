//! `cargo xtask bench monitor`: false alarms in years in which nothing happens, weeks until planted moves are told, and the time
//! of a report, beside Evidently and NannyML on the same weeks.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::script;
use crate::{cargo, provide, run};

/// Years in which nothing happens, for each budget, and years of each planted move.
const YEARS: usize = 1_000;
const PLANTED_YEARS: usize = 50;

/// Orders in which the weeks of real rows are put.
const ORDERS: usize = 500;

/// Years of each kind that peers watch: a year takes Evidently a minute.
const PEER_YEARS: usize = 4;

/// The week from which a planted move is there.
const PLANTED_AT: usize = 8;

const PEERS: [(&str, &str); 2] = [("evidently", "Evidently 0.7.23"), ("nannyml", "NannyML 0.13.1")];

/// Prints all tables.
pub(super) fn bench() -> Result<()> {
    let python = provide::python("monitor", include_str!("../../bench/monitor.txt"))?;
    let folder = provide::target_folder().join("bench-monitor");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let text = |path: &Path| path.to_str().map(str::to_owned).context("the folder's path is not Unicode");
    println!("\n## Years in which nothing happens");
    ours(&["years", &YEARS.to_string()])?;
    run(Command::new(&python).arg(script("monitor_peer.py")).arg("export").arg(&folder))?;
    println!("\n| weeks of real rows in another order | years | alarms | a year |\n| --- | --- | --- | --- |");
    for file in ["census.csv", "car loan.csv"] {
        ours(&["permuted", &text(&folder.join(file))?, &ORDERS.to_string()])?;
    }
    println!("\n## Weeks until a planted move is told");
    ours(&["delays", &PLANTED_YEARS.to_string()])?;
    ours(&["write", &text(&folder)?, &PEER_YEARS.to_string()])?;
    for (peer, name) in PEERS {
        peer_years(&python, &folder, peer, name)?;
    }
    println!("\n## A report over 40 columns, 200,000 rows against 200,000");
    println!("| | wall s | CPU s | peak MB |\n| --- | --- | --- | --- |");
    ours(&["speed", &text(&folder)?])?;
    for (peer, name) in PEERS {
        let words = said(Command::new(&python).arg(script("monitor_peer.py")).args(["speed", peer]).arg(&folder))?;
        println!("| {name} | {} |", words.join(" | "));
    }
    Ok(())
}

fn ours(arguments: &[&str]) -> Result<()> {
    run(cargo().args(["bench", "--workspace", "--locked", "--bench", "monitor", "--"]).args(arguments))
}

/// Prints how often a peer tells something in each kind of year, and when first.
fn peer_years(python: &Path, folder: &Path, peer: &str, name: &str) -> Result<()> {
    let names = fs::read_to_string(folder.join("names.txt")).context("cannot read the names of what is planted")?;
    println!("\n| {name}, {PEER_YEARS} years each | columns told a year | told | weeks, median | told before |");
    println!("| --- | --- | --- | --- | --- |");
    for (kind, planted) in names.lines().enumerate() {
        let (mut alarms, mut weeks, mut before) = (0, Vec::new(), 0);
        for year in 0..PEER_YEARS {
            let file = folder.join(format!("year-{kind:02}-{year}.csv"));
            let words = said(Command::new(python).arg(script("monitor_peer.py")).args(["watch", peer]).arg(&file))?;
            let [begun, first @ .., _] = words.as_slice() else { bail!("expected figures of `{peer}`") };
            alarms += begun.parse::<usize>().with_context(|| format!("`{begun}` is not a number"))?;
            match first.first().map(|first| first.parse::<usize>()).transpose()? {
                Some(first) if first >= PLANTED_AT => weeks.push(first - PLANTED_AT + 1),
                Some(_) => before += 1,
                None => {}
            }
        }
        weeks.sort_unstable();
        let median = weeks.get(weeks.len() / 2).map_or_else(String::new, usize::to_string);
        let a_year = alarms as f64 / PEER_YEARS as f64;
        println!("| {planted} | {a_year:.1} | {} of {PEER_YEARS} | {median} | {before} |", weeks.len());
    }
    Ok(())
}

/// Returns the words that a program prints.
fn said(command: &mut Command) -> Result<Vec<String>> {
    let output = command.output().context("cannot start Python")?;
    ensure!(output.status.success(), "a peer failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect())
}
