//! Runs that take turns.

use std::process::Command;

use anyhow::{Context, Result, anyhow};

use crate::process::finish;

/// One that is measured: a command that prints so many figures.
pub struct Runner<const FIGURES: usize> {
    /// What it is called in the table.
    pub name: String,
    command: Command,
    turns: Vec<[f64; FIGURES]>,
}

impl<const FIGURES: usize> Runner<FIGURES> {
    /// Returns one that has not been run yet.
    pub fn new(name: &str, command: Command) -> Runner<FIGURES> {
        Runner { name: name.to_owned(), command, turns: Vec::new() }
    }

    /// Runs it once.
    pub fn run(&mut self) -> Result<()> {
        let printed = finish(&mut self.command, &format!("run {}", self.name))?;
        let expected = || anyhow!("{} printed `{}`: expected {FIGURES} figures", self.name, printed.trim());
        let figures: Result<Vec<f64>, _> = printed.split_whitespace().map(str::parse).collect();
        let figures = figures.with_context(expected)?;
        self.turns.push(figures.try_into().map_err(|_| expected())?);
        Ok(())
    }

    /// Returns the median of each figure over the turns.
    pub fn medians(&self) -> [f64; FIGURES] {
        std::array::from_fn(|figure| median(self.turns.iter().map(|turn| turn[figure])))
    }
}

/// Runs everybody once, so many times over.
pub fn take_turns<const FIGURES: usize>(runners: &mut [Runner<FIGURES>], turns: usize) -> Result<()> {
    (0..turns).try_for_each(|_| runners.iter_mut().try_for_each(Runner::run))
}

/// Returns the middle one of some figures, or NaN of none.
pub fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Runner<2> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Runner::new("a shell", command)
    }

    #[test]
    fn the_medians_are_those_of_each_figure() {
        let folder = tempfile::tempdir().expect("a folder");
        let count = folder.path().join("count");
        let script = format!("printf x >> {0}; n=$(wc -c < {0}); echo $n $((10 - n * n))", count.display());
        let mut runners = [shell(&script)];
        take_turns(&mut runners, 3).expect("it prints two figures");
        assert_eq!(runners[0].medians(), [2.0, 6.0]);
    }

    #[test]
    fn a_run_that_prints_something_else_or_fails_is_named() {
        let error = shell("echo 1").run().expect_err("it is refused").to_string();
        assert_eq!(error, "a shell printed `1`: expected 2 figures");
        let error = shell("echo it broke >&2; exit 3").run().expect_err("it is refused").to_string();
        assert!(error.contains("a shell") && error.contains("it broke"), "{error}");
    }
}
