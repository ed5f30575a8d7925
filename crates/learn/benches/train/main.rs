//! Boosted trees of the same rows and parameters: ours beside Python's xgboost.
//!
//! `cargo bench --workspace --bench train` makes 200,000 rows of 40 columns, and a million; `-- ROWS` other numbers. Each
//! run is a process of its own, and the runs of all take turns. Each prints the log loss of its trees, and a run whose
//! loss differs is an error.

mod plumb;
mod rows;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use plumb_peers::{Packages, Runner, take_turns};

/// Each is run so many times; the medians are printed.
const ROUNDS: usize = 5;

/// The log losses of the same rows and parameters differ by less: versions break ties differently.
const LOSS_TOLERANCE: f64 = 0.002;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--run", way, file] => plumb::run(way, Path::new(file)),
        [] => [200_000, 1_000_000].into_iter().try_for_each(compare),
        [rows] => compare(rows.parse()?),
        _ => Err("expected nothing, or a number of rows".into()),
    }
}

fn compare(rows: usize) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let packages = Packages { python_minor: 10, requirements: include_str!("requirements.txt"), alone: "" };
    let python = plumb_peers::python(&folder.join("train-peers"), &packages)?;
    let file = folder.join(format!("train-{rows}.f32"));
    rows::write(&file, rows)?;
    let ours = |name, way| -> Result<Runner<4>, Box<dyn Error>> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--run", way]).arg(&file);
        Ok(Runner::new(name, command))
    };
    let theirs = |name, way| {
        let mut command = Command::new(&python);
        command.arg(scripts().join("xgboost_train.py")).arg(way).arg(&file).arg(rows::COLUMNS.to_string());
        Runner::new(name, command)
    };
    let mut runners = [
        ours("plumb, rows in memory", "memory")?,
        ours("plumb, rows in batches", "batches")?,
        ours("plumb, quantiles on disk", "disk")?,
        theirs("xgboost, DMatrix", "matrix"),
        theirs("xgboost, QuantileDMatrix", "quantile"),
    ];
    take_turns(&mut runners, ROUNDS)?;
    println!("\n{rows} rows, {} columns, {} trees; medians of {ROUNDS} runs", rows::COLUMNS, plumb::TREES);
    let base = runners[3].medians();
    println!(
        "{:<26} {:>7} {:>7} {:>8} {:>9}  ratios to xgboost's DMatrix",
        "", "wall s", "CPU s", "peak MB", "log loss"
    );
    for runner in &runners {
        let [wall, cpu, megabytes, loss] = runner.medians();
        let expected = base[3];
        if (loss - expected).abs() > LOSS_TOLERANCE {
            let name = &runner.name;
            return Err(format!("{name} has learned something else: a log loss of {loss}, expected {expected}").into());
        }
        let ratios = [wall / base[0], cpu / base[1], megabytes / base[2]].map(|ratio| format!("{ratio:.2}"));
        println!("{:<26} {wall:>7.2} {cpu:>7.2} {megabytes:>8.0} {loss:>9.5}  {}", runner.name, ratios.join(" "));
    }
    std::fs::remove_file(&file)?;
    Ok(())
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/train")
}
