//! Which columns are suspected to leak the target, and which are not.

use plumb_lead::{Column, MISSING_LEVEL, Table, Values};
use plumb_learn::leaks::{self, LeakInput, LeakKind, LeakParams, PostOutcomeCounts};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ROWS: usize = 2000;

/// Two honest columns that together rank with an AUC of about 0.75, and the labels.
fn honest() -> (Vec<Column>, Vec<bool>, ChaCha8Rng) {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let (mut size, mut codes, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROWS {
        let (employees, channel) = (random.random::<f32>(), random.random_range(0..3u32));
        let odds = (3.0 * f64::from(employees) + f64::from(channel) - 4.0).exp();
        size.push(employees);
        codes.push(channel);
        labels.push(random.random_bool(odds / (1.0 + odds)));
    }
    let levels = ["ads", "email", "referral"].map(str::to_owned).to_vec();
    let columns =
        vec![number("size", size), Column { name: "channel".into(), values: Values::Category { codes, levels } }];
    (columns, labels, random)
}

fn number(name: &str, values: Vec<f32>) -> Column {
    Column { name: name.to_owned(), values: Values::Number(values) }
}

#[track_caller]
fn check(extra: Column, labels: &[bool], expected: Option<&str>) {
    let (mut columns, _, _) = honest();
    let name = extra.name.clone();
    columns.push(extra);
    let found = leaks::suspects(&Table::new(columns).expect("one length"), labels).expect("labels that fit");
    let Some(expected) = expected else { return assert_eq!(found, []) };
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].column, name);
    assert!(found[0].why.contains(expected), "`{}` does not say `{expected}`", found[0].why);
}

#[test]
fn honest_columns_are_not_suspected() {
    let (columns, labels, mut random) = honest();
    assert_eq!(leaks::suspects(&Table::new(columns).expect("one length"), &labels).expect("labels that fit"), []);
    check(number("noise", (0..ROWS).map(|_| random.random()).collect()), &labels, None);
    check(number("constant", vec![1.0; ROWS]), &labels, None);
    check(number("absent", vec![f32::NAN; ROWS]), &labels, None);
    // Missing by chance, and a text that comes back.
    let sometimes = (0..ROWS).map(|_| if random.random_bool(0.1) { f32::NAN } else { 1.0 }).collect();
    check(number("sometimes", sometimes), &labels, None);
}

#[test]
fn a_column_that_beats_all_others_together_is_suspected() {
    let (_, labels, mut random) = honest();
    let late: Vec<f32> = labels.iter().map(|label| random.random::<f32>() + if *label { 0.5 } else { 0.0 }).collect();
    check(number("call_seconds", late.clone()), &labels, Some("ranks all rows with an AUC of 0.8"));
    // In whatever direction, and where the middle is what is good.
    check(number("falling", late.iter().map(|value| -value).collect()), &labels, Some("alone it puts"));
    let middle = labels.iter().map(|label| if *label { 0.5 } else { random.random_range(0..2) as f32 }).collect();
    check(number("middle", middle), &labels, Some("each of its 3 values goes with one class"));
    let near: Vec<f32> = labels
        .iter()
        .map(|label| if *label { 0.5 } else { random.random_range(0..2) as f32 } + random.random::<f32>() / 9.0)
        .collect();
    check(number("near", near), &labels, Some("AUC of 1.00"));
}

#[test]
fn two_copies_of_the_target_do_not_hide_each_other() {
    let (mut columns, labels, _) = honest();
    let copy: Vec<f32> = labels.iter().map(|label| f32::from(*label)).collect();
    columns.extend([number("won", copy.clone()), number("won_too", copy)]);
    let found = leaks::suspects(&Table::new(columns).expect("one length"), &labels).expect("labels that fit");
    assert_eq!(found.iter().map(|leak| leak.column.as_str()).collect::<Vec<_>>(), ["won", "won_too"]);
}

