//! Laws that every kind of model keeps, and reference values of the logistic regression.

use std::collections::HashMap;

use plumb_lead::{
    Column, FeatureMessages, FeatureSet, MISSING_LEVEL, Matrix, MessageCatalog, ModelKind, Monotone, Table, Values,
};
use plumb_learn::decision::{Optimise, StopOn};
use plumb_learn::logistic::Logistic;
use plumb_learn::{Error, FitProgress, Model, Params, Samples, fit, metrics, rules};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const KINDS: [ModelKind; 4] = [ModelKind::Rules, ModelKind::Logistic, ModelKind::Xgboost, ModelKind::Ensemble];
const LEVELS: [&str; 4] = ["ads", "email", "fair", "partner"];

/// Leads whose probability follows a formula with an interaction, and the two parts that a fit needs.
struct Company {
    features: FeatureSet,
    matrix: Matrix,
    labels: Vec<bool>,
    weights: Vec<f32>,
    /// The best that a model could say.
    truth: Vec<f64>,
}

impl Company {
    fn new(rows: usize, seed: u64) -> Company {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let (mut employees, mut replies, mut demo, mut channel) = (vec![], vec![], vec![], vec![]);
        let (mut labels, mut truth) = (vec![], vec![]);
        for _ in 0..rows {
            let size: f32 = chance.random_range(1..500) as f32;
            let answered: f32 = chance.random_range(0..6) as f32;
            let wants_demo = chance.random_bool(0.3);
            let from = chance.random_range(0..5_u32);
            let known = chance.random_bool(0.8);
            let fits = f64::from(u8::from(known && (50.0..300.0).contains(&size)));
            let partner = f64::from(u8::from(from == 3));
            let logit = -2.5
                + 1.2 * fits
                + 0.4 * f64::from(answered)
                + 1.5 * partner * fits
                + 0.8 * f64::from(u8::from(wants_demo))
                - 0.7 * f64::from(u8::from(from == 0));
            let probability = 1.0 / (1.0 + (-logit).exp());
            employees.push(if known { size } else { f32::NAN });
            replies.push(answered);
            demo.push(f32::from(u8::from(wants_demo)));
            channel.push(if from == 4 { MISSING_LEVEL } else { from });
            labels.push(chance.random_bool(probability));
            truth.push(probability);
        }
        let levels = LEVELS.map(str::to_owned).to_vec();
        let column = |name: &str, values| Column { name: name.to_owned(), values };
        let table = Table::new(vec![
            column("employees", Values::Number(employees)),
            column("replies", Values::Number(replies)),
            column("asked_for_demo", Values::Flag(demo)),
            column("channel", Values::Category { codes: channel, levels }),
        ])
        .expect("the columns have one length");
        let rising = FeatureMessages { monotone: Monotone::Increasing, ..FeatureMessages::default() };
        let worded = HashMap::from([("replies".to_owned(), rising)]);
        let message_catalog = MessageCatalog { features: worded, ..MessageCatalog::default() };
        let features = FeatureSet::learn(&table, &message_catalog);
        let (matrix, _) = features.encode(&table).expect("the set was learned from this table");
        Company { features, matrix, labels, weights: vec![1.0; rows], truth }
    }

    fn samples(&self) -> Samples<'_> {
        Samples { matrix: &self.matrix, labels: &self.labels, weights: &self.weights }
    }
}

fn params() -> Params {
    let rules::ParsedRules { rules, unreadable, .. } = rules::parse_csv(
        "field,condition,points\nemployees,50-299,10\nreplies,>= 3,5\nasked_for_demo,yes,7.5\nchannel,\"partner, fair\",4\n\
         channel,ads,-6\nemployees,missing,-1\n",
    );
    assert_eq!(unreadable, []);
    Params {
        seed: 7,
        beta: 0.5,
        cost: None,
        optimise: Optimise::FBeta,
        in_time_order: false,
        capacity: None,
        stop_on: StopOn::LogLoss,
        threads: 1,
        rounds_max: 200,
        search_trials: 3,
        rules: Some(rules),
    }
}

fn fitted(kind: ModelKind, params: &Params) -> Model {
    let (train, valid) = (Company::new(3000, 1), Company::new(1500, 2));
    fit_one(kind, &train.features, train.samples(), valid.samples(), params).expect("both parts have both classes")
}

fn fit_one(
    kind: ModelKind,
    features: &FeatureSet,
    train: Samples,
    valid: Samples,
    params: &Params,
) -> Result<Model, Error> {
    let fitted = fit(&[kind], features, train, valid, params, &|_| {})?.into_iter().next();
    Ok(fitted.expect("one kind was asked for").model)
}

