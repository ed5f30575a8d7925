//! The kernel beside Python's xgboost, `shap`'s C code and `fasttreeshap`, on one thread.
//!
//! The model: 300 trees of depth 6 on 40 columns, of which 12 are categories, as codes and natively, trained by XGBoost
//! on made-up rows of which a tenth of the values is missing. All read the same files. Each run is a process of its
//! own that times its own work, the runs take turns, and the medians are printed, with the largest difference of the
//! contributions from ours. `cargo bench --workspace --bench kernel` runs it; `-- TURNS` sets the number of runs.

mod plumb;
mod results;
mod rows;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use plumb_peers::{Packages, Runner, take_turns};
use results::Results;

/// The number of runs of each, unless it is given.
const TURNS: usize = 9;

/// XGBoost adds in 32 bits; a larger difference is no rounding.
const DIFFERENCE_MAX: f64 = 1e-4;

/// The peers: name, script and its argument, whether they read native categories, and how many times as fast as they our
/// contributions in blocks should be.
const PEERS: [(&str, &str, &str, bool, Option<f64>); 4] = [
    ("xgboost 3.4.1", "xgboost_peer.py", "", true, Some(15.0)),
    ("shap 0.54.1, its C code", "shap_peer.py", "shap", false, Some(20.0)),
    ("fasttreeshap 0.1.6, v1", "shap_peer.py", "v1", false, Some(20.0)),
    ("fasttreeshap 0.1.6, v2", "shap_peer.py", "v2", false, None),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--run", folder, results] => plumb::run(Path::new(folder), Path::new(results)),
        [] => [false, true].into_iter().try_for_each(|native| compare(native, TURNS)),
        [turns] => {
            let turns = turns.parse()?;
            [false, true].into_iter().try_for_each(|native| compare(native, turns))
        }
        _ => Err("expected nothing, or a number of turns".into()),
    }
}

fn compare(native: bool, turns: usize) -> Result<(), Box<dyn Error>> {
    let name = if native { "native" } else { "codes" };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let packages = Packages {
        python_minor: 12,
        requirements: include_str!("peers/requirements.txt"),
        alone: include_str!("peers/alone.txt"),
    };
    let python = plumb_peers::python(&folder.join("kernel-peers"), &packages)?;
    let folder = folder.join(format!("kernel-{name}"));
    rows::write(&folder, native)?;
    let mut ours = Command::new(std::env::current_exe()?);
    ours.arg("--run").arg(&folder).arg(folder.join("0"));
    let mut runners = vec![Runner::<4>::new("plumb", ours)];
    let peers: Vec<_> = PEERS.iter().filter(|(.., reads_native, _)| *reads_native || !native).collect();
    for (at, (name, script, way, ..)) in peers.iter().enumerate() {
        let mut command = Command::new(&python);
        // XGBoost 3.2 used more threads for contributions in spite of its setting.
        command.env("OMP_NUM_THREADS", "1").arg(scripts().join(script)).arg(&folder);
        command.arg(folder.join((at + 1).to_string())).args([rows::COLUMNS, rows::CATEGORIES].map(|n| n.to_string()));
        command.arg(way);
        runners.push(Runner::new(name, command));
    }
    take_turns(&mut runners, turns)?;
    println!("\ncategories {name}: µs a row, and in brackets how many times as long as ours; medians of {turns} runs");
    print_table(&runners, &folder)
}

fn print_table(runners: &[Runner<4>], folder: &Path) -> Result<(), Box<dyn Error>> {
    println!(
        "| | predict, blocks | predict, one row | contributions, blocks | contributions, one row | off, complete rows | \
         off, rows with missing values |\n| --- | --- | --- | --- | --- | --- | --- |"
    );
    let ours = runners[0].medians();
    for (at, runner) in runners.iter().enumerate() {
        let mut cells = Vec::new();
        for (figure, our) in runner.medians().into_iter().zip(ours) {
            cells.push(match at {
                0 => format!("{figure:.2}"),
                _ if figure.is_nan() => String::new(),
                _ => format!("{figure:.1} ({:.1})", figure / our),
            });
        }
        for rows in ["complete", "rows"] {
            let results = |at: usize| Results::read(&folder.join(at.to_string()).with_extension(rows));
            let difference = results(at)?.max_difference(&results(0)?);
            cells.push(match at {
                0 => String::new(),
                _ if difference <= DIFFERENCE_MAX => format!("{difference:.1e}"),
                _ => format!("**wrong**: {difference:.1e}"),
            });
        }
        println!("| {} | {} |", runner.name, cells.join(" | "));
    }
    Ok(())
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/kernel/peers")
}
