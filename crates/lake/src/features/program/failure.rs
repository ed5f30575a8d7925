//! Why a feature cannot be computed: the engine's error with the feature's name and place.

use datafusion::error::DataFusionError;

use super::stages::Program;
use crate::engine::{engine_panicked, too_large};
use crate::error::Error;

/// A feature that cannot be computed.
#[derive(Debug, thiserror::Error)]
#[error("feature `{name}`: {problem}")]
struct FeatureFailed {
    name: String,
    place: String,
    problem: String,
    /// Whether a value would be too large.
    is_too_large: bool,
}

impl Program {
    /// Returns an error of the engine as one of a feature.
    pub(super) fn failed(&self, feature: usize, error: &DataFusionError) -> DataFusionError {
        let too_large = too_large(error);
        let problem = too_large.map_or_else(|| error.strip_backtrace(), ToString::to_string);
        self.failure(feature, problem, too_large.is_some())
    }

    /// Returns a panic of the engine as an error of a feature.
    pub(super) fn panicked(&self, feature: usize, message: &str) -> DataFusionError {
        self.failure(feature, engine_panicked(message), false)
    }

    fn failure(&self, feature: usize, problem: String, is_too_large: bool) -> DataFusionError {
        let (name, place) = (self.names[feature].clone(), self.places[feature].clone());
        DataFusionError::External(Box::new(FeatureFailed { name, place, problem, is_too_large }))
    }
}

/// Returns what makes an error of one that a run of a program has returned.
pub(crate) fn run_error(doing: &'static str) -> impl FnOnce(DataFusionError) -> Error {
    move |error| {
        let failed = match error.find_root() {
            DataFusionError::External(cause) => cause.downcast_ref::<FeatureFailed>(),
            _ => None,
        };
        match failed {
            None => Error::engine(doing)(error),
            Some(failed) => {
                let (file, problem) = (failed.place.clone(), failed.to_string());
                if failed.is_too_large { Error::TooLarge { file, problem } } else { Error::Sql { file, problem } }
            }
        }
    }
}

/// Returns what makes an error of a run that has panicked where no feature is known.
pub(crate) fn run_panicked(doing: &'static str) -> impl FnOnce(String) -> Error {
    move |message| Error::engine(doing)(DataFusionError::Execution(engine_panicked(&message)))
}
