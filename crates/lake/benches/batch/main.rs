//! Thirty features of many leads: ours beside DuckDB, Polars and pandas, and beside more of ours.
//!
//! `cargo bench --workspace --bench batch` makes 200,000 leads with 5 million events; `-- --large` tenfold ones too.
//! Everyone reads the same Parquet files and writes one. Each run is a process of its own, the runs of all take
//! turns, and everybody's values are compared with ours on every row before anything is printed.

mod ground;
mod rows;
mod ours;
mod peers;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ours::More;
use crate::peers::finish;

/// Each is run so many times; the medians are printed.
const ROUNDS: usize = 3;

/// The age at which leads are observed, in days.
const AGE: &str = "45";

const THREE_AGES: &str = "45,30,60";

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
                large.cpu / small.cpu,
                large.megabytes / small.megabytes
            );
            Ok(())
        }
        [] => compare(200_000).map(|_| ()),
        [leads] => compare(leads.parse()?).map(|_| ()),
        _ => Err("expected nothing, `--large` or a number of leads".into()),
    }
}

/// What a run needed.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
    megabytes: f64,
}

/// Runs everyone in turns over so many leads, prints the table and returns the cost of ours.
fn compare(leads: usize) -> Result<Cost, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let python = peers::python(&folder.join("peers"))?;
    let data = folder.join(format!("features-{leads}"));
    ground::write(&data, leads)?;
    let mut runners = vec![
        Runner::ours("plumb", &data, AGE, "nothing")?,
        Runner::ours("plumb, three ages", &data, THREE_AGES, "nothing")?,
        Runner::ours("plumb, ten rates more", &data, AGE, "rates")?,
        Runner::ours("plumb, texts DISTINCT", &data, AGE, "distinct")?,
    ];
    for (name, bears_large) in peers::NAMES {
        if bears_large || leads <= 200_000 {
            let out = data.join(format!("{name}.parquet"));
            runners.push(Runner::new(name, peers::command(&python, name, &data, &out, AGE), out));
        }
    }
    for _ in 0..ROUNDS {
        for runner in &mut runners {
            runner.run()?;
        }
    }
    println!("\n{leads} leads, medians of {ROUNDS} runs");
    let base = runners[0].median();
    for theirs in &runners[4..] {
        println!("{}: {}", theirs.name, peers::check(&python, &runners[0].out, &theirs.out)?.trim());
    }
    println!("{:<22} {:>7} {:>7} {:>8}  ratios to plumb", "", "wall s", "CPU s", "peak MB");
    for runner in &runners {
        let Cost { wall, cpu, megabytes } = runner.median();
        let ratios = [wall / base.wall, cpu / base.cpu, megabytes / base.megabytes].map(|ratio| format!("{ratio:.2}"));
        println!("{:<22} {wall:>7.2} {cpu:>7.2} {megabytes:>8.0}  {}", runner.name, ratios.join(" "));
    }
    Ok(base)
}

/// One that is measured.
struct Runner {
    name: String,
    command: Command,
    out: PathBuf,
    costs: Vec<Cost>,
}

impl Runner {
    fn new(name: &str, command: Command, out: PathBuf) -> Runner {
        Runner { name: name.into(), command, out, costs: Vec::new() }
    }

    fn ours(name: &str, data: &Path, ages: &str, more: &str) -> Result<Runner, Box<dyn Error>> {
        let out = data.join(format!("{}.parquet", name.replace([',', ' '], "-")));
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--run").arg(data).arg(&out).args([ages, more]);
        Ok(Runner::new(name, command, out))
    }

    fn run(&mut self) -> Result<(), Box<dyn Error>> {
        let printed = finish(&mut self.command, "compute the features")?;
        let figures = printed.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        let [wall, cpu, megabytes] = figures[..] else {
            return Err(format!("`{}` printed `{printed}`: expected three figures", self.name).into());
        };
        self.costs.push(Cost { wall, cpu, megabytes });
        Ok(())
    }

    fn median(&self) -> Cost {
        let median = |of: fn(&Cost) -> f64| {
            let mut figures: Vec<f64> = self.costs.iter().map(of).collect();
            figures.sort_by(f64::total_cmp);
            figures[figures.len() / 2]
        };
        Cost { wall: median(|cost| cost.wall), cpu: median(|cost| cost.cpu), megabytes: median(|cost| cost.megabytes) }
    }
}
