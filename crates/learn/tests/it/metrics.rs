//! Measures against reference values and laws.

use plumb_lead::{Feature, FeatureKind, FeatureMessages, FeatureSet, Matrix};
use plumb_learn::metrics::{self, Bootstrap};
use proptest::prelude::*;

// Reference values: scikit-learn 1.9.1 on numpy 2.4.6, `roc_auc_score`, `average_precision_score`, `log_loss`,
// `brier_score_loss`, `fbeta_score(beta=.5)`, `precision_score` and `recall_score` on the scores at or over 0.55.
const SCORES: [f64; 12] = [0.9, 0.8, 0.8, 0.7, 0.6, 0.55, 0.5, 0.5, 0.3, 0.2, 0.1, 0.05];
const LABELS: [bool; 12] = [true, true, false, true, false, true, false, true, false, false, false, false];

fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

#[test]
fn measures_agree_with_scikit_learn() {
    let metrics = metrics::evaluate(&SCORES, &LABELS, 0.55, 0.5, None).expect("both classes");
    assert_eq!((metrics.rows, metrics.positives, metrics.beta), (12, 5, 0.5));
    assert_near(metrics.auc.value, 0.8285714285714285);
    assert_near(metrics.average_precision.value, 0.7416666666666667);
    assert_near(metrics.log_loss.value, 0.49429261019940446);
    assert_near(metrics.brier.value, 0.16541666666666668);
    assert_near(metrics.f_beta.value, 0.6896551724137931);
    assert_near(metrics.precision.value, 0.6666666666666666);
    assert_near(metrics.recall.value, 0.8);
    // A score of 1 for a negative is moved to 1 - 2.2e-16 there, too.
    assert_near(
        metrics::log_loss(&[1.0, 1.0, 0.3, 0.0], &[true, false, true, false]).expect("rows"),
        9.311906548360772,
    );
    assert_eq!(metrics.auc.interval, None, "no bootstrap was given");
}

/// Scores in hundredths, so that many are tied, and labels that come true less often than the scores say.
fn tied(rows: usize) -> (Vec<f64>, Vec<bool>) {
    let mut state = 12_345u64;
    let mut chance = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    let score_and_label = |_| {
        let score = (chance() * 100.0).round() / 100.0;
        (score, chance() < score * score)
    };
    (0..rows).map(score_and_label).unzip()
}

/// The reference is scikit-learn 1.9.1 on numpy 2.4.6: the functions named above, `f1_score`, and `fbeta_score(beta=2)`,
/// with the scores at or over 0.6 called, on the numbers of `tied` drawn by the same generator in Python.
#[test]
fn measures_of_many_tied_rows_agree_with_scikit_learn() {
    let (scores, labels) = tied(1000);
    let metrics = metrics::evaluate(&scores, &labels, 0.6, 0.5, None).expect("both classes");
    assert_eq!(metrics.positives, 352);
    assert_near(metrics.auc.value, 0.8752455106621774);
    assert_near(metrics.average_precision.value, 0.7828363299744985);
    assert_near(metrics.log_loss.value, 0.5075699772872417);
    assert_near(metrics.brier.value, 0.16754460000000002);
    assert_near(metrics.f1.expect("measured").value, 0.7202072538860104);
    assert_near(metrics.f_beta.value, 0.6840551181102362);
    assert_near(metrics.precision.value, 0.6619047619047619);
    assert_near(metrics.recall.value, 0.7897727272727273);
    assert_near(metrics::f_beta(&scores, &labels, 0.6, 2.0).expect("both classes"), 0.7603938730853391);
}

