//! Models as JSON.

use plumb_lead::ModelKind;
use plumb_learn::Model;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::leads::{KINDS, Leads, fitted, params, scores};

#[test]
fn a_model_written_and_read_is_the_same_to_the_bit() {
    let test = Leads::new(800, 3);
    for kind in KINDS {
        let model = fitted(kind, &params());
        let text = serde_json::to_string(&model).expect("a model is JSON");
        let read: Model = serde_json::from_str(&text).expect("it was written above");
        assert!(text == serde_json::to_string(&read).expect("a model is JSON"), "{kind:?}");
        let bits = |model: &Model| scores(model, &test.matrix).into_iter().map(f64::to_bits).collect::<Vec<_>>();
        assert!(bits(&model) == bits(&read), "{kind:?}");
        assert!(model.explain(&test.matrix).expect("fits") == read.explain(&test.matrix).expect("fits"), "{kind:?}");
        assert_eq!(model, read);
    }
}

/// Drawn by their bits, so that no number is left out because fits seldom give it. Without serde_json's
/// `float_roundtrip` some come back one unit in the last place wrong.
#[test]
fn every_number_of_a_model_survives_json_to_the_bit() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    for (kind, pointers) in [
        (ModelKind::Rules, ["/predictor/rules/means/0", "/predictor/rules/rules/0/points", "/threshold/score"]),
        (ModelKind::Logistic, ["/predictor/logistic/weights/0", "/predictor/logistic/means/0", "/base_rate"]),
        (ModelKind::Logistic, ["/predictor/logistic/base", "/predictor/logistic/strength", "/calibration/intercept"]),
        (
            ModelKind::Logistic,
            [
                "/predictor/logistic/encodings/0/number/center",
                "/predictor/logistic/encodings/0/number/scale",
                "/calibration/center",
            ],
        ),
    ] {
        let mut document = serde_json::to_value(fitted(kind, &params())).expect("a model is JSON");
        let drawn = std::iter::repeat_with(|| f64::from_bits(random.random())).filter(|number| number.is_finite());
        let numbers: Vec<f64> =
            [-0.0, f64::from_bits(1), f64::MIN_POSITIVE, f64::MAX].into_iter().chain(drawn.take(100)).collect();
        for (number, pointer) in numbers.iter().flat_map(|number| pointers.map(|pointer| (*number, pointer))) {
            *document.pointer_mut(pointer).expect(pointer) = number.into();
            let model: Model = serde_json::from_value(document.clone()).expect("any finite number fits");
            let text = serde_json::to_string(&model).expect("a model is JSON");
            let read: Model = serde_json::from_str(&text).expect("it was written above");
            let read = serde_json::to_value(read).expect("a model is JSON");
            let found = read.pointer(pointer).and_then(serde_json::Value::as_f64).expect(pointer);
            assert_eq!(found.to_bits(), number.to_bits(), "{pointer}: {found:?}, not {number:?}");
        }
    }
}

#[test]
fn a_number_too_large_for_a_model_is_rejected() {
    let text = serde_json::to_string(&fitted(ModelKind::Logistic, &params())).expect("a model is JSON");
    let (before, after) = text.split_once("\"base_rate\":").expect("a model has a base rate");
    let (_, after) = after.split_once(',').expect("more follows the base rate");
    for number in ["1e999", "-1e999", "NaN", "null"] {
        let changed = format!("{before}\"base_rate\":{number},{after}");
        assert!(serde_json::from_str::<Model>(&changed).is_err(), "{number}");
    }
}

#[test]
fn a_stored_model_whose_parts_do_not_fit_is_rejected() {
    for (kind, pointer, value) in [
        (ModelKind::Rules, "/predictor/rules/means", "[]"),
        (ModelKind::Rules, "/predictor/rules/rules/0/field", "\"colour\""),
        (ModelKind::Logistic, "/predictor/logistic/weights", "[1.0]"),
        (ModelKind::Logistic, "/predictor/logistic/means/0", "null"),
        (
            ModelKind::Logistic,
            "/predictor/logistic/encodings/0",
            "{\"category\": {\"levels\": [99], \"missing\": null}}",
        ),
        (ModelKind::Xgboost, "/predictor/boosted/xgboost", "\"{}\""),
        (ModelKind::Xgboost, "/predictor/boosted/categories", "[4]"),
        (ModelKind::Xgboost, "/features/features", "[]"),
        (ModelKind::Xgboost, "/averages", "[1.5]"),
        (ModelKind::Xgboost, "/calibration/low", "-1.0"),
        (ModelKind::Xgboost, "/calibration/covariance", "[1.0]"),
        (ModelKind::Logistic, "/predictor/logistic/covariance", "[1.0]"),
        (ModelKind::Logistic, "/predictor/logistic/rules/means", "[]"),
        (ModelKind::Logistic, "/predictor/logistic/rules/rules/rules/0/column", "4"),
    ] {
        let mut document = serde_json::to_value(fitted(kind, &params())).expect("a model is JSON");
        *document.pointer_mut(pointer).expect(pointer) = serde_json::from_str(value).expect("the value is JSON");
        let error = serde_json::from_value::<Model>(document).expect_err(pointer).to_string();
        assert!(!error.is_empty() && error.len() < 300, "{pointer}: {error}");
    }
}

/// Model files are named by the hash of their content, so those with the old tag of an ensemble are never written again.
#[test]
fn an_ensemble_stored_under_its_old_tag_is_read_and_written_under_the_new_one() {
    let model = fitted(ModelKind::Ensemble, &params());
    let text = serde_json::to_string(&model).expect("a model is JSON");
    let old = text.replacen("{\"ensemble\":", "{\"committee\":", 1);
    assert!(old != text, "the tag is not where it is expected");
    let read: Model = serde_json::from_str(&old).expect("the old tag is known");
    assert_eq!(read, model);
    assert!(serde_json::to_string(&read).expect("a model is JSON") == text);
}
