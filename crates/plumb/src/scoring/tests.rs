//! Reasons as sentences, by a small model that other tests use, too.

use plumb_lead::{Feature, FeatureKind, FeatureMessages, FeatureSet, Language, Matrix, ModelKind};
use plumb_learn::decision::{Optimise, StopOn};
use plumb_learn::drift::baseline;
use plumb_learn::{Params, Samples, fit};
use serde_json::{Value, json};

use super::{Artifact, Inputs, Scorer};

/// Returns a logistic model of `age` and `channel`, fitted to rows in which the older ones and the referred convert.
pub(crate) fn columns_model() -> Vec<u8> {
    let levels = ["email", "referral"].map(str::to_owned).to_vec();
    let row = |row: u16| vec![f32::from(20 + row % 40), f32::from(row % 3 % 2)];
    model(&[("age", FeatureKind::Number), ("channel", FeatureKind::Category { levels })], row)
}

/// Returns a logistic model of columns, fitted to such rows.
pub(crate) fn model(columns: &[(&str, FeatureKind)], row: impl Fn(u16) -> Vec<f32>) -> Vec<u8> {
    let feature = |(name, kind): &(&str, FeatureKind)| Feature {
        name: (*name).into(),
        kind: kind.clone(),
        messages: FeatureMessages::default(),
    };
    let features = FeatureSet { features: columns.iter().map(feature).collect(), languages: Vec::new() };
    let rows: u16 = 200;
    let matrix = Matrix { values: (0..rows).flat_map(row).collect(), rows: rows.into(), columns: columns.len() };
    // Every seventh row is of the other class, so that the classes cannot be told apart for certain.
    let labels: Vec<bool> = (0..rows).map(|row| (row % 40 + 10 * (row % 3 % 2) > 30) != (row % 7 == 0)).collect();
    let samples = Samples { matrix: &matrix, labels: &labels, weights: &[1.0; 200] };
    let params = Params {
        seed: 1,
        beta: 0.5,
        cost: None,
        optimise: Optimise::FBeta,
        in_time_order: false,
        capacity: None,
        stop_on: StopOn::LogLoss,
        threads: 1,
        rounds_max: 1,
        search_trials: 1,
        rules: None,
    };
    let fitted = fit(&[ModelKind::Logistic], &features, samples, samples, &params, &|_| {});
    let model = fitted.expect("both classes are there").pop().expect("one kind was fitted").model;
    let scores: Vec<f64> = model.scores(&matrix).expect("its own rows").into_iter().map(f64::from).collect();
    let baseline = baseline(&features, &matrix, &scores).expect("its own rows");
    let artifact = Artifact { model, target: "converted".into(), inputs: Inputs::Columns, baseline };
    serde_json::to_vec(&artifact).expect("a model is JSON")
}

/// Returns the model of `age` and `channel` with something about it changed.
pub(crate) fn changed_model(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut artifact: Value = serde_json::from_slice(&columns_model()).expect("a model is JSON");
    change(&mut artifact["model"]);
    serde_json::to_vec(&artifact).expect("plain data")
}

/// Returns the reasons of a row whose fields speak for the lead, `age` more than `channel`.
fn plain(model: &[u8], row: [f32; 2], language: Language) -> Vec<String> {
    let scorer = Scorer::from_bytes(model).expect("a model");
    scorer.reasons_of_row(&row, &[0.5, 0.3], 6, language).into_iter().map(|reason| reason.text).collect()
}

#[test]
fn a_sentence_without_information_is_never_shown() {
    let unworded = columns_model();
    for language in Language::ALL {
        let words = language.words();
        // What is missing, and what training never saw, is not `unknown` alone.
        let not_known = ["age", "channel"].map(|label| format!("{label}: {}", words.not_known));
        assert_eq!(plain(&unworded, [f32::NAN, f32::NAN], language), not_known);
        // A zero alone says nothing; beside what is usual it does.
        let zero = format!("age: 0 ({} {})", words.average, language.number(39.5));
        assert_eq!(plain(&unworded, [0.0, 1.0], language), [zero, "channel: referral".to_owned()]);
    }
    // An average value is no reason, nor is a sentence of the team that came out without a word.
    let usual = changed_model(|model| model["averages"][0] = json!(0.0));
    let wordless = changed_model(|model| {
        model["averages"][0] = json!(0.0);
        model["features"]["features"][0]["wording"]["say"] = json!("{value}");
    });
    for model in [usual, wordless] {
        assert_eq!(plain(&model, [0.0, 1.0], Language::En), ["channel: referral"]);
    }
    // Of a field, another feature speaks if one has no sentence.
    let together = changed_model(|model| {
        model["averages"][0] = json!(0.0);
        model["features"]["features"][0]["wording"]["field"] = json!("channel");
    });
    assert_eq!(plain(&together, [0.0, 1.0], Language::En), ["channel: referral"]);
}

#[test]
fn a_flag_without_a_sentence_is_shown_with_its_share() {
    let flag = |average: f64| {
        changed_model(|model| {
            model["features"]["features"][0]["kind"] = json!("flag");
            model["averages"][0] = json!(average);
        })
    };
    assert_eq!(plain(&flag(0.62), [0.0, 1.0], Language::En)[0], "age: no (yes for 62 %)");
    assert_eq!(plain(&flag(0.62), [1.0, 1.0], Language::De)[0], "age: ja (ja bei 62 %)");
    assert_eq!(plain(&flag(1.0), [1.0, 1.0], Language::En), ["channel: referral"], "so it is with everybody");
}

#[test]
fn months_have_their_names() {
    let model = changed_model(|model| {
        let messages = &mut model["features"]["features"][0]["wording"];
        messages["say"] = json!("came in {value|month}");
        messages["languages"] = json!({ "de": { "say": "ist im {value|month} eingegangen" } });
        model["features"]["languages"] = json!(["en", "de"]);
    });
    assert_eq!(plain(&model, [3.0, 1.0], Language::En)[0], "came in March");
    assert_eq!(plain(&model, [3.0, 1.0], Language::De)[0], "ist im März eingegangen");
    assert_eq!(plain(&model, [13.0, 1.0], Language::De)[0], "age: 13 (Durchschnitt 39,5)", "there is no such month");
}
