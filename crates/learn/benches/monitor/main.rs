//! Monitoring: false alarms in years in which nothing happens, weeks until planted moves are told, and the time that a report
//! takes. `cargo xtask bench monitor` runs it beside Evidently and NannyML on the same weeks.
//!
//! Arguments: `years COUNT`, `delays COUNT`, `permuted FILE COUNT` (weeks of a CSV file in another order), `speed FOLDER`,
//! `write FOLDER COUNT` (weeks as CSV files, for peers).

mod company;
mod permuted;
mod speed;
mod watch;
mod write;

use std::path::Path;

use anyhow::{Context, Result, bail};

use company::{Planted, features, week};
use watch::{Alarms, watch};

/// Weeks that the model is trained on, and weeks that are watched.
pub(crate) const TRAINED: usize = 52;
pub(crate) const WATCHED: usize = 52;

/// The week of those watched from which a planted move is there.
pub(crate) const PLANTED_AT: usize = 8;

/// What is planted, and its name.
pub(crate) const PLANTED: [(&str, Planted); 11] = [
    ("new category, 2 % of rows", Planted::NewCategory(0.02)),
    ("new category, 10 %", Planted::NewCategory(0.1)),
    ("covariate, 0.25 standard deviations", Planted::Covariate(0.25)),
    ("covariate, 0.5", Planted::Covariate(0.5)),
    ("covariate, 1", Planted::Covariate(1.0)),
    ("broken pipeline, 5 % missing", Planted::Broken(0.05)),
    ("broken pipeline, 20 %", Planted::Broken(0.2)),
    ("broken pipeline, 80 %", Planted::Broken(0.8)),
    ("no rows", Planted::Silence),
    ("season of every year", Planted::Season),
    ("nothing", Planted::Nothing),
];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let count = |text: &str| text.parse::<u64>().with_context(|| format!("`{text}` is not a number"));
    match words.as_slice() {
        [] => {
            years(200);
            delays(20);
            Ok(())
        }
        ["years", number] => {
            years(count(number)?);
            Ok(())
        }
        ["delays", number] => {
            delays(count(number)?);
            Ok(())
        }
        ["permuted", file, number] => permuted::print(Path::new(file), count(number)?),
        ["speed", folder] => speed::print(Path::new(folder)),
        ["write", folder, number] => write::weeks(Path::new(folder), count(number)?),
        _ => bail!("expected nothing, or one of years, delays, permuted, speed and write with their arguments"),
    }
}

/// Prints how many alarms come in years in which nothing happens, for several budgets.
fn years(count: u64) {
    println!("| budget, false alarms a year | years | alarms | a year |\n| --- | --- | --- | --- |");
    for budget in [0.2, 1.0, 5.0] {
        let told = in_parallel(count, |seed| year(seed, Planted::Nothing, 0, budget));
        let alarms: usize = told.iter().map(|told| told.alarms).sum();
        println!("| {budget} | {count} | {alarms} | {:.3} |", alarms as f64 / count as f64);
    }
}

/// Prints how many weeks pass until planted moves are told.
fn delays(count: u64) {
    println!(
        "| planted | told | weeks, median | weeks, slowest | false alarms before |\n| --- | --- | --- | --- | --- |"
    );
    for (name, planted) in PLANTED {
        let told = in_parallel(count, |seed| year(1_000_000 + seed, planted, PLANTED_AT, 1.0));
        let mut weeks: Vec<usize> =
            told.iter().filter_map(|told| told.first?.checked_sub(PLANTED_AT)).map(|weeks| weeks + 1).collect();
        weeks.sort_unstable();
        let before = told.iter().filter(|told| told.first.is_some_and(|first| first < PLANTED_AT)).count();
        let shown = |week: Option<&usize>| week.map_or_else(String::new, usize::to_string);
        println!(
            "| {name} | {} of {count} | {} | {} | {before} |",
            weeks.len(),
            shown(weeks.get(weeks.len() / 2)),
            shown(weeks.last())
        );
    }
}

fn year(seed: u64, planted: Planted, planted_at: usize, budget: f64) -> Alarms {
    let trained = if planted == Planted::Season { 2 * TRAINED } else { TRAINED };
    let from = trained + planted_at;
    let weeks: Vec<_> = (0..trained + WATCHED).map(|number| week(seed, number, planted, from)).collect();
    watch(&features(), &weeks, trained, budget)
}

/// Calls a function with each number, on all cores.
pub(crate) fn in_parallel<T: Send>(count: u64, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        let work = &work;
        let part = |thread: u64| scope.spawn(move || (thread..count).step_by(threads as usize).map(work).collect());
        let parts: Vec<std::thread::ScopedJoinHandle<'_, Vec<T>>> = (0..threads).map(part).collect();
        parts.into_iter().flat_map(|part| part.join().expect("a year does not fail")).collect()
    })
}
