//! How long settings of the trees are searched for.

use std::time::Duration;

use plumb_lead::TrainingSettings;

/// Settings of the trees that are tried.
const TRIALS_USUAL: usize = 6;

/// More settings than any time is enough for.
const TRIALS_MAX: usize = 100_000;

/// How many settings of the trees are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Search {
    /// The usual number.
    #[default]
    Usual,
    /// As many as there is time for.
    For(Duration),
    /// This number, which another search ended with.
    Trials(usize),
}

impl Search {
    /// Returns the search that repeats the one of a model.
    pub(crate) fn of(settings: &TrainingSettings) -> Search {
        Search::repeating(settings.search_trials)
    }

    /// Returns the search that repeats one of so many trials; the usual one if there was none.
    pub(super) fn repeating(trials: Option<usize>) -> Search {
        trials.map_or(Search::Usual, Search::Trials)
    }

    pub(super) fn trials_max(self) -> usize {
        match self {
            Search::Usual => TRIALS_USUAL,
            Search::For(_) => TRIALS_MAX,
            Search::Trials(trials) => trials,
        }
    }
}