/// The reference is statsmodels 0.15.0, `proportion_confint(count, nobs, method="wilson")`.
#[test]
fn intervals_of_shares_agree_with_statsmodels() {
    let scores: Vec<f64> = (0..200).map(|row| f64::from(row / 20) / 10.0).collect();
    let labels: Vec<bool> = (0..200).map(|row| row % 20 < row / 20).collect();
    let bins = metrics::reliability(&scores, &labels).expect("both classes");
    for (bin, low, high) in [
        (0, 0.0, 0.1611251580528194),
        (1, 0.008881448800795402, 0.2361311934467421),
        (5, 0.11186170140766563, 0.4687008776187441),
        (9, 0.2581978582556242, 0.6579146575496577),
    ] {
        let interval = bins[bin].interval.expect("measured");
        assert_near(interval.low, low);
        assert_near(interval.high, high);
    }
    let gain = metrics::gain(&scores, &labels).expect("both classes");
    let (lift, share) = (gain[0].interval.expect("measured"), bins[9].interval.expect("measured"));
    assert_near(lift.low, share.low / 0.225);
    assert_near(lift.high, share.high / 0.225);
}

#[test]
fn gain_and_reliability_agree_with_a_computation_by_hand() {
    let scores: Vec<f64> = (0..20).map(|row| f64::from(row) / 20.0).collect();
    let labels: Vec<bool> = (0..20).map(|row| row >= 15 || row == 3).collect();
    let gain = metrics::gain(&scores, &labels).expect("both classes");
    assert_eq!(gain.iter().map(|bin| bin.positives).collect::<Vec<_>>(), [2, 2, 1, 0, 0, 0, 0, 0, 1, 0]);
    assert!(gain.iter().all(|bin| bin.rows == 2));
    assert_near(gain[0].lift, 1.0 / 0.3);
    let reliability = metrics::reliability(&scores, &labels).expect("both classes");
    assert_near(reliability[0].predicted, 0.025);
    assert_near(reliability[1].observed, 0.5);
    assert_near(reliability[9].predicted, 0.925);
}

#[test]
fn tied_rows_are_shared_out_evenly_whatever_their_order() {
    let labels: Vec<bool> = (0..100).map(|row| row < 20).collect();
    let gain = metrics::gain(&[0.2; 100], &labels).expect("both classes");
    assert!(gain.iter().all(|bin| bin.rows == 10 && bin.positives == 2), "{gain:?}");
    let metrics = metrics::evaluate(&[0.2; 100], &labels, 0.5, 1.0, None).expect("both classes");
    assert_near(metrics.auc.value, 0.5);
    assert_near(metrics.lift_top_decile.value, 1.0);
    assert_near(metrics.calibration_error.value, 0.0);
    assert_eq!((metrics.precision.value, metrics.f_beta.value), (0.0, 0.0), "no row is called");
}

#[test]
fn intervals_contain_the_measure_and_depend_on_the_seed() {
    let scores: Vec<f64> = (0..400).map(|row| f64::from(row * 37 % 400) / 400.0).collect();
    let labels: Vec<bool> =
        scores.iter().enumerate().map(|(row, score)| (row * 13 % 100) as f64 / 100.0 < *score).collect();
    let with = |seed| {
        metrics::evaluate(&scores, &labels, 0.5, 0.5, Some(Bootstrap { resamples: 200, seed })).expect("both classes")
    };
    let first = with(1);
    let interval = first.auc.interval.expect("a bootstrap was given");
    assert!(interval.low < first.auc.value && first.auc.value < interval.high);
    // Hanley and McNeil's formula gives a standard error of about 0.02 here; the interval is about four of them.
    assert!((0.04..0.13).contains(&(interval.high - interval.low)), "{interval:?}");
    assert_eq!(first, with(1));
    assert_ne!(first.auc, with(2).auc);
}

