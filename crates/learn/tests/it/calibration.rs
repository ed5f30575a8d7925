//! The curve from margins to probabilities.

use plumb_lead::Matrix;
use plumb_learn::calibration::Calibration;
use plumb_learn::{Error, Samples};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn calibrated(margins: &[f64], labels: &[bool]) -> Calibration {
    let matrix = Matrix { values: Vec::new(), rows: labels.len(), columns: 0 };
    let weights = vec![1.0; labels.len()];
    Calibration::fit(margins, Samples { matrix: &matrix, labels, weights: &weights }).expect("as many as labels")
}

/// Returns log-odds, and labels that come true as often as the log-odds say.
fn honest(rows: usize) -> (Vec<f64>, Vec<bool>) {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let margin_and_label = |_| {
        let margin: f64 = random.random_range(-4.0..2.0);
        (margin, random.random_bool(1.0 / (1.0 + (-margin).exp())))
    };
    (0..rows).map(margin_and_label).unzip()
}

/// The reference is scikit-learn 1.9.1, `LogisticRegression(C=1/0.01, solver="newton-cholesky", tol=1e-12)` on margins
/// that numpy 2.4.6 standardised. Five-fold log loss there is 0.7800 with one slope and 0.8148 with two.
#[test]
fn one_slope_agrees_with_scikit_learn() {
    let margins: Vec<f64> = (0..16).map(|step| -4.0 + 0.5 * f64::from(step)).collect();
    let labels = [0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1].map(|label| label == 1);
    let calibration = calibrated(&margins, &labels);
    assert!(calibration.describe().starts_with("one slope"), "{}", calibration.describe());
    let expected =
        [(0, 0.1005638890378187), (5, 0.3251234280904958), (10, 0.6748765719095042), (15, 0.8994361109621813)];
    for (row, expected) in expected {
        let found = calibration.probability(margins[row]);
        assert!((found - expected).abs() < 1e-8, "row {row}: {found}, expected {expected}");
    }
}

#[test]
fn overconfident_margins_are_corrected() {
    let (margins, labels) = honest(20_000);
    let boasting: Vec<f64> = margins.iter().map(|margin| 3.0 * margin + 1.0).collect();
    let calibration = calibrated(&boasting, &labels);
    for margin in [-3.0, -1.0, 0.0, 1.5_f64] {
        let expected = 1.0 / (1.0 + (-margin).exp());
        let found = calibration.probability(3.0 * margin + 1.0);
        assert!((found - expected).abs() < 0.03, "{margin}: {found}, expected {expected}");
    }
}

#[test]
fn two_slopes_are_fitted_where_the_curve_bends() {
    let (margins, labels) = honest(2_000);
    let bent: Vec<f64> =
        margins.iter().map(|margin| if *margin > -1.0 { 6.0 * (margin + 1.0) } else { margin + 1.0 }).collect();
    let calibration = calibrated(&bent, &labels);
    assert!(!calibration.describe().starts_with("one slope"), "{}", calibration.describe());
    let expected = 1.0 / (1.0 + 3.0_f64.exp());
    assert!((calibration.probability(-2.0) - expected).abs() < 0.04, "{}", calibration.probability(-2.0));
}

#[test]
fn margins_in_the_wrong_order_give_the_base_rate() {
    let (margins, labels) = honest(5_000);
    let upside_down: Vec<f64> = margins.iter().map(|margin| -margin).collect();
    let calibration = calibrated(&upside_down, &labels);
    let rate = labels.iter().filter(|label| **label).count() as f64 / labels.len() as f64;
    for margin in [-2.0, 0.0, 4.0] {
        let found = calibration.probability(margin);
        assert!((found - rate).abs() < 1e-6, "{found}, expected the base rate {rate}");
    }
}

#[test]
fn extremes_and_equal_margins_are_probabilities() {
    let (margins, labels) = honest(500);
    let same = calibrated(&vec![2.0; 500], &labels);
    for calibration in [calibrated(&margins, &labels), same] {
        for margin in [-1e300, -1e6, 0.0, 1e6, 1e300] {
            let found = calibration.probability(margin);
            assert!((0.0..=1.0).contains(&found), "{margin}: {found}");
        }
    }
}

#[test]
fn margins_that_do_not_match_the_labels_are_rejected() {
    let matrix = Matrix { values: Vec::new(), rows: 2, columns: 0 };
    let samples = Samples { matrix: &matrix, labels: &[true, false], weights: &[1.0, 1.0] };
    let error = Calibration::fit(&[1.0], samples).expect_err("one margin for two rows");
    assert!(matches!(error, Error::Lengths { what: "margins", found: 1, expected: 2 }), "{error}");
}

#[test]
fn isotonic_steps_are_chosen_where_no_sigmoid_fits() {
    // A plateau in the middle, as a model makes that cannot tell half of the leads apart.
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let truth = |margin: f64| {
        if margin < -1.0 {
            0.02
        } else if margin < 1.0 {
            0.5
        } else {
            0.55
        }
    };
    let margins: Vec<f64> = (0..20_000).map(|_| random.random_range(-4.0..4.0)).collect();
    let labels: Vec<bool> = margins.iter().map(|margin| random.random_bool(truth(*margin))).collect();
    let calibration = calibrated(&margins, &labels);
    assert!(calibration.describe().starts_with("isotonic"), "{}", calibration.describe());
    for margin in [-3.0, 0.0, 3.0] {
        let found = calibration.probability(margin);
        assert!((found - truth(margin)).abs() < 0.04, "{margin}: {found}");
    }
    let rising: Vec<f64> = (-60..60).map(|step| calibration.probability(f64::from(step) / 10.0)).collect();
    assert!(rising.windows(2).all(|pair| pair[0] < pair[1]), "no two margins share a score");
}
