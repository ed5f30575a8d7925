//! How long the trees' settings are searched for, and what is shown meanwhile.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use plumb_lead::ModelKind;
use plumb_learn::FitProgress;

/// Settings of the boosted model that are tried.
const TRIALS_USUAL: usize = 6;

/// More settings than any time is enough for.
const TRIALS_MAX: usize = 100_000;

/// The setting of a model that says how many were tried.
const TRIALS_PARAM: &str = "trials";

/// How many of the trees' settings are tried.
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
    /// Returns the search that a model came from, by its settings.
    pub(crate) fn of(params: &BTreeMap<String, String>) -> Search {
        params.get(TRIALS_PARAM).and_then(|trials| trials.parse().ok()).map_or(Search::Usual, Search::Trials)
    }

    pub(super) fn trials_max(self) -> usize {
        match self {
            Search::Usual => TRIALS_USUAL,
            Search::For(_) => TRIALS_MAX,
            Search::Trials(trials) => trials,
        }
    }
}

/// Tells of the fits of a target, and ends their searches in time.
pub(super) struct Watcher<'a> {
    tell: &'a dyn Fn(&str),
    /// Which fit of which target.
    which: String,
    until: Option<Instant>,
}

impl<'a> Watcher<'a> {
    pub(super) fn new(tell: &'a dyn Fn(&str), which: String, search: Search) -> Watcher<'a> {
        let until = match search {
            Search::For(time) => Instant::now().checked_add(time),
            Search::Usual | Search::Trials(_) => None,
        };
        Watcher { tell, which, until }
    }
}

impl FitProgress for Watcher<'_> {
    fn begins(&self, kind: ModelKind) {
        (self.tell)(&format!("{}: fitting {}", self.which, kind.word()));
    }

    fn tried(&self, trials: usize, trials_max: usize) -> bool {
        let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        let rest = match left {
            Some(left) => format!("{} s left", left.as_secs()),
            None => format!("of {trials_max}"),
        };
        (self.tell)(&format!("{}: {trials} settings of trees tried, {rest}", self.which));
        left.is_none_or(|left| !left.is_zero())
    }
}
