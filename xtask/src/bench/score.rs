//! `cargo xtask bench score`: `plumb score` over a Parquet file, with its wall time, CPU time and peak of memory.

use std::process::Command;

use anyhow::Result;

use super::Made;
use crate::run;

/// Scores a file of so many rows into Parquet, with reasons alone and with all contributions.
pub(super) fn bench(made: &Made, rows: usize) -> Result<()> {
    for more in [&[][..], &["--contributions"]] {
        run(Command::new("/usr/bin/time")
            .args(["-f", "%e s, %U + %S CPU s, %M kB at most"])
            .arg(made.release.join("plumb"))
            .arg("score")
            .arg(made.folder.join(format!("rows-{rows}.parquet")))
            .arg("--data")
            .arg(made.folder.join("data"))
            .args(["--target", "won", "--out"])
            .arg(made.folder.join("scores.parquet"))
            .args(more))?;
    }
    Ok(())
}
