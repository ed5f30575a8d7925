//! Laws of splits.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use plumb_lead::Observation;
use plumb_learn::split;
use proptest::prelude::*;

fn day(days: f64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).expect("a timestamp") + TimeDelta::seconds((days * 86_400.0) as i64)
}

fn observation(lead: u32, days: f64) -> Observation {
    Observation { lead_id: format!("lead-{lead}"), as_of: day(days) }
}

#[test]
fn nothing_is_fitted_to_labels_learned_after_the_test_begins() {
    // 100 days: test from day 85 on. By then the labels of the first 80 are known, of which the last 16 are to choose on.
    let observations: Vec<Observation> = (0..=100).map(|days| observation(days, f64::from(days))).collect();
    let known: Vec<DateTime<Utc>> = (0..=100).map(|days| day(f64::from(days) + 5.0)).collect();
    let split = split::by_time(&observations, &known, TimeDelta::days(5)).expect("long enough");
    assert_eq!(split.train, (0..65).collect::<Vec<_>>());
    assert_eq!(split.valid, (65..81).collect::<Vec<_>>());
    assert_eq!(split.test, (85..=100).collect::<Vec<_>>());
    assert_eq!(split.dropped, 4);
    let all = split::for_use(&observations).expect("long enough");
    assert_eq!((all.train, all.valid, all.test), ((0..81).collect(), (81..=100).collect(), vec![]));
}

#[test]
fn late_labels_and_later_rows_of_a_lead_are_dropped() {
    let mut observations: Vec<Observation> = (0..=100).map(|days| observation(days, f64::from(days))).collect();
    // Lead 10 again on day 95, when others are tested; lead 20 is learned of on day 86.
    observations.push(observation(10, 95.0));
    let mut known: Vec<DateTime<Utc>> = observations.iter().map(|observation| observation.as_of).collect();
    known[20] = day(86.0);
    let split = split::by_time(&observations, &known, TimeDelta::days(5)).expect("long enough");
    assert!(split.train.contains(&10) && !split.train.contains(&20));
    assert!(![&split.train, &split.valid, &split.test].into_iter().any(|part| part.contains(&101)));
    assert_eq!(split.dropped, 2);
}

#[test]
fn too_short_a_history_says_how_long_it_should_be() {
    let observations = [observation(1, 0.0), observation(2, 100.0)];
    let known = [day(0.0), day(100.0)];
    let message = |horizon| split::by_time(&observations, &known, horizon).expect_err("too short").to_string();
    assert!(message(TimeDelta::days(90)).contains(
        "the history spans 100 days, too short to fit and test apart by a horizon of 90 days: expected at least 112 days"
    ));
    assert!(message(TimeDelta::MAX).contains("the history spans 100 days"));
    assert!(message(TimeDelta::days(-1)).contains("parameter `horizon`"));
    assert!(message(TimeDelta::days(1)).contains("no rows to choose and calibrate on"));
    assert!(
        split::by_time(&[], &[], TimeDelta::days(1)).expect_err("nothing").to_string().contains("no rows to split")
    );
    assert!(split::by_time(&observations, &known[..1], TimeDelta::days(1)).is_err());
    assert!(split::for_use(&[]).is_err());
}

#[test]
fn rows_without_time_are_split_in_order_or_at_random() {
    let ordered = split::by_order(10, 7).expect("ten rows");
    assert_eq!((ordered.train.len(), ordered.valid.len(), ordered.test), (5, 2, vec![7, 8, 9]));
    assert_eq!(ordered.train.iter().chain(&ordered.valid).copied().collect::<BTreeSet<_>>(), (0..7).collect());
    let random = split::random(1000, 7).expect("rows");
    assert_eq!((random.train.len(), random.valid.len(), random.test.len()), (600, 200, 200));
    assert_eq!(random.train.iter().chain(&random.valid).chain(&random.test).collect::<BTreeSet<_>>().len(), 1000);
    assert_eq!(random, split::random(1000, 7).expect("rows"));
    assert_ne!(random, split::random(1000, 8).expect("rows"));
    assert!(split::by_order(1, 7).is_err() && split::random(0, 7).is_err());
}

proptest! {
    #[test]
    fn no_lead_is_in_two_parts_and_no_label_comes_late(
        rows in prop::collection::vec((0u32..40, 0.0f64..400.0, 0.0f64..90.0), 30..200),
        horizon in 0i64..60,
    ) {
        let observations: Vec<Observation> = rows.iter().map(|row| observation(row.0, row.1)).collect();
        let known: Vec<DateTime<Utc>> = rows.iter().map(|row| day(row.1 + row.2)).collect();
        // A part may be empty by chance: that is an error of its own.
        let Ok(split) = split::by_time(&observations, &known, TimeDelta::days(horizon)) else { return Ok(()) };
        let mut part_of: BTreeMap<&str, usize> = BTreeMap::new();
        for (part, rows) in [&split.train, &split.valid, &split.test].into_iter().enumerate() {
            for row in rows {
                let lead = observations[*row].lead_id.as_str();
                prop_assert_eq!(*part_of.entry(lead).or_insert(part), part, "lead {}", lead);
            }
        }
        let first = |rows: &[usize]| rows.iter().map(|row| observations[*row].as_of).min();
        let learned = |rows: &[usize]| rows.iter().map(|row| known[*row]).max();
        prop_assert!(learned(&split.train) <= first(&split.test));
        prop_assert!(learned(&split.valid) <= first(&split.test));
        prop_assert_eq!(split.train.len() + split.valid.len() + split.test.len() + split.dropped, rows.len());
    }
}

#[test]
fn each_row_is_in_the_test_part_of_one_fold() {
    let folds = split::folds(103, 5, 1).expect("enough rows");
    let mut tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
    tested.sort_unstable();
    assert_eq!(tested, (0..103).collect::<Vec<_>>());
    for fold in &folds {
        let mut all = [fold.train.clone(), fold.valid.clone(), fold.test.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..103).collect::<Vec<_>>());
    }
    assert!(split::folds(3, 4, 1).is_err() && split::folds(10, 1, 1).is_err());
}

#[test]
fn each_period_is_tested_after_training_on_all_before_it() {
    let splits = split::rolling_origin(100, &[40, 70]).expect("they ascend");
    assert_eq!(splits.len(), 2);
    for (split, (from, to)) in splits.iter().zip([(40, 70), (70, 100)]) {
        assert_eq!(split.test, (from..to).collect::<Vec<_>>());
        let known = [split.train.clone(), split.valid.clone()].concat();
        assert_eq!(known, (0..from).collect::<Vec<_>>(), "the newest are chosen on");
        assert_eq!(split.valid.len(), from / 5);
    }
    assert!(split::rolling_origin(100, &[70, 40]).is_err() && split::rolling_origin(100, &[100]).is_err());
}
