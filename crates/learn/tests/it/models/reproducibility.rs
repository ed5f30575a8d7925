//! The same rows, parameters and seed give the same model.

use plumb_lead::ModelKind;
use plumb_learn::{FitProgress, Params, fit};

use super::leads::{KINDS, Leads, fitted, params};

/// Ends a search after so many trials.
struct StopAfter(usize);

impl FitProgress for StopAfter {
    fn begins(&self, _: ModelKind) {}

    fn tried(&self, trials: usize, _: usize) -> bool {
        trials < self.0
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    for kind in KINDS {
        let bytes = |seed, threads| {
            let model = fitted(kind, &Params { seed, threads, ..params() });
            serde_json::to_string(&model).expect("a model is JSON")
        };
        let first = bytes(7, 1);
        assert!(first == bytes(7, 1), "{kind:?}: fitted again, the model differs");
        assert!(first == bytes(7, 2), "{kind:?}: fitted on two threads, the model differs");
        if kind == ModelKind::Xgboost {
            assert!(first != bytes(8, 1), "the seed has no effect");
        }
    }
}

#[test]
fn a_search_that_was_ended_is_reproduced_by_its_number_of_trials() {
    let (train, valid) = (Leads::new(800, 1), Leads::new(600, 2));
    let model = |search_trials, fit_progress: &dyn FitProgress| {
        let params = Params { search_trials, rounds_max: 40, ..params() };
        let fitted =
            fit(&[ModelKind::Xgboost], &train.features, train.samples(), valid.samples(), &params, fit_progress);
        fitted.expect("both parts have both classes").remove(0).model
    };
    let ended = model(1_000, &StopAfter(4));
    assert_eq!(ended.params["trials"], "11", "three ways to see categories, and a group of eight");
    assert!(model(11, &StopAfter(1_000)) == ended, "the same trials give the same model");
    assert!(model(3, &StopAfter(1_000)) != ended, "more trials were of use here");
}
