//! What a training reports while it runs, and how it is cancelled.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use plumb_lead::ModelKind;
use plumb_learn::FitProgress;
use serde::Serialize;

use super::search::Search;
use crate::blocking::{self, Cancellation};

/// Receives the events of a training, from any thread.
pub(crate) type ProgressCallback = Arc<dyn Fn(TrainingEvent) + Send + Sync>;

/// What a training has begun or done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum TrainingEvent {
    /// It collects labelled rows with their features.
    CollectingRows {
        /// The target.
        target: String,
    },
    /// It trains a model of the registry once more.
    Rebuilding {
        /// The target.
        target: String,
        /// The kind of model.
        kind: ModelKind,
        /// The model.
        model_id: String,
    },
    /// It fits models of a kind.
    Fitting {
        /// The target.
        target: String,
        /// Which of the two fits.
        purpose: FitPurpose,
        /// The kind of models.
        kind: ModelKind,
    },
    /// It has tried settings of the trees.
    SettingsTried {
        /// The target.
        target: String,
        /// Which of the two fits.
        purpose: FitPurpose,
        /// How many were tried.
        trials: usize,
        /// How many are tried in all, if that is known.
        trials_max: Option<usize>,
        /// The time left for more, if they are searched for a time.
        seconds_left: Option<u64>,
    },
    /// It waits for another process that grows the same trees.
    Waiting {
        /// For which, as a line for people.
        line: String,
    },
    /// It waits for a worker that a person has to start on another machine.
    WorkerCommand {
        /// The command line.
        command: String,
    },
}

/// What a fit is for. docs/decisions/0004 says why there are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FitPurpose {
    /// To be measured: it knows nothing of the time of the rows to test on.
    Evaluation,
    /// To be used: it knows everything as of the training.
    Final,
}

/// How a training on a thread of its own reports, and learns that its result is no longer needed.
#[derive(Clone)]
pub(crate) struct RunControl {
    progress: ProgressCallback,
    cancellation: Cancellation,
}

impl RunControl {
    /// Reports an event.
    pub(crate) fn report(&self, event: TrainingEvent) {
        (self.progress)(event);
    }

    /// Returns whether the result is no longer needed.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }

    /// Returns an error if the result is no longer needed.
    pub(super) fn check(&self) -> Result<()> {
        self.cancellation.check()
    }
}

/// Runs a training on a thread for blocking work. When the caller stops waiting, the training is cancelled.
pub(crate) async fn run_blocking<T: Send + 'static>(
    progress: &ProgressCallback,
    work: impl FnOnce(&RunControl) -> Result<T> + Send + 'static,
) -> Result<T> {
    let progress = progress.clone();
    blocking::run_blocking(move |cancellation| work(&RunControl { progress, cancellation: cancellation.clone() })).await
}

/// Reports the fits of a target, and ends their searches in time.
pub(super) struct FitReporter<'a> {
    control: &'a RunControl,
    target: &'a str,
    purpose: FitPurpose,
    until: Option<Instant>,
}

impl<'a> FitReporter<'a> {
    pub(super) fn new(control: &'a RunControl, target: &'a str, purpose: FitPurpose, search: Search) -> Self {
        let until = match search {
            Search::For(time) => Instant::now().checked_add(time),
            Search::Usual | Search::Trials(_) => None,
        };
        FitReporter { control, target, purpose, until }
    }
}

impl FitProgress for FitReporter<'_> {
    fn begins(&self, kind: ModelKind) {
        let (target, purpose) = (self.target.to_owned(), self.purpose);
        self.control.report(TrainingEvent::Fitting { target, purpose, kind });
    }

    fn tried(&self, trials: usize, trials_max: usize) -> bool {
        let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        self.control.report(TrainingEvent::SettingsTried {
            target: self.target.to_owned(),
            purpose: self.purpose,
            trials,
            trials_max: left.is_none().then_some(trials_max),
            seconds_left: left.as_ref().map(Duration::as_secs),
        });
        left.is_none_or(|left| !left.is_zero()) && !self.control.is_cancelled()
    }
}

impl FitPurpose {
    /// Returns the words for messages: "cannot fit ... for `converted`".
    pub(super) fn words(self) -> &'static str {
        match self {
            FitPurpose::Evaluation => "the models to measure",
            FitPurpose::Final => "the final models",
        }
    }
}

impl fmt::Display for TrainingEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrainingEvent::CollectingRows { target } => write!(formatter, "{target}: collecting rows and features"),
            TrainingEvent::Rebuilding { target, kind, model_id } => {
                write!(formatter, "{target}: rebuilding {} `{model_id}`", kind.word())
            }
            TrainingEvent::Fitting { target, purpose, kind } => {
                write!(formatter, "{target}, {}: fitting {}", purpose.words(), kind.word())
            }
            TrainingEvent::SettingsTried { target, purpose, trials, trials_max, seconds_left } => {
                write!(formatter, "{target}, {}: {trials} settings of trees tried", purpose.words())?;
                if let Some(trials_max) = trials_max {
                    write!(formatter, " of {trials_max}")?;
                }
                seconds_left.map_or(Ok(()), |seconds| write!(formatter, ", {seconds} s left"))
            }
            TrainingEvent::Waiting { line } => formatter.write_str(line),
            TrainingEvent::WorkerCommand { command } => write!(formatter, "run: {command}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_lines_for_people() {
        let tried = TrainingEvent::SettingsTried {
            target: "converted".into(),
            purpose: FitPurpose::Final,
            trials: 3,
            trials_max: Some(6),
            seconds_left: None,
        };
        assert_eq!(tried.to_string(), "converted, the final models: 3 settings of trees tried of 6");
    }
}
