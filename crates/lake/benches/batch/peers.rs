//! The others: DuckDB, Polars and pandas from PyPI, in a virtual environment of their own.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Those that are compared, with whether they bear tenfold data: pandas holds all events at once, several times over.
pub(crate) const NAMES: [(&str, bool); 3] = [("duckdb", true), ("polars", true), ("pandas", false)];

/// Installs the libraries, unless they are there, and returns the Python that has them.
pub(crate) fn python(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let wanted = include_str!("peers/requirements.txt");
    let (python, installed) = (folder.join("bin/python"), folder.join("installed.txt"));
    if std::fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    let requirements = scripts().join("requirements.txt");
    finish(Command::new("python3").args(["-m", "venv"]).arg(folder), "make a virtual environment of Python")?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    finish(Command::new(&python).args(pip).arg(requirements), "install DuckDB, Polars and pandas from PyPI")?;
    std::fs::write(installed, wanted)?;
    Ok(python)
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
    finish(command.arg(scripts().join("check.py")).arg(ours).arg(theirs), "compare the features")
}

/// Waits for a command and returns what it printed.
pub(crate) fn finish(command: &mut Command, doing: &str) -> Result<String, Box<dyn Error>> {
    let output = command.output().map_err(|error| format!("cannot {doing}: `{command:?}`: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cannot {doing}: `{command:?}` ended with {}\n{printed}{said}", output.status).into());
    }
    Ok(printed)
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/batch/peers")
}
