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

#[test]
fn groups_of_one_row_are_split_as_rows_are() {
    let groups: Vec<usize> = (0..97).map(|row| 1_000 - row).collect();
    assert_eq!(split::random_grouped(97, &groups, 3).expect("enough"), split::random(97, 3).expect("enough"));
    let (grouped, plain) = (split::folds_grouped(97, &groups, 5, 3), split::folds(97, 5, 3));
    assert_eq!(grouped.expect("enough"), plain.expect("enough"));
    assert!(split::random_grouped(97, &groups[1..], 3).is_err(), "a group a row");
}

#[test]
fn a_group_of_most_rows_is_trained_on() {
    // Rows 0 to 69 belong together; whatever the seed, something is left to test on.
    let groups: Vec<usize> = (0..100).map(|row| if row < 70 { 0 } else { row }).collect();
    for seed in 0..50 {
        let split = split::random_grouped(100, &groups, seed).expect("thirty groups are left");
        assert!(split.train.contains(&0) && split.train.len() == 70 && split.test.len() == 20, "{split:?}");
    }
    assert!(split::random_grouped(100, &[7; 100], 1).expect_err("one group").to_string().contains("no rows to choose"));
}

#[test]
fn a_group_that_began_before_the_test_is_not_tested() {
    // A hundred hours; group 5 is seen in hours 5 and 95, row 7 has no time.
    let mut times: Vec<i64> = (0..100).map(|hour| hour * 3_600_000_000).collect();
    times[7] = i64::MIN;
    let mut groups: Vec<usize> = (0..100).collect();
    groups[95] = 5;
    let found = split::by_timestamp(&times, Some(&groups)).expect("enough rows");
    assert_eq!((found.undated, found.straddling, found.split.dropped), (1, 1, 2));
    // Of 99 rows with a time the newest 29 are to test on.
    assert_eq!(found.test_from, 71 * 3_600_000_000);
    let expected: Vec<usize> = (71..100).filter(|row| *row != 95).collect();
    assert_eq!(found.split.test, expected);
    assert_eq!((found.split.train.len(), found.split.valid.len()), (56, 14));
    assert!(found.split.valid.iter().all(|row| times[*row] >= found.valid_from));
    let alone = split::by_timestamp(&times, None).expect("enough rows");
    assert_eq!((alone.straddling, alone.split.test.len()), (0, 29));
}

#[test]
fn rows_of_one_time_are_on_one_side() {
    // Three days of 60, 25 and 15 rows: the last 40 are nearer to 30 % than the last 15; of the first day nothing divides.
    let day = |row: usize| {
        if row < 60 {
            1
        } else if row < 85 {
            2
        } else {
            3
        }
    };
    let times: Vec<i64> = (0..100).map(day).collect();
    assert!(split::by_timestamp(&times, None).expect_err("one day is left").to_string().contains("no rows to choose"));
    // With days of 30, 30, 25 and 15 rows it can be divided; the last 40 are to test on.
    let times: Vec<i64> = (0..100).map(|row| if row < 30 { 0 } else { day(row) }).collect();
    let found = split::by_timestamp(&times, None).expect("four days");
    assert_eq!((found.split.train.len(), found.split.valid.len(), found.split.test.len()), (30, 30, 40));
    assert!(split::by_timestamp(&[5; 40], None).is_err(), "one time divides nothing");
    assert!(split::by_timestamp(&[i64::MIN; 40], None).is_err(), "no time at all");
}

#[test]
fn groups_are_joined_by_way_of_others() {
    // 0 and 1 share the first, 1 and 3 the second, 3 and 4 the first again.
    let joined = split::joined_groups(&[9, 9, 4, 2, 2], &[1, 5, 6, 5, 8]).expect("one length");
    assert_eq!(joined, [0, 0, 2, 0, 0]);
    assert!(split::joined_groups(&[1], &[]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_group_is_in_two_parts(
        rows in prop::collection::vec((0usize..60, 0i64..50), 30..300),
        seed in any::<u64>(),
    ) {
        let (groups, times): (Vec<usize>, Vec<i64>) = rows.into_iter().unzip();
        let mut splits: Vec<split::Split> = split::random_grouped(groups.len(), &groups, seed).into_iter().collect();
        splits.extend(split::folds_grouped(groups.len(), &groups, 4, seed).into_iter().flatten());
        splits.extend(split::by_timestamp(&times, Some(&groups)).map(|found| found.split));
        for split in splits {
            let mut part_of: BTreeMap<usize, usize> = BTreeMap::new();
            for (part, rows) in [&split.train, &split.valid, &split.test].into_iter().enumerate() {
                for row in rows {
                    prop_assert_eq!(*part_of.entry(groups[*row]).or_insert(part), part);
                }
            }
            let all = split.train.len() + split.valid.len() + split.test.len() + split.dropped;
            prop_assert_eq!(all, groups.len());
        }
    }
}

#[test]
fn recent_rows_are_split_anew_and_tested_on_the_same() {
    let observations: Vec<Observation> = (0..=100).map(|days| observation(days, f64::from(days))).collect();
    let known: Vec<DateTime<Utc>> = (0..=100).map(|days| day(f64::from(days) + 5.0)).collect();
    let all = split::by_time(&observations, &known, TimeDelta::days(5)).expect("long enough");
    let recent = split::recent(&observations, &all, day(41.0)).expect("40 rows are left");
    assert_eq!((recent.train, recent.valid), ((41..73).collect::<Vec<_>>(), (73..81).collect::<Vec<_>>()));
    assert_eq!((recent.test, recent.dropped), (all.test.clone(), all.dropped + 41));
    assert_eq!(split::recent(&observations, &all, day(0.0)).expect("nothing is left out"), all);
    split::recent(&observations, &all, day(200.0)).expect_err("nothing is left");
}
