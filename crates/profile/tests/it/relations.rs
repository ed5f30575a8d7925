//! What is said between columns, rows and the target.

use plumb_profile::{AssociationMeasure, FindingKind};

use crate::tables::{
    column, days, flags, identifiers, numbers, options, profile, profiler, random, texts, with_target, words,
};
use plumb_tables::ColumnReading;

const ROWS: u64 = 2_000;

#[test]
fn the_rate_by_value_has_its_interval_and_a_column_ranks_alone() {
    let won = |row: u64| random(row, 1) < if row.is_multiple_of(4) { 0.5 } else { 0.1 };
    let table = vec![
        flags("won", (0..ROWS).map(|row| Some(won(row)))),
        words("channel", (0..ROWS).map(|row| Some(if row.is_multiple_of(4) { "referral" } else { "ads" }))),
        numbers("noise", (0..ROWS).map(|row| random(row, 2))),
        days("created", (0..ROWS).map(|row| Some(20_000 + row as i64 / 20))),
    ];
    let profile = profile(table, with_target("won", &["won"]));
    let target = profile.target.as_ref().expect("it was asked for");
    assert_eq!(target.by_column[0].column, "channel");
    let referral = target.by_column[0].bars.iter().find(|bar| bar.name == "referral").expect("it is a value");
    assert_eq!(referral.rows, 500);
    assert!(referral.interval.low < 0.5 && 0.5 < referral.interval.high, "{referral:?}");
    let noise = column(&profile, "noise").signal.expect("it was compared");
    assert!(noise.interval.low < 0.5 && noise.auc < 0.56, "{noise:?}");
    assert_eq!(target.by_month.iter().map(|month| month.rows).sum::<u64>(), ROWS);
}

#[test]
fn the_positive_value_is_asked_for_where_it_is_not_clear() {
    let stages = || vec![words("stage", (0..90).map(|row| Some(["Won", "Lost", "Open"][row % 3])))];
    let error = profiler(stages(), with_target("stage", &[])).finish(None).expect_err("three values");
    assert!(error.to_string().contains("`Lost` (30 rows)"), "{error}");
    let error = profiler(stages(), with_target("stage", &["Signed"])).finish(None).expect_err("no such value");
    assert!(error.to_string().contains("0 of 90 rows are positive (`Signed`)"), "{error}");
    let error = profiler(stages(), with_target("status", &[])).finish(None).expect_err("no such column");
    assert!(error.to_string().contains("expected one of `stage`"), "{error}");
    let target = profile(stages(), with_target("stage", &["Won"])).target.expect("it was asked for");
    assert_eq!((target.rows, target.rate), (90, 1.0 / 3.0));
}

#[test]
fn a_copy_of_the_target_is_a_leak() {
    let won = |row: u64| random(row, 1) < 0.3;
    let table = vec![
        flags("won", (0..ROWS).map(|row| Some(won(row)))),
        words("stage", (0..ROWS).map(|row| Some(if won(row) { "closed" } else { "working" }))),
        numbers("noise", (0..ROWS).map(|row| random(row, 2))),
    ];
    let profile = profile(table, with_target("won", &["yes"]));
    assert_eq!(profile.leaks.iter().map(|leak| leak.column.as_str()).collect::<Vec<_>>(), ["stage"]);
    assert_eq!(profile.findings[0].kind, FindingKind::Leak);
}

#[test]
fn pairs_have_the_measure_of_their_kinds() {
    let table = vec![
        numbers("price", (0..ROWS).map(|row| random(row, 1))),
        numbers("tax", (0..ROWS).map(|row| 0.2 * random(row, 1))),
        words("band", (0..ROWS).map(|row| Some(if random(row, 1) > 0.5 { "high" } else { "low" }))),
        words("colour", (0..ROWS).map(|row| Some(["red", "green", "blue"][(random(row, 3) * 3.0) as usize]))),
        words("hue", (0..ROWS).map(|row| Some(["r", "g", "b"][(random(row, 3) * 3.0) as usize]))),
        identifiers("id", (0..ROWS).map(|row| Some(format!("L{row}")))),
    ];
    let correlations = profile(table, options()).correlations;
    let pair = |left: &str, right: &str| {
        correlations.pairs.iter().find(|pair| (pair.left.as_str(), pair.right.as_str()) == (left, right))
    };
    let tax = pair("price", "tax").expect("they are the same");
    assert_eq!((tax.measure, tax.rows), (AssociationMeasure::Pearson, ROWS));
    assert!(tax.value > 0.999_999 && tax.spearman.is_some_and(|spearman| spearman > 0.999_999));
    let hue = pair("colour", "hue").expect("they are the same");
    assert!(hue.measure == AssociationMeasure::CramersV && hue.value > 0.999, "{hue:?}");
    let band = pair("price", "band").expect("one tells the other");
    assert!(band.measure == AssociationMeasure::CorrelationRatio && band.value > 0.8, "{band:?}");
    assert!(pair("price", "colour").is_none(), "what is chance is not said");
    assert_eq!(correlations.left_out[0].0, "id");
}

