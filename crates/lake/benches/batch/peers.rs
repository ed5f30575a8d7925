//! The peers: DuckDB, Polars and pandas from PyPI, in a virtual environment of their own.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use plumb_peers::{Packages, finish};

/// The peers, with whether they handle tenfold data: pandas holds all events at once, several times over.
pub(crate) const NAMES: [(&str, bool); 3] = [("duckdb", true), ("polars", true), ("pandas", false)];

/// Installs the libraries, unless they are there, and returns the Python that has them.
pub(crate) fn python(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let packages = Packages { python_minor: 11, requirements: include_str!("peers/requirements.txt"), alone: "" };
    Ok(plumb_peers::python(folder, &packages)?)
}

/// Returns a run of one of them over a version of the ground.
pub(crate) fn command(python: &Path, name: &str, data: &Path, out: &Path, ages: &str) -> Command {
    let mut command = Command::new(python);
    command.arg(scripts().join(format!("{name}_features.py"))).arg(data.join("ground/000001")).arg(out).arg(ages);
    command
}

/// Checks that two files of features are equal, and returns what was compared.
pub(crate) fn check(python: &Path, ours: &Path, theirs: &Path) -> Result<String, Box<dyn Error>> {
    let mut command = Command::new(python);
    Ok(finish(command.arg(scripts().join("check.py")).arg(ours).arg(theirs), "compare the features")?)
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/batch/peers")
}