fn scores(model: &Model, matrix: &Matrix) -> Vec<f64> {
    model.scores(matrix).expect("the matrix fits").into_iter().map(f64::from).collect()
}

/// Ends a search after so many trials.
struct Impatient(usize);

impl FitProgress for Impatient {
    fn begins(&self, _: ModelKind) {}

    fn tried(&self, trials: usize, _: usize) -> bool {
        trials < self.0
    }
}

#[test]
fn a_search_that_was_ended_is_found_again_by_its_trials() {
    let (train, valid) = (Company::new(800, 1), Company::new(600, 2));
    let model = |search_trials, fit_progress: &dyn FitProgress| {
        let params = Params { search_trials, rounds_max: 40, ..params() };
        let fitted =
            fit(&[ModelKind::Xgboost], &train.features, train.samples(), valid.samples(), &params, fit_progress);
        fitted.expect("both parts have both classes").remove(0).model
    };
    let ended = model(1_000, &Impatient(4));
    assert_eq!(ended.params["trials"], "11", "three ways to see categories, and a group of eight");
    assert!(model(11, &Impatient(1_000)) == ended, "the same trials give the same model");
    assert!(model(3, &Impatient(1_000)) != ended, "more trials were of use here");
}

#[test]
fn every_model_learns_and_none_beats_the_truth() {
    let test = Company::new(4000, 3);
    let best = metrics::auc(&test.truth, &test.labels).expect("both classes");
    let auc = |kind, params: &Params| {
        metrics::auc(&scores(&fitted(kind, params), &test.matrix), &test.labels).expect("both classes")
    };
    let [rules, with_rules, xgboost, ensemble] = KINDS.map(|kind| auc(kind, &params()));
    let logistic = auc(ModelKind::Logistic, &Params { rules: None, ..params() });
    assert!(rules > 0.68 && logistic > 0.70 && xgboost > best - 0.02, "{rules} {logistic} {xgboost} of {best}");
    // The interaction and the range are out of a straight line's reach.
    assert!(xgboost > logistic + 0.02 && xgboost < best + 0.01, "{rules} {logistic} {xgboost} of {best}");
    assert!(ensemble > logistic, "{ensemble} {logistic}");
    // The team's rules know of the range, and the regression knows what they know.
    assert!(with_rules > rules + 0.01 && with_rules > logistic + 0.01, "{with_rules}: {rules} {logistic}");
}

