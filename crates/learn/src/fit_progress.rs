//! Whoever looks on while models are fitted: shows how far it is, and may end the search for settings.

use plumb_lead::ModelKind;

/// Is told how far a fit is. A function of the kind alone looks on as well, and lets every search go to its end.
pub trait FitProgress {
    /// The fit of a kind begins.
    fn begins(&self, kind: ModelKind);

    /// So many of the trees' settings are tried. Returns whether more are to be: where the answer is no, the best so far
    /// are taken, and a search of just so many trials finds the same.
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
