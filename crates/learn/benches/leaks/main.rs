//! How many known leaks are found, and how many honest columns are accused: recall by kind, over tables of many seeds.
//!
//! Arguments: the first seed and the number of tables, `1001 400` unless given; `-v` prints each mistake.

mod honest;
mod leaky;
mod tables;

use std::collections::BTreeMap;
use std::time::Instant;

use plumb_learn::Error;
use plumb_learn::leaks::{LeakParams, find_leaks};

use tables::LeakyTable;

/// Hits and all.
type Tally = (usize, usize);

#[derive(Default)]
struct Results {
    recall: BTreeMap<String, Tally>,
    strong: BTreeMap<String, Tally>,
    asked: BTreeMap<String, Tally>,
    /// All honest columns, weak ones too.
    honest: Tally,
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let is_verbose = arguments.iter().any(|argument| argument == "-v");
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse::<u64>().ok());
    let (first, count) = (numbers.next().unwrap_or(1_001), numbers.next().unwrap_or(400));
    let mut results = Results::default();
    let started = Instant::now();
    for seed in first..first + count {
        look(seed, is_verbose, &mut results)?;
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("tables {first} to {}, in {seconds:.0} s\n", first + count - 1);
    print("known leaks of the kind | found", &results.recall);
    print("honest strong columns | accused", &results.strong);
    print("honest strong columns | asked about", &results.asked);
    println!("all honest columns: {}", share(results.honest));
    Ok(())
}

fn look(seed: u64, is_verbose: bool, results: &mut Results) -> Result<(), Error> {
    let made = LeakyTable::make(seed, 20_000);
    let report = find_leaks(&made.input(), &LeakParams::default())?;
    let suspects = report.suspected_columns();
    for leak in &made.leaks {
        let mut found = leak.columns.iter().map(|column| suspects.contains(column));
        let is_found = if leak.all { found.all(|found| found) } else { found.any(|found| found) };
        count(&mut results.recall, format!("{:?}", leak.kind), is_found);
        if is_verbose && !is_found {
            let (rows, positives) = (made.labels.len(), made.labels.iter().filter(|label| **label).count());
            println!("{seed}: missed {:?} {:?}, {positives} of {rows}, found {suspects:?}", leak.kind, leak.columns);
        }
    }
    let is_leak = |name: &String| made.leaks.iter().any(|leak| leak.columns.contains(name));
    for (kind, name) in &made.strong {
        count(&mut results.strong, format!("{kind:?}"), suspects.contains(name));
        let is_asked = report.asks.iter().any(|ask| ask.column == *name);
        count(&mut results.asked, format!("{kind:?}"), is_asked);
    }
    let names =
        made.table.columns().iter().map(|column| &column.name).chain(made.timestamps.iter().map(|(name, _)| name));
    for name in names.filter(|name| !is_leak(name)) {
        let is_accused = suspects.contains(name);
        results.honest.0 += usize::from(is_accused);
        results.honest.1 += 1;
        if is_verbose && is_accused {
            let why = report.suspects.iter().find(|suspect| suspect.column == *name).map(|suspect| &suspect.why);
            println!("{seed}: accused `{name}`: {why:?}");
        }
    }
    Ok(())
}

fn count(tallies: &mut BTreeMap<String, Tally>, name: String, hit: bool) {
    let tally = tallies.entry(name).or_default();
    tally.0 += usize::from(hit);
    tally.1 += 1;
}

fn print(heading: &str, tallies: &BTreeMap<String, Tally>) {
    println!("| {heading} |\n| --- | --- |");
    tallies.iter().for_each(|(name, tally)| println!("| {name} | {} |", share(*tally)));
    let all = tallies.values().fold((0, 0), |sum, tally| (sum.0 + tally.0, sum.1 + tally.1));
    println!("| all | {} |\n", share(all));
}

fn share((hits, all): Tally) -> String {
    format!("{hits} of {all} ({:.1} %)", 100.0 * hits as f64 / all.max(1) as f64)
}
