//! Spinners and bars: on standard error, and only if it is a terminal.

use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};

use super::output::note;
use crate::lifecycle::progress::Progress;
use crate::terminal_text::{Notation, escape};

const TICK: Duration = Duration::from_millis(100);

/// The progress of an operation, shown until it is dropped.
pub(crate) struct ProgressLine(ProgressBar);

impl ProgressLine {
    /// Shows a spinner for an operation whose items cannot be counted.
    pub(crate) fn spinner(message: &str) -> ProgressLine {
        let bar = spinner();
        bar.set_message(shown(message));
        ProgressLine(bar)
    }

    /// Shows a bar for an operation that counts these items.
    pub(crate) fn bar(items: &str) -> Result<ProgressLine> {
        Ok(ProgressLine(bar(0, items)?))
    }

    /// Shows an event of the operation.
    pub(crate) fn show(&self, progress: Progress) {
        match progress {
            Progress::Step(name) => self.0.set_message(shown(name)),
            // Also where no line is shown: who looks at a log wants to know.
            Progress::Waiting(line) => self.0.suspend(|| note(&format!("{line}\n"))),
            Progress::Items { done, total } => {
                self.0.set_length(total as u64);
                self.0.set_position(done as u64);
            }
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Returns a message as a terminal may show it.
pub(crate) fn shown(message: &str) -> String {
    escape(message, Notation::Plain).into_owned()
}

/// Returns a spinner for work whose steps cannot be counted.
pub(crate) fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(TICK);
    bar
}

/// Returns a bar of so many steps.
pub(crate) fn bar(steps: usize, message: &str) -> Result<ProgressBar> {
    styled_bar("{spinner} {bar:24} {pos}/{len} {msg}", steps as u64, message)
}

/// Returns a bar that shows how much of a file is done.
pub(crate) fn percent_bar() -> Result<ProgressBar> {
    styled_bar("{spinner} {bar:24} {percent} % {msg}", 0, "")
}

fn styled_bar(template: &str, length: u64, message: &str) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template(template).context("the bar's template")?;
    let bar = ProgressBar::new(length).with_style(style).with_message(shown(message));
    bar.enable_steady_tick(TICK);
    Ok(bar)
}
