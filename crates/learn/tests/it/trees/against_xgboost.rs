//! The kernel computes what XGBoost computes, for models of all kinds that XGBoost can train.

use plumb_lead::Matrix;
use plumb_learn::trees::Trees;
use plumb_xgboost_sys::{Booster, DMatrix, FeatureType};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::score_and_explain;

/// Codes of the first columns; the others are quantities, and the last is the same for all rows.
const LEVELS: [u32; 3] = [3, 12, 300];
const COLUMNS: usize = 9;

struct TestRows {
    matrix: Matrix,
    labels: Vec<f32>,
    weights: Vec<f32>,
}

impl TestRows {
    fn new(rows: usize, seed: u64) -> TestRows {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut values, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..rows {
            let codes = LEVELS.map(|levels| random.random_range(0..levels) as f32);
            let quantities: [f32; 5] = std::array::from_fn(|_| random.random_range(-3.0..3.0));
            let whole = quantities[2].round();
            let logit = 1.5 * f32::from(u8::from(codes[1] % 3.0 == 1.0)) * quantities[0]
                + quantities[1] * quantities[2]
                + f32::from(u8::from(codes[2] > 150.0)) * quantities[3].abs()
                - 0.5 * codes[0];
            let mut row = [&codes[..], &quantities, &[7.0]].concat();
            row[5] = whole;
            // Each column but the constant one is missing at times.
            for value in &mut row[..COLUMNS - 1] {
                if random.random_bool(0.1) {
                    *value = f32::NAN;
                }
            }
            values.extend(row);
            labels.push(f32::from(u8::from(random.random_bool(f64::from(1.0 / (1.0 + (-logit).exp()))))));
        }
        let weights = (0..rows).map(|_| random.random_range(0.2..3.0)).collect();
        TestRows { matrix: Matrix { values, rows, columns: COLUMNS }, labels, weights }
    }

    fn dmatrix(&self, native: bool) -> DMatrix {
        let matrix = &self.matrix;
        let mut rows = DMatrix::from_dense(&matrix.values, matrix.rows, matrix.columns, 1).expect("a matrix");
        rows.set_labels(&self.labels).expect("a label a row");
        rows.set_weights(&self.weights).expect("a weight a row");
        if native {
            let types = [[FeatureType::Category; 3].as_slice(), &[FeatureType::Quantity; COLUMNS - 3]].concat();
            rows.set_feature_types(&types).expect("a type a column");
        }
        rows
    }

    fn train(&self, native: bool, rounds: usize, params: &[(&str, &str)]) -> Booster {
        let rows = self.dmatrix(native);
        let mut booster = Booster::new(&[&rows]).expect("a booster");
        let usual = [("objective", "binary:logistic"), ("tree_method", "hist"), ("nthread", "1"), ("seed", "1")];
        for (name, value) in usual.iter().chain(params) {
            booster.set_param(name, value).expect("a parameter");
        }
        for round in 0..rounds {
            booster.update(round, &rows).expect("a round");
        }
        booster
    }
}

/// Trains, and compares margins and contributions of other rows with XGBoost's, and the two formats of its file.
#[track_caller]
fn check(native: bool, rounds: usize, params: &[(&str, &str)]) -> Trees {
    let booster = TestRows::new(1500, 1).train(native, rounds, params);
    let test = TestRows::new(150, 2);
    let trees = Trees::from_json(&booster.save().expect("a model is JSON")).expect("XGBoost wrote it");
    let (margins, explanation) = score_and_explain(&trees, &test.matrix);
    let rows = test.dmatrix(native);
    let (expected, parts) = (booster.margins(&rows).expect("rows"), booster.contributions(&rows).expect("rows"));
    let case = format!("native {native}, {params:?}");
    for (row, parts) in parts.chunks(COLUMNS + 1).enumerate() {
        let (found, expected) = (margins[row], f64::from(expected[row]));
        assert!((found - expected).abs() < 1e-5, "{case}, row {row}: margin {found}, expected {expected}");
        let base = f64::from(parts[COLUMNS]);
        assert!((explanation.base - base).abs() < 1e-5, "{case}: base {}, expected {base}", explanation.base);
        for (column, (found, expected)) in explanation.row(row).iter().zip(parts).enumerate() {
            let expected = f64::from(*expected);
            assert!((found - expected).abs() < 1e-5, "{case}, row {row}, column {column}: {found}, not {expected}");
        }
    }
    let other = Trees::from_ubj(&booster.save_ubj().expect("a model is UBJ")).expect("XGBoost wrote it");
    assert_eq!(other.margins(&test.matrix).expect("fits"), margins, "{case}");
    assert_eq!(other.explain(&test.matrix).expect("fits"), explanation, "{case}");
    trees
}

