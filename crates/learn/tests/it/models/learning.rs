//! What models learn, and what they make of values they cannot learn from.

use plumb_lead::{Column, FeatureSet, MISSING_LEVEL, Matrix, MessageCatalog, ModelKind, Table, Values};
use plumb_learn::logistic::Logistic;
use plumb_learn::{Params, Samples, metrics};

use super::leads::{KINDS, LEVELS, Leads, fit_one, fitted, params, scores};

#[test]
fn every_model_learns_and_none_beats_the_true_probabilities() {
    let test = Leads::new(4000, 3);
    let best = metrics::auc(&test.true_probabilities, &test.labels).expect("both classes");
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
fn scores_are_calibrated_probabilities_that_rise_with_the_margin() {
    let test = Leads::new(4000, 3);
    for kind in KINDS {
        let model = fitted(kind, &params());
        let mut pairs: Vec<(f64, f64)> =
            model.margins(&test.matrix).expect("fits").into_iter().zip(scores(&model, &test.matrix)).collect();
        pairs.sort_by(|left, right| left.0.total_cmp(&right.0));
        assert!(pairs.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{kind:?}");
        assert!(pairs.iter().all(|(_, score)| (0.0..=1.0).contains(score)), "{kind:?}");
        assert!(pairs[0].1 < 0.2 && pairs[pairs.len() - 1].1 > 0.4, "{kind:?}: {:?}", (pairs[0], pairs.last()));
        // Calibrated: in each third of the scores, what is predicted is observed, within three standard errors.
        let mut scored: Vec<(f64, bool)> =
            scores(&model, &test.matrix).into_iter().zip(test.labels.iter().copied()).collect();
        scored.sort_by(|left, right| left.0.total_cmp(&right.0));
        for third in scored.chunks(scored.len() / 3) {
            let rows = third.len() as f64;
            let predicted = third.iter().map(|(score, _)| score).sum::<f64>() / rows;
            let observed = third.iter().filter(|(_, label)| *label).count() as f64 / rows;
            let error = 3.0 * (predicted * (1.0 - predicted) / rows).sqrt() + 0.02;
            assert!((predicted - observed).abs() < error, "{kind:?}: predicted {predicted}, observed {observed}");
        }
    }
}

#[test]
fn monotone_directions_are_kept() {
    let steps = Leads::new(40, 3);
    for kind in [ModelKind::Logistic, ModelKind::Xgboost] {
        // The labels are turned around, so that more replies would speak against a lead.
        let turned = |seed| {
            let mut leads = Leads::new(2000, seed);
            leads.labels.iter_mut().for_each(|label| *label = !*label);
            leads
        };
        let (train, valid) = (turned(1), turned(2));
        let model = fit_one(kind, &train.features, train.samples(), valid.samples(), &params()).expect("both classes");
        for row in 0..steps.matrix.rows {
            let rows = (0..8).flat_map(|replies| {
                let mut row = steps.matrix.row(row).to_vec();
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
fn a_model_of_categories_alone_learns_and_an_unseen_category_counts_as_missing() {
    let only_channel = |rows, seed| {
        let leads = Leads::new(rows, seed);
        let features = FeatureSet { features: leads.features.features[3..].to_vec(), languages: Vec::new() };
        let matrix = Matrix { values: leads.matrix.column(3).collect(), rows, columns: 1 };
        Leads { features, matrix, ..leads }
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
    let mut rows = Leads::new(2, 3).matrix;
    (rows.values[0], rows.values[4]) = (f32::INFINITY, f32::NAN);
    let rest: Vec<f32> = rows.row(0)[1..].to_vec();
    rows.values[5..8].copy_from_slice(&rest);
    for kind in KINDS {
        let found = scores(&fitted(kind, &params()), &rows);
        assert_eq!(found[0], found[1], "{kind:?}");
    }
}

#[test]
fn a_row_of_weight_zero_has_no_effect() {
    let (train, valid) = (Leads::new(1000, 1), Leads::new(500, 2));
    let mut more = Leads::new(1000, 1);
    // The same leads once more, with the opposite labels and no weight.
    more.matrix.values.extend_from_slice(&train.matrix.values);
    more.matrix.rows *= 2;
    more.labels.extend(train.labels.iter().map(|label| !label));
    more.weights.extend([0.0; 1000]);
    for (kind, near) in [(ModelKind::Logistic, 1e-6), (ModelKind::Xgboost, 1e-3)] {
        let of = |train: &Leads| {
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
fn averages_and_base_rate_are_those_of_all_rows_fitted_on() {
    // The model that is used has learned from both parts.
    let (train, valid) = (Leads::new(3000, 1), Leads::new(1500, 2));
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
fn logistic_regression_agrees_with_scikit_learn() {
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
