//! The progress of a training on the terminal.

use std::sync::Arc;

use indicatif::ProgressBar;

use super::output::note;
use super::progress::{shown, spinner};
use crate::training::{ProgressCallback, TrainingEvent};

/// A spinner with what a training does, shown until it is dropped. Commands for workers stay to be read.
pub(crate) struct TrainingProgress(ProgressBar);

impl TrainingProgress {
    /// Shows the spinner.
    pub(crate) fn show() -> TrainingProgress {
        TrainingProgress(spinner())
    }

    /// Returns the callback of the training.
    pub(crate) fn callback(&self) -> ProgressCallback {
        let bar = self.0.clone();
        Arc::new(move |event| match event {
            TrainingEvent::WorkerCommand { .. } | TrainingEvent::Waiting { .. } => note(&format!("{event}\n")),
            _ => bar.set_message(shown(&event.to_string())),
        })
    }
}

impl Drop for TrainingProgress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
