//! Boosted trees of the same rows and parameters: ours beside Python's xgboost.
//!
//! `cargo bench --workspace --bench train` makes 200,000 rows of 40 columns, and a million; `-- ROWS` other numbers. Each
//! run is a process of its own, and the runs of all take turns. Everyone prints the log loss of what it grew, and a run
//! that has not learned the same is an error.

mod ours;
mod rows;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each is run so many times; the medians are printed.
const ROUNDS: usize = 5;

/// Log losses of the same rows and parameters differ by less: versions break ties differently.
const LOSS_TOLERANCE: f64 = 0.002;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--run", way, file] => ours::run(way, Path::new(file)),
        [] => [200_000, 1_000_000].into_iter().try_for_each(compare),
        [rows] => compare(rows.parse()?),
        _ => Err("expected nothing, or a number of rows".into()),
    }
}

/// What a run needed, and how well it learned.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
    megabytes: f64,
    loss: f64,
}

/// One that is measured.
struct Runner {
    name: &'static str,
    command: Command,
    costs: Vec<Cost>,
}

fn compare(rows: usize) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let python = python(&folder.join("train-peers"))?;
    let file = folder.join(format!("train-{rows}.f32"));
    rows::write(&file, rows)?;
    let ours = |name, way| -> Result<Runner, Box<dyn Error>> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--run", way]).arg(&file);
        Ok(Runner { name, command, costs: Vec::new() })
    };
    let theirs = |name, way| {
        let mut command = Command::new(&python);
        command.arg(scripts().join("xgboost_train.py")).arg(way).arg(&file).arg(rows::COLUMNS.to_string());
        Runner { name, command, costs: Vec::new() }
    };
    let mut runners = [
        ours("plumb, rows in memory", "memory")?,
        ours("plumb, rows in batches", "batches")?,
        ours("plumb, quantiles on disk", "disk")?,
        theirs("xgboost, DMatrix", "matrix"),
        theirs("xgboost, QuantileDMatrix", "quantile"),
    ];
    for _ in 0..ROUNDS {
        runners.iter_mut().try_for_each(Runner::run)?;
    }
    println!("\n{rows} rows, {} columns, {} trees; medians of {ROUNDS} runs", rows::COLUMNS, ours::TREES);
    let base = runners[3].median();
    println!(
        "{:<26} {:>7} {:>7} {:>8} {:>9}  ratios to xgboost's DMatrix",
        "", "wall s", "CPU s", "peak MB", "log loss"
    );
    for runner in &runners {
        let Cost { wall, cpu, megabytes, loss } = runner.median();
        if (loss - base.loss).abs() > LOSS_TOLERANCE {
            return Err(format!(
                "{} has learned something else: a log loss of {loss}, expected {}",
                runner.name, base.loss
            )
            .into());
        }
        let ratios = [wall / base.wall, cpu / base.cpu, megabytes / base.megabytes].map(|ratio| format!("{ratio:.2}"));
        println!("{:<26} {wall:>7.2} {cpu:>7.2} {megabytes:>8.0} {loss:>9.5}  {}", runner.name, ratios.join(" "));
    }
    std::fs::remove_file(&file)?;
    Ok(())
}

impl Runner {
    fn run(&mut self) -> Result<(), Box<dyn Error>> {
        let printed = finish(&mut self.command, "train")?;
        let figures = printed.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        let [wall, cpu, megabytes, loss] = figures[..] else {
            return Err(format!("{} printed `{printed}`: expected four figures", self.name).into());
        };
        self.costs.push(Cost { wall, cpu, megabytes, loss });
        Ok(())
    }

    fn median(&self) -> Cost {
        let median = |of: fn(&Cost) -> f64| {
            let mut figures: Vec<f64> = self.costs.iter().map(of).collect();
            figures.sort_by(f64::total_cmp);
            figures[figures.len() / 2]
        };
        Cost {
            wall: median(|cost| cost.wall),
            cpu: median(|cost| cost.cpu),
            megabytes: median(|cost| cost.megabytes),
            loss: median(|cost| cost.loss),
        }
    }
}

/// Installs xgboost in an environment of its own, unless it is there, and returns the Python that has it.
fn python(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let wanted = include_str!("requirements.txt");
    let (python, installed) = (folder.join("bin/python"), folder.join("installed.txt"));
    if std::fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    finish(Command::new("python3").args(["-m", "venv"]).arg(folder), "make a virtual environment of Python")?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    finish(Command::new(&python).args(pip).arg(scripts().join("requirements.txt")), "install xgboost from PyPI")?;
    std::fs::write(installed, wanted)?;
    Ok(python)
}

/// Waits for a command and returns what it printed.
fn finish(command: &mut Command, doing: &str) -> Result<String, Box<dyn Error>> {
    let output = command.output().map_err(|error| format!("cannot {doing}: `{command:?}`: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cannot {doing}: `{command:?}` ended with {}\n{printed}{said}", output.status).into());
    }
    Ok(printed)
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/train")
}
