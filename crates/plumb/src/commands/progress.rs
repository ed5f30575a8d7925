//! Spinners and bars on the terminal.

use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};

const TICK: Duration = Duration::from_millis(100);

/// Returns a spinner for work whose steps cannot be counted.
pub(crate) fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(TICK);
    bar
}

/// Returns a bar of so many steps.
pub(crate) fn bar(steps: usize, message: &str) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{spinner} {bar:24} {pos}/{len} {msg}").context("the bar's template")?;
    let bar = ProgressBar::new(steps as u64).with_style(style).with_message(message.to_owned());
    bar.enable_steady_tick(TICK);
    Ok(bar)
}
