//! Laws of drift: chance raises no alarm, a move does.

use plumb_lead::{Drift, Feature, FeatureKind, FeatureMessages, FeatureSet, Matrix, Unseen, Verdict};
use plumb_learn::drift::{self, Baseline};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const COLUMNS: usize = 4;

fn features() -> FeatureSet {
    let levels = ["ads", "email", "event", "referral"].map(str::to_owned).to_vec();
    let feature = |name: &str, kind| Feature { name: name.to_owned(), kind, messages: FeatureMessages::default() };
    FeatureSet {
        features: vec![
            feature("age", FeatureKind::Number),
            feature("touches", FeatureKind::Number),
            feature("replied", FeatureKind::Flag),
            feature("channel", FeatureKind::Category { levels }),
        ],
        languages: Vec::new(),
    }
}

/// Rows of one distribution: `shift` is added to the first column, whose standard deviation is about 0.6.
fn rows(count: usize, seed: u64, shift: f32) -> (Matrix, Vec<f64>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut values, mut scores) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let age = (0..4).map(|_| random.random::<f32>()).sum::<f32>() + shift;
        // Most are zero, and a few are missing.
        let touches =
            if random.random_bool(0.05) { f32::NAN } else { (random.random::<f32>() * 5.0 - 3.0).max(0.0).round() };
        values.extend([age, touches, f32::from(random.random_bool(0.3)), random.random_range(0..4) as f32]);
        scores.push(f64::from(age) / 8.0);
    }
    (Matrix { values, rows: count, columns: COLUMNS }, scores)
}

fn trained() -> Baseline {
    let (matrix, scores) = rows(5000, 1, 0.0);
    drift::baseline(&features(), &matrix, &scores).expect("rows that fit")
}

fn compare(matrix: &Matrix, scores: &[f64], unseen: &[Unseen]) -> Vec<Drift> {
    let drifts = drift::compare(&trained(), &features(), matrix, scores, unseen).expect("rows that fit");
    assert_eq!(
        drifts.iter().map(|drift| drift.column.as_str()).collect::<Vec<_>>(),
        ["score", "age", "touches", "replied", "channel"]
    );
    drifts
}

fn verdicts(drifts: &[Drift]) -> Vec<Verdict> {
    drifts.iter().map(|drift| drift.verdict).collect()
}

#[test]
fn chance_alone_raises_no_alarm() {
    for count in [100, 150, 300, 1000, 5000] {
        for seed in 100..160 {
            let (matrix, scores) = rows(count, seed, 0.0);
            let drifts = compare(&matrix, &scores, &[]);
            assert_eq!(verdicts(&drifts), [Verdict::Stable; 5], "{count} rows, seed {seed}: {drifts:?}");
        }
    }
}

#[test]
fn a_shifted_mean_is_drift() {
    for count in [200, 1000] {
        // By two standard deviations.
        let (matrix, scores) = rows(count, 2, 1.2);
        let drifts = compare(&matrix, &scores, &[]);
        let expected = [Verdict::Drifted, Verdict::Drifted, Verdict::Stable, Verdict::Stable, Verdict::Stable];
        assert_eq!(verdicts(&drifts), expected, "{count} rows: {drifts:?}");
    }
    // By a third of one: worth a look and no more.
    let (matrix, scores) = rows(5000, 3, 0.22);
    assert_eq!(verdicts(&compare(&matrix, &scores, &[]))[1], Verdict::Moved);
}

#[test]
fn a_new_category_over_one_percent_is_drift() {
    let (mut matrix, scores) = rows(1000, 4, 0.0);
    let mut with = |count: usize| {
        (0..count).for_each(|row| matrix.values[row * COLUMNS + 3] = f32::NAN);
        let unseen = Unseen { feature: "channel".to_owned(), level: "tiktok_ads".to_owned(), rows: count };
        compare(&matrix, &scores, &[unseen]).pop().expect("a drift a feature")
    };
    let few = with(10);
    assert_eq!((few.verdict, few.unseen), (Verdict::Stable, vec![("tiktok_ads".to_owned(), 0.01)]));
    let more = with(11);
    assert_eq!((more.verdict, more.missing), (Verdict::Drifted, 0.0));
}

#[test]
fn values_that_go_missing_are_drift() {
    let (mut matrix, scores) = rows(500, 5, 0.0);
    (0..250).for_each(|row| matrix.values[row * COLUMNS + 2] = f32::NAN);
    let replied = compare(&matrix, &scores, &[]).remove(3);
    assert_eq!((replied.missing, replied.missing_baseline, replied.verdict), (0.5, 0.0, Verdict::Drifted));
}

#[test]
fn under_a_hundred_rows_there_is_no_verdict() {
    let (matrix, scores) = rows(99, 6, 3.0);
    assert_eq!(verdicts(&compare(&matrix, &scores, &[])), [Verdict::TooFew; 5]);
    let none = Matrix { values: vec![], rows: 0, columns: COLUMNS };
    assert_eq!(verdicts(&compare(&none, &[], &[])), [Verdict::TooFew; 5]);
}

#[test]
fn a_baseline_survives_json_and_rows_that_do_not_fit_are_rejected() {
    let trained = trained();
    let text = serde_json::to_string(&trained).expect("plain data");
    assert_eq!(serde_json::from_str::<Baseline>(&text).expect("as written"), trained);

    let (matrix, scores) = rows(200, 7, 0.0);
    let narrow = Matrix { values: vec![], rows: 0, columns: 1 };
    assert!(drift::compare(&trained, &features(), &narrow, &[], &[]).is_err());
    assert!(drift::compare(&trained, &features(), &matrix, &scores[1..], &[]).is_err());
    let mut renamed = features();
    renamed.features[0].name = "size".to_owned();
    let error = drift::compare(&trained, &renamed, &matrix, &scores, &[]).expect_err("another feature");
    assert!(error.to_string().contains("its baseline describes `age` where its features have `size`"));
    let empty = Matrix { values: vec![], rows: 0, columns: COLUMNS };
    assert!(drift::baseline(&features(), &empty, &[]).is_err());
}
