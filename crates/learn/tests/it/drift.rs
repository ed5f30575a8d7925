//! Laws of drift: chance raises no alarm, a move does.

use chrono::{DateTime, Utc};
use plumb_lead::{Drift, Feature, FeatureKind, FeatureMessages, FeatureSet, Matrix, Unseen, Verdict};
use plumb_learn::drift::{self, Baseline, DatedRows, SegmentRows, Window};
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

const DAY: i64 = 86_400;

/// Rows of weeks that differ from each other: each has a shift of its own, and a share of flags of its own.
fn dated(
    weeks: std::ops::Range<i64>,
    rows_a_week: usize,
    spread: f32,
    seed: u64,
) -> (Matrix, Vec<f64>, Vec<DateTime<Utc>>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut all, mut scores, mut at) = (Vec::new(), Vec::new(), Vec::new());
    for week in weeks.clone() {
        let shift = spread * (random.random::<f32>() + random.random::<f32>() - 1.0);
        let (matrix, more) = rows(rows_a_week, seed * 1000 + week as u64, shift);
        all.extend(matrix.values);
        scores.extend(more);
        at.extend(vec![DateTime::from_timestamp((7 * week + 4) * DAY, 0).expect("in range"); rows_a_week]);
    }
    let count = rows_a_week * (weeks.end - weeks.start) as usize;
    (Matrix { values: all, rows: count, columns: COLUMNS }, scores, at)
}

fn by_week(weeks: std::ops::Range<i64>, rows_a_week: usize, spread: f32) -> Baseline {
    let (matrix, scores, at) = dated(weeks, rows_a_week, spread, 7);
    let rows = DatedRows { matrix: &matrix, at: &at, scores: &scores, scores_at: &at };
    drift::baseline_by_week(&features(), &rows).expect("rows that fit")
}

fn week_against(baseline: &Baseline, week: i64, rows: &(Matrix, Vec<f64>)) -> Vec<Drift> {
    let counts = baseline.count(&features(), &rows.0, &rows.1, &[]).expect("rows that fit");
    let from = DateTime::from_timestamp((7 * week + 4) * DAY, 0);
    let window = Window { from, weeks: 1, counts: &counts, earlier: &[] };
    baseline.compare(&features(), &window, 1e-4).expect("rows that fit")
}

#[test]
fn weeks_that_differ_as_training_weeks_do_are_stable() {
    let baseline = by_week(2600..2640, 800, 0.4);
    let mut drifted = 0;
    for seed in 100..140 {
        let (matrix, scores, _) = dated(2650..2651, 800, 0.4, seed);
        drifted += verdicts(&week_against(&baseline, 2650, &(matrix, scores)))
            .iter()
            .filter(|v| **v > Verdict::Stable)
            .count();
    }
    assert_eq!(drifted, 0, "of 200 comparisons");
    // A shift of two standard deviations is found all the same, and without weeks that differ a smaller one is.
    assert_eq!(verdicts(&week_against(&baseline, 2650, &rows(800, 3, 1.2)))[1], Verdict::Drifted);
    let steady = by_week(2600..2640, 800, 0.0);
    assert_eq!(verdicts(&week_against(&steady, 2650, &rows(800, 3, 0.6)))[1], Verdict::Drifted);
}

#[test]
fn a_season_of_the_year_before_is_no_drift() {
    let (mut matrix, scores, at) = dated(2600..2652, 300, 0.0, 9);
    // Four weeks of the year are another kind.
    for (row, at) in at.iter().enumerate() {
        let week = (at.timestamp() / DAY - 4) / 7;
        matrix.values[row * COLUMNS] += if (2606..2610).contains(&week) { 1.2 } else { 0.0 };
    }
    let dated = DatedRows { matrix: &matrix, at: &at, scores: &scores, scores_at: &at };
    let baseline = drift::baseline_by_week(&features(), &dated).expect("rows that fit");
    let season = rows(300, 77, 1.2);
    let age = |baseline: &Baseline| week_against(baseline, 2660, &season).remove(1).verdict;
    assert_eq!((age(&baseline), age(&by_week(2600..2652, 300, 0.0))), (Verdict::Stable, Verdict::Drifted));
}

#[test]
fn a_move_in_one_segment_is_found_there() {
    let (reference, _, at) = dated(2600..2616, 400, 0.0, 11);
    let (mut current, _) = rows(2000, 12, 0.0);
    // Only leads by e-mail who replied are older now: nothing to see in all of them.
    for row in 0..current.rows {
        let values = &mut current.values[row * COLUMNS..(row + 1) * COLUMNS];
        if values[2] == 1.0 && values[3] == 1.0 {
            values[0] += 0.7;
        }
    }
    let rows_of = |current: &Matrix| {
        let rows = SegmentRows { reference: &reference, reference_at: &at, current, weeks: 1 };
        drift::moved_segments(&features(), &rows, 1e-3).expect("rows that fit")
    };
    let found = rows_of(&current);
    let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].conditions, [named("replied", "yes"), named("channel", "email")]);
    assert_eq!(found[0].drift.column, "age");
    assert_eq!(rows_of(&rows(2000, 13, 0.0).0), []);
}

#[test]
fn columns_that_no_longer_go_together_are_told_by_a_classifier() {
    let paired = |seed: u64, count: usize, sign: f32| {
        let (mut matrix, _) = rows(count, seed, 0.0);
        for row in 0..count {
            let age = matrix.values[row * COLUMNS];
            matrix.values[row * COLUMNS + 1] = sign * (age - 2.0);
        }
        matrix
    };
    let weeks: Vec<i64> = (0..4800).map(|row| row / 300).collect();
    let reference = paired(21, 4800, 1.0);
    let same = drift::together(&features(), &reference, &weeks, &paired(22, 300, 1.0), 1).expect("rows that fit");
    assert!(same.p_value > 0.001 && (0.4..0.6).contains(&same.auc), "{same:?}");
    let moved = drift::together(&features(), &reference, &weeks, &paired(22, 300, -1.0), 1).expect("rows that fit");
    assert!(moved.p_value < 1e-4 && moved.auc > 0.8, "{moved:?}");
    let few = drift::together(
        &features(),
        &reference,
        &weeks[..].iter().map(|week| week / 4).collect::<Vec<_>>(),
        &paired(22, 300, -1.0),
        1,
    );
    assert_eq!(few.expect("rows that fit").p_value, 1.0, "four weeks say nothing of weeks");
}