#[test]
fn a_column_that_is_filled_for_one_class_only_is_suspected() {
    let (_, labels, mut random) = honest();
    let positives = || labels.iter().filter(|label| **label).count();
    // A tenth of the won deals have a contract number, and no other deal has.
    let contract: Vec<f32> =
        labels.iter().map(|label| if *label && random.random_bool(0.1) { random.random() } else { f32::NAN }).collect();
    assert!(positives() > 100);
    check(number("contract", contract), &labels, Some("rows in which it is present are positive"));
    let lost: Vec<f32> = labels.iter().map(|label| if *label { 1.0 } else { f32::NAN }).collect();
    check(number("won_on", lost), &labels, Some("rows in which it is present are positive"));
}

#[test]
fn a_text_that_is_different_in_every_row_is_suspected() {
    let (_, labels, _) = honest();
    let levels: Vec<String> = (0..ROWS).map(|row| format!("lead {row}")).collect();
    let codes = (0..ROWS as u32).map(|row| if row % 100 == 0 { MISSING_LEVEL } else { row }).collect();
    let column = Column { name: "name".into(), values: Values::Category { codes, levels } };
    check(column, &labels, Some("it has 1980 different texts in 1980 rows"));
}

#[test]
fn a_running_number_is_suspected() {
    let (_, labels, mut random) = honest();
    let running = |step: usize| number("lead_no", (0..ROWS).map(|row| (7_000 + row * step) as f32).collect());
    check(running(2), &labels, Some("its 2000 whole numbers are all different"));
    // An amount may be whole and different by chance; over a wide span it is.
    check(running(100), &labels, None);
    let mut shared: Vec<f32> = (0..ROWS).map(|row| row as f32).collect();
    shared[5] = shared[4];
    check(number("rank", shared), &labels, None);
    check(number("amount", (0..ROWS).map(|_| random.random::<f32>() * 2_000.0).collect()), &labels, None);
}

#[test]
fn a_copy_of_the_target_under_another_name_is_suspected() {
    let (_, labels, mut random) = honest();
    let levels = ["lost", "stalled", "won"].map(str::to_owned).to_vec();
    let mut codes: Vec<u32> = labels.iter().map(|label| if *label { 2 } else { random.random_range(0..2) }).collect();
    let column = |codes: &[u32]| Column {
        name: "stage".into(),
        values: Values::Category { codes: codes.to_vec(), levels: levels.clone() },
    };
    check(column(&codes), &labels, Some("copy of the target: each of its 3 values goes with one class"));
    // One row that does not fit, and it is no copy; its values are still pure.
    codes[0] = if labels[0] { 0 } else { 2 };
    check(column(&codes), &labels, Some("ranks rows with an AUC of 1.00"));
}

#[path = "../../benches/leaks/honest.rs"]
mod honest;
#[path = "../../benches/leaks/leaky.rs"]
mod leaky;
#[path = "../../benches/leaks/tables.rs"]
mod tables;

/// A small version of the benchmark: all kinds of leaks, and honest columns that are strong.
#[test]
fn known_leaks_are_found_and_honest_columns_are_not_accused() {
    let (mut leaks, mut missed, mut honest, mut accused) = (0, Vec::new(), 0, Vec::new());
    for seed in 201..217 {
        let made = tables::LeakyTable::make(seed, 1_500);
        let report = leaks::find_leaks(&made.input(), &LeakParams::default()).expect("a table that can be looked at");
        let suspects = report.suspected_columns();
        for leak in &made.leaks {
            let mut found = leak.columns.iter().map(|column| suspects.contains(column));
            let is_found = if leak.all { found.all(|found| found) } else { found.any(|found| found) };
            leaks += 1;
            missed.extend((!is_found).then_some((seed, leak.kind)));
        }
        honest += made.strong.len();
        accused
            .extend(made.strong.into_iter().filter(|(_, name)| suspects.contains(name)).map(|strong| (seed, strong)));
        let [with, without] = [report.auc_with_suspects, report.auc_without].map(|auc| auc.expect("both classes"));
        assert!((0.5..=1.0).contains(&with) && (0.45..=0.97).contains(&without), "{seed}: {with} and {without}");
    }
    assert!(missed.len() * 20 <= leaks, "{leaks} leaks, missed {missed:?}");
    assert!(accused.len() * 20 <= honest, "{honest} honest columns, accused {accused:?}");
}