#[test]
fn margins_and_contributions_agree_with_xgboost_at_every_depth() {
    for depth in 1..=10 {
        let depth = depth.to_string();
        let params = [("max_depth", depth.as_str()), ("eta", "0.2")];
        check(false, 12, &params);
        check(true, 12, &params);
        check(true, 12, &[&params[..], &[("max_cat_to_onehot", "1000")]].concat());
    }
}

#[test]
fn deep_trees_agree_with_xgboost() {
    let grown = [("min_child_weight", "0.01"), ("lambda", "0.1"), ("eta", "0.3")];
    check(true, 3, &[&grown[..], &[("max_depth", "12")]].concat());
    check(false, 3, &[&grown[..], &[("max_depth", "16")]].concat());
    let by_loss = [("grow_policy", "lossguide"), ("max_depth", "20"), ("max_leaves", "60")];
    check(true, 5, &[&grown[..], &by_loss].concat());
}

#[test]
fn single_leaves_stumps_forests_and_pruned_trees_agree_with_xgboost() {
    // No split reaches the gain that is required, or only one does.
    let leaf = check(false, 3, &[("gamma", "1e9")]);
    assert_eq!((leaf.count(), leaf.columns()), (3, COLUMNS));
    check(true, 3, &[("max_depth", "1"), ("eta", "1")]);
    check(false, 5, &[("num_parallel_tree", "4"), ("subsample", "0.5"), ("colsample_bynode", "0.5")]);
    // Pruned trees leave nodes behind that nothing leads to, and have hundreds of thresholds a column.
    check(false, 20, &[("tree_method", "exact"), ("gamma", "1"), ("max_depth", "7")]);
    check(true, 10, &[("tree_method", "approx"), ("max_bin", "700"), ("max_depth", "5")]);
}

#[test]
fn dart_agrees_with_xgboost() {
    let dart = [("booster", "dart"), ("rate_drop", "0.4"), ("skip_drop", "0.2"), ("max_depth", "4"), ("eta", "0.3")];
    check(false, 15, &dart);
    check(true, 15, &[&dart[..], &[("normalize_type", "forest")]].concat());
}

#[test]
fn a_feature_may_have_more_thresholds_than_a_byte_counts() {
    let train = TestRows::new(4000, 5);
    let booster = train.train(false, 60, &[("max_bin", "4000"), ("max_depth", "8"), ("min_child_weight", "0.1")]);
    let text = booster.save().expect("a model is JSON");
    let trees = Trees::from_json(&text).expect("XGBoost wrote it");
    // The rows that it was trained on lie on both sides of every threshold.
    let expected = booster.margins(&train.dmatrix(false)).expect("rows");
    for (found, expected) in trees.margins(&train.matrix).expect("fits").iter().zip(expected) {
        assert!((found - f64::from(expected)).abs() < 1e-5, "{found}, expected {expected}");
    }
}

