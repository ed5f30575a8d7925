//! `cargo xtask bench`: the figures of docs/benchmarks.md, ours beside those of others in the same run.

mod ingest;
mod load;
mod measured;
mod monitor;
mod overload;
mod process;
mod profile;
mod score;
mod serve;

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{cargo, provide, root, run};

/// The names of the benchmarks.
pub(crate) const NAMES: &str =
    "features, kernel, train, leaks, serve, overload, score, lists, profile, monitor, ingest";

/// Rows of the file that is scored.
const ROWS: usize = 1_000_000;

/// Runs the benchmarks of a part, in the workspace's own features: for one package alone cargo would unite others, and
/// build DataFusion once more. `large` asks for more of the same.
pub(crate) fn bench(name: &str, large: bool) -> Result<()> {
    let bench = |name: &str, arguments: &[&str]| {
        run(cargo().args(["bench", "--workspace", "--locked", "--bench", name, "--"]).args(arguments))
    };
    match name {
        "features" => {
            bench("request", &[])?;
            bench("batch", if large { &["--large"] } else { &[] })
        }
        "kernel" => bench("kernel", &[]),
        "train" => {
            bench("large", &[])?;
            candidates()?;
            bench("train", &[])
        }
        "leaks" => bench("leaks", &[]),
        "serve" => serve::bench(&Made::make(0)?),
        "overload" => overload::bench(),
        "score" => {
            for rows in if large { vec![ROWS, 4 * ROWS] } else { vec![ROWS] } {
                score::bench(&Made::make(rows)?, rows)?;
            }
            Ok(())
        }
        "lists" => lists(),
        "profile" => profile::bench(),
        "ingest" => ingest::bench(large),
        "monitor" => {
            monitor::bench()?;
            bench("performance", &[])
        }
        other => bail!("there is no benchmark `{other}`: expected one of {NAMES}"),
    }
}

/// Prints what pages of a very long list cost, and what a server answers meanwhile.
fn lists() -> Result<()> {
    run(cargo().args(["build", "--release", "--workspace", "--bin", "plumb", "--locked"]))?;
    let target = provide::target_folder();
    let mut command = Command::new("python3");
    command.arg(script("lists.py")).arg(target.join("tmp/lists")).arg(target.join("release/plumb"));
    run(&mut command)
}

/// Prints how long all candidate models with their search takes over the demo company, both targets.
fn candidates() -> Result<()> {
    run(cargo().args(["build", "--release", "--workspace", "--bin", "plumb", "--locked"]))?;
    let program = provide::target_folder().join("release/plumb");
    let company = provide::target_folder().join("tmp/candidates");
    if !company.exists() {
        run(Command::new(&program).args(["demo", "--company-only", "--folder"]).arg(&company))?;
    }
    let plumb = |name: &str| {
        let mut command = Command::new(&program);
        command.arg(name).arg("--project").arg(&company);
        command
    };
    run(&mut plumb("ingest"))?;
    let started = Instant::now();
    run(&mut plumb("train"))?;
    println!(
        "all candidate models with their search, two targets: {:.1} s on the clock",
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// What the benchmarks of scoring share.
struct Made {
    /// The built programs.
    release: PathBuf,
    /// The Python that has XGBoost and FastAPI.
    python: PathBuf,
    /// The model, the rows and the data folder.
    folder: PathBuf,
}

impl Made {
    /// Builds the programs, trains the model and writes its rows, and a file of so many more.
    fn make(rows: usize) -> Result<Made> {
        run(cargo().args(["build", "--release", "--workspace", "--locked", "--bin", "plumb", "--example", "echo"]))?;
        let target = provide::target_folder();
        let python = provide::python("serve", include_str!("../../bench/serve.txt"))?;
        let folder = target.join("bench-scoring");
        let release = target.join("release");
        run(Command::new(&python)
            .arg(script("prepare.py"))
            .arg(&folder)
            .arg(release.join("plumb"))
            .arg(rows.to_string()))
        .context("cannot make the model and its rows")?;
        Ok(Made { release, python, folder })
    }
}

/// Returns one of the scripts of the benchmarks.
fn script(name: &str) -> PathBuf {
    root().join("xtask/bench").join(name)
}