#[test]
fn columns_that_are_filled_in_together_are_one_group_and_what_they_are_worth_is_said() {
    let (mut columns, labels, mut random) = honest();
    let filled: Vec<bool> = labels.iter().map(|won| random.random_bool(if *won { 0.95 } else { 0.03 })).collect();
    for name in ["segment_size", "declared_revenue", "stock_value"] {
        let values = filled.iter().map(|filled| if *filled { random.random() } else { f32::NAN }).collect();
        columns.push(number(name, values));
    }
    let table = Table::new(columns).expect("one length");
    let report = leaks::find_leaks(&LeakInput::new(&table, &labels), &LeakParams::default()).expect("labels that fit");
    assert_eq!(report.suspects.len(), 3, "{report:?}");
    assert_eq!(report.groups[0].kind, LeakKind::SharedMissingness);
    let (with, without) = (report.auc_with_suspects.expect("rows"), report.auc_without.expect("rows"));
    assert!(with > 0.95 && (0.68..0.8).contains(&without), "{with} and {without}");
    let loss = report.suspects[0].loss.expect("it is measured");
    assert!((loss - (with - without)).abs() < 0.03, "the group is worth {loss}");
    let again = leaks::find_leaks(&LeakInput::new(&table, &labels), &LeakParams::default()).expect("labels that fit");
    assert_eq!(again, report, "the same rows and seed give the same report");
}

#[test]
fn a_name_alone_is_a_question_and_what_a_person_keeps_is_not_asked() {
    let (mut columns, labels, mut random) = honest();
    columns.push(number("contract_reason", (0..ROWS).map(|_| random.random()).collect()));
    columns.push(number("won_amount", labels.iter().map(|won| f32::from(*won)).collect()));
    let table = Table::new(columns).expect("one length");
    let keep = ["won_amount".to_owned()];
    let input = LeakInput { keep: &keep, ..LeakInput::new(&table, &labels) };
    let report = leaks::find_leaks(&input, &LeakParams::default()).expect("labels that fit");
    assert_eq!(report.suspects, []);
    let asked: Vec<&str> = report.asks.iter().map(|ask| ask.column.as_str()).collect();
    assert_eq!(asked, ["contract_reason"], "it says nothing of the outcome");
}

#[test]
fn many_rows_are_sampled_and_it_is_said() {
    let (columns, labels, _) = honest();
    let table = Table::new(columns).expect("one length");
    let params = LeakParams { rows_max: 1_000, ..LeakParams::default() };
    let report = leaks::find_leaks(&LeakInput::new(&table, &labels), &params).expect("labels that fit");
    assert_eq!((report.rows, report.rows_sampled), (ROWS, 1_000));
    let dates = [("seen_at".to_owned(), vec![0; 3])];
    let input = LeakInput { timestamps: &dates, ..LeakInput::new(&table, &labels) };
    assert!(leaks::find_leaks(&input, &params).expect_err("three times").to_string().contains("3 timestamps"));
}

#[test]
fn too_few_rows_are_not_suspected_and_labels_must_fit() {
    let table = Table::new(vec![number("won", vec![0.0, 1.0])]).expect("one length");
    assert_eq!(leaks::suspects(&table, &[false, true]).expect("labels that fit"), []);
    assert!(leaks::suspects(&table, &[false]).is_err());
}

#[test]
fn a_field_that_changes_after_the_outcome_is_suspected() {
    let changes =
        |decided_changed, open_changed| PostOutcomeCounts { decided: 200, decided_changed, open: 1000, open_changed };
    let found = leaks::post_outcome_change("has_fee", "fee", changes(60, 5)).expect("30 % against half a percent");
    assert_eq!(found.column, "has_fee");
    assert!(found.why.contains("`fee`") && found.why.contains("60 of 200"), "{}", found.why);
    assert_eq!(
        leaks::post_outcome_change("has_fee", "fee", changes(60, 150)),
        None,
        "it changes as often in open leads"
    );
    assert_eq!(leaks::post_outcome_change("has_fee", "fee", changes(19, 0)), None, "too few to tell");
}