#[test]
fn contributions_and_base_sum_to_the_margin() {
    let test = Company::new(500, 3);
    for kind in KINDS {
        let model = fitted(kind, &params());
        let (margins, explanation) =
            (model.margins(&test.matrix).expect("fits"), model.explain(&test.matrix).expect("fits"));
        assert_eq!((model.kind(), margins.len(), explanation.columns), (kind, 500, 4));
        for (row, margin) in margins.iter().enumerate() {
            // In whatever order they are added, contributions are the margin, to the bit.
            assert_eq!(explanation.margin(row).to_bits(), margin.to_bits(), "{kind:?} row {row}");
            let backwards = explanation.row(row).iter().rev().fold(0.0, |sum, part| sum + part) + explanation.base;
            assert_eq!(backwards.to_bits(), margin.to_bits(), "{kind:?} row {row}, backwards");
        }
        // Alone or among others, a row gets the same.
        let alone = model.explain(&test.matrix.select(&[17])).expect("fits");
        assert_eq!(alone.row(0), explanation.row(17), "{kind:?}");
        let none = test.matrix.select(&[]);
        assert!(model.explain(&none).expect("no rows fit").contributions.is_empty(), "{kind:?}");
        assert!(model.scores(&none).expect("no rows fit").is_empty(), "{kind:?}");
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
fn a_model_that_is_written_and_read_is_the_same_to_the_bit() {
    let test = Company::new(800, 3);
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
    let mut chance = ChaCha8Rng::seed_from_u64(11);
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
        let drawn = std::iter::repeat_with(|| f64::from_bits(chance.random())).filter(|number| number.is_finite());
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
fn a_number_too_large_for_a_model_is_refused() {
    let text = serde_json::to_string(&fitted(ModelKind::Logistic, &params())).expect("a model is JSON");
    let (before, after) = text.split_once("\"base_rate\":").expect("a model has a base rate");
    let (_, after) = after.split_once(',').expect("more follows the base rate");
    for number in ["1e999", "-1e999", "NaN", "null"] {
        let changed = format!("{before}\"base_rate\":{number},{after}");
        assert!(serde_json::from_str::<Model>(&changed).is_err(), "{number}");
    }
}

#[test]
fn scores_are_probabilities_that_rise_with_the_margin() {
    let test = Company::new(4000, 3);
    for kind in KINDS {
        let model = fitted(kind, &params());
        let mut pairs: Vec<(f64, f64)> =
            model.margins(&test.matrix).expect("fits").into_iter().zip(scores(&model, &test.matrix)).collect();
        pairs.sort_by(|left, right| left.0.total_cmp(&right.0));
        assert!(pairs.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{kind:?}");
        assert!(pairs.iter().all(|(_, score)| (0.0..=1.0).contains(score)), "{kind:?}");
        assert!(pairs[0].1 < 0.2 && pairs[pairs.len() - 1].1 > 0.4, "{kind:?}: {:?}", (pairs[0], pairs.last()));
        // Calibrated: in each third of the scores, what is said is what comes true, within three standard errors.
        let mut said: Vec<(f64, bool)> =
            scores(&model, &test.matrix).into_iter().zip(test.labels.iter().copied()).collect();
        said.sort_by(|left, right| left.0.total_cmp(&right.0));
        for third in said.chunks(said.len() / 3) {
            let rows = third.len() as f64;
            let predicted = third.iter().map(|(score, _)| score).sum::<f64>() / rows;
            let observed = third.iter().filter(|(_, label)| *label).count() as f64 / rows;
            let error = 3.0 * (predicted * (1.0 - predicted) / rows).sqrt() + 0.02;
            assert!((predicted - observed).abs() < error, "{kind:?}: said {predicted}, came {observed}");
        }
    }
}

#[test]
fn one_class_is_refused_by_name() {
    let (train, valid) = (Company::new(300, 1), Company::new(300, 2));
    let negative = vec![false; 300];
    let refused = |kind, train: Samples, valid: Samples| {
        let features = Company::new(1, 1).features;
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
fn what_cannot_be_fitted_is_refused_before_the_fit() {
    let (train, valid) = (Company::new(300, 1), Company::new(300, 2));
    let refused = |kind, train: Samples, params: &Params| {
        let features = Company::new(300, 1).features;
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

#[test]
fn a_direction_is_kept() {
    let ladder = Company::new(40, 3);
    for kind in [ModelKind::Logistic, ModelKind::Xgboost] {
        // The labels are turned around, so that more replies would speak against a lead.
        let turned = |seed| {
            let mut company = Company::new(2000, seed);
            company.labels.iter_mut().for_each(|label| *label = !*label);
            company
        };
        let (train, valid) = (turned(1), turned(2));
        let model = fit_one(kind, &train.features, train.samples(), valid.samples(), &params()).expect("both classes");
        for row in 0..ladder.matrix.rows {
            let rows = (0..8).flat_map(|replies| {
                let mut row = ladder.matrix.row(row).to_vec();
                row[1] = replies as f32;
                row
            });
            let matrix = Matrix { values: rows.collect(), rows: 8, columns: 4 };
            let scores = scores(&model, &matrix);
            assert!(scores.windows(2).all(|pair| pair[0] <= pair[1]), "{kind:?}: {scores:?}");
        }
    }
}

#[test]
fn categories_alone_teach_and_a_new_one_counts_as_missing() {
    let only_channel = |rows, seed| {
        let company = Company::new(rows, seed);
        let features = FeatureSet { features: company.features.features[3..].to_vec(), languages: Vec::new() };
        let matrix = Matrix { values: company.matrix.column(3).collect(), rows, columns: 1 };
        Company { features, matrix, ..company }
    };
    let (train, valid) = (only_channel(3000, 1), only_channel(1500, 2));
    for kind in KINDS {
        let model = fit_one(kind, &train.features, train.samples(), valid.samples(), &params()).expect("both classes");
        let words = [LEVELS.as_slice(), &["tiktok"]].concat();
        let levels: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let values = Values::Category { codes: vec![0, 3, 4, MISSING_LEVEL], levels };
        let table = Table::new(vec![Column { name: "channel".to_owned(), values }]).expect("one column");
        let (matrix, unseen) = model.features.encode(&table).expect("the same kind");
        let [ads, partner, new, missing] = scores(&model, &matrix)[..] else { panic!("four rows have four scores") };
        assert_eq!(unseen.len(), 1);
        assert!(partner > ads + 0.1, "{kind:?}: partner {partner}, ads {ads}");
        assert_eq!(new, missing, "{kind:?}");
    }
}

#[test]
fn an_infinite_value_counts_as_missing() {
    let mut rows = Company::new(2, 3).matrix;
    (rows.values[0], rows.values[4]) = (f32::INFINITY, f32::NAN);
    let rest: Vec<f32> = rows.row(0)[1..].to_vec();
    rows.values[5..8].copy_from_slice(&rest);
    for kind in KINDS {
        let found = scores(&fitted(kind, &params()), &rows);
        assert_eq!(found[0], found[1], "{kind:?}");
    }
}

#[test]
fn a_row_without_weight_is_as_good_as_absent() {
    let (train, valid) = (Company::new(1000, 1), Company::new(500, 2));
    let mut more = Company::new(1000, 1);
    // The same leads once more, with the opposite labels and no weight.
    more.matrix.values.extend_from_slice(&train.matrix.values);
    more.matrix.rows *= 2;
    more.labels.extend(train.labels.iter().map(|label| !label));
    more.weights.extend([0.0; 1000]);
    for (kind, near) in [(ModelKind::Logistic, 1e-6), (ModelKind::Xgboost, 1e-3)] {
        let of = |train: &Company| {
            let model =
                fit_one(kind, &train.features, train.samples(), valid.samples(), &params()).expect("both classes");
            model.margins(&valid.matrix).expect("fits")
        };
        let (plain, with_more) = (of(&train), of(&more));
        let difference = plain.iter().zip(&with_more).map(|(left, right)| (left - right).abs()).fold(0.0, f64::max);
        assert!(difference < near, "{kind:?}: {difference}");
    }
}

#[test]
fn many_threads_ask_one_model_and_get_what_one_gets() {
    let test = Company::new(300, 3);
    let model = fitted(ModelKind::Xgboost, &params());
    let expected = model.explain(&test.matrix).expect("fits");
    std::thread::scope(|scope| {
        let ask = |from: usize| {
            let (model, test, expected) = (&model, &test, &expected);
            move || {
                for row in (from..300).step_by(4) {
                    let found = model.explain(&test.matrix.select(&[row])).expect("fits");
                    assert_eq!(found.row(0), expected.row(row));
                }
            }
        };
        let threads: Vec<_> = (0..4).map(|from| scope.spawn(ask(from))).collect();
        threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
    });
}

#[test]
fn a_stored_model_that_was_changed_is_refused() {
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

#[test]
fn averages_and_base_rate_are_those_of_the_training_rows() {
    // The model that is used has learned from both parts.
    let (train, valid) = (Company::new(3000, 1), Company::new(1500, 2));
    let model = fitted(ModelKind::Logistic, &params());
    let known: Vec<f32> =
        train.matrix.column(0).chain(valid.matrix.column(0)).filter(|value| !value.is_nan()).collect();
    let mean = known.iter().map(|value| f64::from(*value)).sum::<f64>() / known.len() as f64;
    assert!((f64::from(model.averages[0]) - mean).abs() < 1e-3);
    assert_eq!(model.averages[3], 0.0, "a category has no average");
    let positives = train.labels.iter().chain(&valid.labels).filter(|label| **label).count();
    assert_eq!(model.base_rate, positives as f64 / 4500.0);
}

/// The reference is scikit-learn 1.9.1, `LogisticRegression(C=1/0.5, solver="newton-cholesky", tol=1e-12)` with sample
/// weights, on columns that numpy 2.4.6 standardised with the same weights; contributions are weight times distance
/// from the weighted mean.
#[test]
fn the_regression_agrees_with_scikit_learn() {
    let first = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    let second = vec![0.5, 1.5, -0.5, 2.0, 0.0, 1.0, -1.5, 3.0];
    let column = |name: &str, values| Column { name: name.to_owned(), values: Values::Number(values) };
    let table = Table::new(vec![column("first", first), column("second", second)]).expect("one length");
    let features = FeatureSet::learn(&table, &MessageCatalog::default());
    let (matrix, _) = features.encode(&table).expect("the same table");
    let labels = [false, false, true, false, true, true, false, true];
    let weights = [1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0];
    let samples = Samples { matrix: &matrix, labels: &labels, weights: &weights };
    let explanation =
        Logistic::fit(&features, samples, None, 0.5).expect("both classes").explain(&matrix).expect("fits");
    let expected = [
        -1.4592980634732018,
        -1.1469135932727468,
        -0.7060553167999093,
        -0.4579077497356455,
        -0.01704947326280809,
        0.2953349969376469,
        0.7576055744558814,
        0.9201039373385571,
    ];
    for (row, expected) in expected.into_iter().enumerate() {
        assert!((explanation.margin(row) - expected).abs() < 1e-8, "row {row}: {}", explanation.margin(row));
    }
    assert!((explanation.base - -0.2524541597275412).abs() < 1e-8);
    for (found, expected) in explanation.row(0).iter().zip([-1.2234979156698582, 0.01665401192419772]) {
        assert!((found - expected).abs() < 1e-8, "{found}, expected {expected}");
    }
}
