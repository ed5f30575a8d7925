//! Processes: waiting for one, and what this one has needed.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Waits for a command and returns what it printed.
pub fn finish(command: &mut Command, doing: &str) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot {doing}: `{command:?}`"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("cannot {doing}: `{command:?}` ended with {}\n{printed}{errors}", output.status);
    }
    Ok(printed)
}

/// Returns the CPU seconds of this process, user and system; Linux counts them in hundredths.
pub fn cpu_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The program's name, the second field, may have spaces in it.
    let (_, fields) = stat.rsplit_once(')').context("expected a name in brackets")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / 100.0)
}

/// Returns the most memory that this process has held.
pub fn peak_megabytes() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("expected a peak")?;
    let kilobytes: f64 = line.split_whitespace().next().context("expected a number")?.parse()?;
    Ok(kilobytes / 1024.0)
}
