//! Rows and parameters that cannot be fitted.

use plumb_lead::{FeatureSet, Matrix, ModelKind};
use plumb_learn::{Error, Params, Samples};

use super::leads::{KINDS, Leads, fit_one, params};

#[test]
fn rows_of_one_class_are_rejected() {
    let (train, valid) = (Leads::new(300, 1), Leads::new(300, 2));
    let negative = vec![false; 300];
    let refused = |kind, train: Samples, valid: Samples| {
        let features = Leads::new(1, 1).features;
        let features =
            FeatureSet { features: features.features.into_iter().take(train.matrix.columns).collect(), ..features };
        fit_one(kind, &features, train, valid, &params()).expect_err("one class is nothing to learn from").to_string()
    };
    for kind in KINDS {
        let error = refused(kind, Samples { labels: &negative, ..train.samples() }, valid.samples());
        assert!(error.starts_with("all 300 rows to train are negative"), "{error}");
        let error = refused(kind, train.samples(), Samples { labels: &negative, ..valid.samples() });
        assert!(error.starts_with("all 300 rows to choose on are negative"), "{error}");
    }
}

#[test]
fn invalid_rows_and_parameters_are_rejected_before_the_fit() {
    let (train, valid) = (Leads::new(300, 1), Leads::new(300, 2));
    let refused = |kind, train: Samples, params: &Params| {
        let features = Leads::new(300, 1).features;
        fit_one(kind, &features, train, valid.samples(), params).expect_err("the input is wrong")
    };
    let xgboost = |change: fn(&mut Params)| {
        let mut changed = params();
        change(&mut changed);
        refused(ModelKind::Xgboost, train.samples(), &changed).to_string()
    };
    assert!(xgboost(|params| params.rounds_max = 0).starts_with("parameter `rounds_max` is `0`"));
    assert!(xgboost(|params| params.search_trials = 0).starts_with("parameter `search_trials` is `0`"));
    let no_rules = refused(ModelKind::Rules, train.samples(), &Params { rules: None, ..params() });
    assert!(matches!(no_rules, Error::Rules { .. }), "{no_rules}");
    for kind in KINDS {
        let narrow = Matrix { values: vec![0.0; 600], rows: 300, columns: 2 };
        let error = refused(kind, Samples { matrix: &narrow, ..train.samples() }, &params());
        assert!(matches!(error, Error::Columns { found: 2, expected: 4 }), "{error}");
        let error = refused(kind, Samples { labels: &[true], ..train.samples() }, &params());
        assert!(matches!(error, Error::Lengths { what: "labels", found: 1, expected: 300 }), "{error}");
        let mut weights = vec![1.0; 300];
        weights[5] = f32::NAN;
        let error = refused(kind, Samples { weights: &weights, ..train.samples() }, &params());
        assert!(matches!(error, Error::Weights { row: 5, .. }), "{error}");
        let none = Matrix { values: vec![], rows: 0, columns: 4 };
        let error = refused(kind, Samples { matrix: &none, labels: &[], weights: &[] }, &params());
        assert!(matches!(error, Error::NoRows { doing: "train" }), "{error}");
    }
}