#[test]
fn the_intercept_of_each_objective_is_that_of_xgboost() {
    for objective in ["reg:squarederror", "reg:logistic", "count:poisson", "reg:tweedie"] {
        check(false, 4, &[("objective", objective), ("max_depth", "3")]);
        check(false, 4, &[("objective", objective), ("max_depth", "3"), ("base_score", "0.3")]);
    }
}

#[test]
fn odd_categories_go_where_xgboost_sends_them() {
    let booster = TestRows::new(1500, 1).train(true, 10, &[("max_depth", "6")]);
    let trees = Trees::from_json(&booster.save().expect("a model is JSON")).expect("XGBoost wrote it");
    let mut matrix = TestRows::new(200, 3).matrix;
    // Categories that it has not seen, that are none, or that have decimals.
    let odd = [-1.0, -0.5, 2.7, 11.5, 253.0, 254.0, 255.0, 256.0, 299.0, 300.0, 1e6, 16_777_215.0, 16_777_216.0, 1e30];
    for row in 0..matrix.rows {
        let at = row * COLUMNS + row % 3;
        matrix.values[at] = odd[row % odd.len()];
    }
    let rows = TestRows { labels: vec![0.0; 200], weights: vec![1.0; 200], matrix };
    let expected = booster.margins(&rows.dmatrix(true)).expect("rows");
    let (margins, _) = score_and_explain(&trees, &rows.matrix);
    for (row, (found, expected)) in margins.iter().zip(expected).enumerate() {
        let codes = &rows.matrix.row(row)[..3];
        assert!((found - f64::from(expected)).abs() < 1e-5, "row {row}, {codes:?}: {found}, expected {expected}");
    }
}

#[test]
fn any_number_of_rows_gives_the_same_bits() {
    let booster = TestRows::new(1500, 1).train(true, 10, &[("max_depth", "5")]);
    let trees = Trees::from_json(&booster.save().expect("a model is JSON")).expect("XGBoost wrote it");
    let matrix = TestRows::new(200, 4).matrix;
    let (margins, explanation) = score_and_explain(&trees, &matrix);
    for count in [0, 1, 2, 3, 4, 5, 63, 64, 65, 127, 128, 131, 200] {
        let some = matrix.select(&(0..count).collect::<Vec<_>>());
        assert_eq!(trees.margins(&some).expect("fits"), margins[..count], "{count} rows");
        let contributions = trees.explain(&some).expect("fits").contributions;
        assert_eq!(contributions, explanation.contributions[..count * COLUMNS], "{count} rows");
    }
}

#[test]
fn a_split_on_missing_values_alone_is_read() {
    // One column that is either 1 or missing: a split can only test whether the value is there. The constraint makes
    // the present ones go right, and a threshold under all of them is minus infinity, which is no JSON.
    let values: Vec<f32> = (0..400).map(|row| if row % 2 == 0 { 1.0 } else { f32::NAN }).collect();
    let labels: Vec<f32> = (0..400).map(|row| f32::from(u8::from((row % 2 == 0) != (row % 10 == 0)))).collect();
    let mut rows = DMatrix::from_dense(&values, 400, 1, 1).expect("a matrix");
    rows.set_labels(&labels).expect("a label a row");
    let mut booster = Booster::new(&[&rows]).expect("a booster");
    for (name, value) in [("objective", "binary:logistic"), ("monotone_constraints", "(1)"), ("nthread", "1")] {
        booster.set_param(name, value).expect("a parameter");
    }
    booster.update(0, &rows).expect("a round");
    let text = booster.save().expect("JSON");
    assert!(text.contains("-Infinity"), "XGBoost writes such a split in another way now: {text}");
    let matrix = Matrix { values, rows: 400, columns: 1 };
    let found = Trees::from_json(&text).expect("XGBoost wrote it").margins(&matrix).expect("one column");
    let expected = booster.margins(&rows).expect("its own rows");
    assert!(found.iter().zip(expected).all(|(found, expected)| (found - f64::from(expected)).abs() < 1e-6));
}
