//! Thirty features of many leads: ours beside DuckDB, Polars and pandas, and beside more of ours.
//!
//! `cargo bench --workspace --bench batch` makes 200,000 leads with 5 million events; `-- --large` tenfold ones too.
//! All read the same Parquet files and write one. Each run is a process of its own, all take turns, and the values of
//! all rows are compared with ours before anything is printed.

mod synthetic_ground;
mod synthetic_rows;
mod ours;
mod peers;

use std::error::Error;
use std::path::Path;
use std::process::Command;

use plumb_peers::{Runner, take_turns};

use crate::ours::More;

/// Runs of each; the medians are printed.
const ROUNDS: usize = 3;

/// The age at which leads are observed, in days.
const AGE: &str = "45";

/// Our runs: their names, ages, and features beside the thirty.
const OURS: [(&str, &str, &str); 4] = [
    ("plumb", AGE, "nothing"),
    ("plumb, three ages", "45,30,60", "nothing"),
    ("plumb, ten rates more", AGE, "rates"),
    ("plumb, texts DISTINCT", AGE, "distinct"),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--run", data, out, ages, more] => {
            let ages = ages.split(',').map(str::parse).collect::<Result<Vec<i64>, _>>()?;
            let more = match more {
                "rates" => More::Rates,
                "distinct" => More::DistinctText,
                _ => More::Nothing,
            };
            ours::run(Path::new(data), Path::new(out), &ages, more).await
        }
        ["--large"] => {
            let small = compare(200_000)?;
            let large = compare(2_000_000)?;
            println!(
                "\nten times the leads: {:.1} times the CPU seconds, {:.2} times the memory",
                large[1] / small[1],
                large[2] / small[2]
            );
            Ok(())
        }
        [] => compare(200_000).map(|_| ()),
        [leads] => compare(leads.parse()?).map(|_| ()),
        _ => Err("expected nothing, `--large` or a number of leads".into()),
    }
}

/// Wall seconds, CPU seconds and megabytes of a run.
type Cost = [f64; 3];

/// Runs all in turns over so many leads, prints the table and returns our cost.
fn compare(leads: usize) -> Result<Cost, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let python = peers::python(&folder.join("peers"))?;
    let data = folder.join(format!("features-{leads}"));
    synthetic_ground::write(&data, leads)?;
    let (mut runners, mut outs) = (Vec::new(), Vec::new());
    for (name, ages, more) in OURS {
        let out = data.join(format!("{}.parquet", name.replace([',', ' '], "-")));
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--run").arg(&data).arg(&out).args([ages, more]);
        runners.push(Runner::new(name, command));
        outs.push(out);
    }
    for (name, handles_large) in peers::NAMES {
        if handles_large || leads <= 200_000 {
            let out = data.join(format!("{name}.parquet"));
            runners.push(Runner::new(name, peers::command(&python, name, &data, &out, AGE)));
            outs.push(out);
        }
    }
    take_turns(&mut runners, ROUNDS)?;
    println!("\n{leads} leads, medians of {ROUNDS} runs");
    let base: Cost = runners[0].medians();
    for (theirs, out) in runners.iter().zip(&outs).skip(OURS.len()) {
        println!("{}: {}", theirs.name, peers::check(&python, &outs[0], out)?.trim());
    }
    println!("{:<22} {:>7} {:>7} {:>8}  ratios to plumb", "", "wall s", "CPU s", "peak MB");
    for runner in &runners {
        let [wall, cpu, megabytes] = runner.medians();
        let ratios = [wall / base[0], cpu / base[1], megabytes / base[2]].map(|ratio| format!("{ratio:.2}"));
        println!("{:<22} {wall:>7.2} {cpu:>7.2} {megabytes:>8.0}  {}", runner.name, ratios.join(" "));
    }
    Ok(base)
}