#[test]
fn columns_missing_in_the_same_rows_are_a_group() {
    let closed = |row: u64| random(row, 1) < 0.3;
    let table = vec![
        numbers("amount", (0..ROWS).map(|row| if closed(row) { random(row, 2) } else { f64::NAN })),
        words("reason", (0..ROWS).map(|row| closed(row).then_some("price"))),
        numbers("age", (0..ROWS).map(|row| if random(row, 3) < 0.3 { f64::NAN } else { 1.0 })),
    ];
    let profile = profile(table, options());
    let groups = &profile.missing.groups;
    assert_eq!((groups.len(), groups[0].columns.as_slice()), (1, &["amount".to_owned(), "reason".to_owned()][..]));
    let together: u64 = profile.missing.patterns.iter().map(|pattern| pattern.rows).sum();
    assert_eq!(together + profile.missing.complete, ROWS);
    assert!(profile.findings.iter().any(|finding| finding.kind == FindingKind::MissingTogether));
}

#[test]
fn a_column_that_is_filled_in_since_a_month_is_found() {
    let table = vec![
        days("created", (0..ROWS).map(|row| Some(20_000 + row as i64 / 10))),
        numbers("new_field", (0..ROWS).map(|row| if row < 1_000 { f64::NAN } else { 1.0 })),
        numbers("old_field", (0..ROWS).map(|row| if random(row, 1) < 0.5 { f64::NAN } else { 1.0 })),
    ];
    let missing = profile(table, options()).missing;
    assert_eq!(missing.over_time.iter().map(|one| one.column.as_str()).collect::<Vec<_>>(), ["new_field"]);
}

#[test]
fn copies_of_rows_and_people_are_counted_with_lines() {
    let rows = || 0..100_u64;
    let table = vec![
        identifiers("id", rows().map(|row| Some(format!("L{row}")))),
        texts("email", ColumnReading::Text, rows().map(|row| Some(format!("Ada{}@x.org", row % 90)))),
        numbers("fee", rows().map(|row| (row % 90) as f64)),
    ];
    let found = profile(table, options());
    assert_eq!(found.duplicates.rows.more, 0);
    let but = found.duplicates.rows_but_identifiers.as_ref().expect("there is an identifier");
    assert_eq!((but.groups, but.more, but.examples[0]), (10, 10, (2, 92)));
    let people = &found.duplicates.people[0];
    assert_eq!((people.by, people.found.more), ("email", 10));
    let found = profile(vec![numbers("fee", [1.0, 2.0, 1.0, 1.0])], options()).duplicates.rows;
    assert_eq!((found.groups, found.more, found.largest), (1, 2, 3));
}

#[test]
fn a_row_of_rare_values_is_the_first_anomaly_and_says_why() {
    let odd = |row: u64| row == 1_234;
    let table = vec![
        words("country", (0..ROWS).map(|row| Some(if odd(row) { "Nauru" } else { "Germany" }))),
        numbers("seats", (0..ROWS).map(|row| if odd(row) { 90_000.0 } else { 10.0 + (row % 7) as f64 })),
        flags("member", (0..ROWS).map(|row| Some(row % 2 == 0))),
    ];
    let anomalies = profile(table, options()).anomalies;
    assert_eq!((anomalies.found.len(), anomalies.found[0].line), (1, 1_236));
    let reasons = &anomalies.found[0].reasons;
    assert!(reasons.iter().any(|reason| reason == "`country` is `Nauru`, as in 1 of 2,000 rows"), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.starts_with("`seats` is 90,000, ")), "{reasons:?}");
}