#[test]
fn unusable_scores_and_labels_are_an_error() {
    let message = |scores: &[f64], labels: &[bool]| {
        metrics::evaluate(scores, labels, 0.5, 0.5, None).expect_err("not measurable").to_string()
    };
    assert!(message(&[], &[]).contains("no rows to measure on"));
    assert!(message(&[0.1, 0.2], &[false, false]).contains("all 2 rows to measure on are negative"));
    assert!(message(&[0.1], &[false, true]).contains("1 scores for 2 rows"));
    assert!(message(&[0.1, f64::NAN], &[false, true]).contains("score `NaN` of row 1"));
    assert!(message(&[0.1, -0.2], &[false, true]).contains("score `-0.2` of row 1"));
    assert!(metrics::auc(&[-3.0, 2.0], &[false, true]).is_ok(), "log-odds can be ranked");
    assert!(metrics::auc(&[f64::NAN, 2.0], &[false, true]).is_err());
}

#[test]
fn the_slice_with_the_largest_log_loss_is_reported() {
    let levels = vec!["email".to_owned(), "paid".to_owned(), "referral".to_owned()];
    let kind = FeatureKind::Category { levels };
    let feature = |name: &str, kind| Feature { name: name.to_owned(), kind, messages: FeatureMessages::default() };
    let features = FeatureSet {
        features: vec![feature("channel", kind), feature("size", FeatureKind::Number)],
        languages: Vec::new(),
    };
    let rows = 300;
    let values = (0..rows).flat_map(|row| [(row % 3) as f32, row as f32]).collect();
    let matrix = Matrix { values, rows, columns: 2 };
    // Every channel is scored 0.1, and a tenth of each comes true, but for `paid`, where it is half.
    let labels: Vec<bool> = (0..rows).map(|row| if row % 3 == 1 { row % 2 == 0 } else { row % 10 == 0 }).collect();
    let weakest = metrics::weakest(&matrix, &features, &vec![0.1; rows], &labels).expect("rows that fit");
    assert_eq!(weakest.len(), 1, "{weakest:?}");
    assert_eq!((weakest[0].feature.as_str(), weakest[0].level.as_str(), weakest[0].rows), ("channel", "paid", 100));
    assert_near(weakest[0].observed, 0.5);
    assert_near(weakest[0].predicted, 0.1);
}

fn labelled() -> impl Strategy<Value = Vec<(u8, bool)>> {
    prop::collection::vec((0u8..=20, any::<bool>()), 2..60)
        .prop_filter("both classes", |rows| rows.iter().any(|row| row.1) && rows.iter().any(|row| !row.1))
}

proptest! {
    #[test]
    fn the_auc_is_the_share_of_pairs_won(rows in labelled()) {
        let (scores, labels): (Vec<f64>, Vec<bool>) = rows.iter().map(|row| (f64::from(row.0) / 20.0, row.1)).unzip();
        let of = |class| rows.iter().filter(move |row| row.1 == class).map(|row| row.0);
        let (mut won, mut pairs) = (0.0, 0.0);
        for positive in of(true) {
            for negative in of(false) {
                won += if positive > negative { 1.0 } else if positive == negative { 0.5 } else { 0.0 };
                pairs += 1.0;
            }
        }
        prop_assert!((metrics::auc(&scores, &labels).expect("both classes") - won / pairs).abs() < 1e-12);
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(rows in labelled(), turn in 0usize..60) {
        let measure = |rows: &[(u8, bool)]| {
            let (scores, labels): (Vec<f64>, Vec<bool>) = rows.iter().map(|row| (f64::from(row.0) / 20.0, row.1)).unzip();
            let bins = metrics::gain(&scores, &labels).expect("both classes");
            prop_assert_eq!(bins.iter().map(|bin| bin.positives).sum::<usize>(), labels.iter().filter(|label| **label).count());
            prop_assert_eq!(bins.iter().map(|bin| bin.rows).sum::<usize>(), rows.len());
            let metrics = metrics::evaluate(&scores, &labels, 0.5, 0.5, None).expect("both classes");
            Ok((bins, metrics.auc, metrics.average_precision, metrics.f_beta))
        };
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        prop_assert_eq!(measure(&rows)?, measure(&turned)?);
    }
}
