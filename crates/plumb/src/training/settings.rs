//! The settings on a model's card.

use plumb_lead::{OutOfCoreSettings, Recency, TrainingSettings};
use plumb_learn::Model;

/// The setting of a model that says how many settings of the trees were tried.
const TRIALS: &str = "trials";

/// Returns how a model was trained.
pub(crate) fn training_settings(model: &Model, out_of_core: Option<OutOfCoreSettings>) -> TrainingSettings {
    let mut fit = model.params.clone();
    let search_trials = search_trials(model);
    if search_trials.is_some() {
        fit.remove(TRIALS);
    }
    // A model that was grown out of core has these among its own settings as well.
    for name in out_of_core.iter().flat_map(|settings| settings.named().into_keys()) {
        fit.remove(&name);
    }
    TrainingSettings { search_trials, out_of_core, recency: Recency::default(), fit }
}

/// Returns how many settings of the trees were tried for a model; `None` if it has no trees of our own.
pub(super) fn search_trials(model: &Model) -> Option<usize> {
    model.params.get(TRIALS).and_then(|trials| trials.parse().ok())
}
