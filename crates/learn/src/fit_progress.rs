//! The progress callback of a fit, which may also end the search for hyperparameters.

use plumb_lead::ModelKind;

/// Receives the progress of a fit. A function of the kind alone is one too, and lets every search go to its end.
pub trait FitProgress {
    /// The fit of a kind begins.
    fn begins(&self, kind: ModelKind);

    /// So many hyperparameter trials are done. Returns whether to go on: after `false` the best so far is taken, and a search
    /// of just so many trials finds the same.
    fn tried(&self, trials: usize, trials_max: usize) -> bool {
        let _ = (trials, trials_max);
        true
    }
}

impl<F: Fn(ModelKind)> FitProgress for F {
    fn begins(&self, kind: ModelKind) {
        self(kind);
    }
}
