//! The progress of the demo's loop on the terminal: one line that changes with the steps.

use std::sync::{Arc, Mutex, PoisonError};

use crate::commands::progress::ProgressLine;
use crate::lifecycle::progress::Progress;
use crate::training::ProgressCallback;

/// The line of the current step, if there is one.
#[derive(Clone, Default)]
pub(super) struct LoopProgress(Arc<Mutex<Option<ProgressLine>>>);

impl LoopProgress {
    /// Shows an event of the current step, and begins its line if need be.
    pub(super) fn show(&self, event: Progress) {
        let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Progress::Step(name) | Progress::Waiting(name) = event
            && line.is_none()
        {
            *line = Some(ProgressLine::spinner(name));
        }
        if let Some(line) = &*line {
            line.show(event);
        }
    }

    /// Returns the callback of a training.
    pub(super) fn training_callback(&self) -> ProgressCallback {
        let progress = self.clone();
        Arc::new(move |event| progress.show(Progress::Step(&event.to_string())))
    }

    /// Ends the line.
    pub(super) fn clear(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
