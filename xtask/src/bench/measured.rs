//! A program that runs to its end, with its wall time, CPU time and peak of memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// A program that takes longer is ended: a person would not wait either.
pub(super) const SECONDS_MAX: u32 = 1_200;

/// What `timeout` ends with when the time is over.
const TIMED_OUT: i32 = 124;

/// What is kept of a run.
pub(super) enum Outcome {
    Done { seconds: f64, cpu_seconds: f64, peak_megabytes: f64 },
    TooSlow,
    Failed(String),
}

/// Runs a program. Figures are written to a file in the folder.
pub(super) fn measured(command: &Command, folder: &Path) -> Result<Outcome> {
    let figures: PathBuf = folder.join("figures");
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%e %U %S %M", "-o"])
        .arg(&figures)
        .args(["timeout", &SECONDS_MAX.to_string()])
        .arg(command.get_program())
        .args(command.get_args())
        .output()
        .context("cannot start `/usr/bin/time`")?;
    if output.status.code() == Some(TIMED_OUT) {
        return Ok(Outcome::TooSlow);
    }
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Ok(Outcome::Failed(errors.lines().last().unwrap_or("without a word").to_owned()));
    }
    let text = fs::read_to_string(&figures).with_context(|| format!("cannot read `{}`", figures.display()))?;
    let read: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
    match read.with_context(|| format!("expected figures in `{text}`"))?[..] {
        [seconds, user, system, kilobytes] => {
            Ok(Outcome::Done { seconds, cpu_seconds: user + system, peak_megabytes: kilobytes / 1024.0 })
        }
        _ => bail!("expected four figures in `{text}`"),
    }
}
