//! How far a table is from another one.

use plumb_lead::Verdict;
use plumb_profile::DriftProfile;

use crate::tables::{Given, days, identifiers, numbers, options, profiler, random, words};

const ROWS: u64 = 3_000;

#[track_caller]
fn drift(before: Vec<Given>, now: Vec<Given>) -> DriftProfile {
    let profile = profiler(now, options()).finish(Some(profiler(before, options()))).expect("both can be described");
    profile.drift.expect("there is another table")
}

fn verdict(drift: &DriftProfile, column: &str) -> Verdict {
    let found = drift.columns.iter().find(|found| found.drift.column == column);
    found.expect("it is compared").drift.verdict
}

fn table(seed: u64, shift: f64, channel: &str, missing: f64) -> Vec<Given> {
    let word = move |row| if random(row, seed + 2) < 0.1 { channel.to_owned() } else { "email".to_owned() };
    vec![
        identifiers("id", (0..ROWS).map(move |row| Some(format!("{seed}-{row}")))),
        days("created", (0..ROWS).map(move |row| Some(20_000 + 100 * seed as i64 + row as i64 / 50))),
        numbers("age", (0..ROWS).map(move |row| random(row, seed) + shift)),
        words("channel", (0..ROWS).map(move |row| Some(word(row)))),
        words("note", (0..ROWS).map(move |row| (random(row, seed + 3) >= missing).then_some("there"))),
    ]
}

#[test]
fn equal_tables_are_stable_though_ids_and_dates_are_new() {
    let drift = drift(table(1, 0.0, "ads", 0.0), table(2, 0.0, "ads", 0.0));
    assert!(drift.columns.iter().all(|column| column.drift.verdict == Verdict::Stable), "{drift:?}");
}

#[test]
fn what_has_moved_is_named() {
    let drift = drift(table(1, 0.0, "ads", 0.0), table(2, 0.8, "tiktok", 0.6));
    for column in ["age", "channel", "note"] {
        assert_eq!(verdict(&drift, column), Verdict::Drifted, "{column}");
    }
    let channel = drift.columns.iter().find(|found| found.drift.column == "channel").expect("it is compared");
    assert_eq!(channel.drift.unseen[0].0, "tiktok");
    assert_eq!(channel.vanished[0].value, "ads");
}

#[test]
fn columns_that_came_went_or_changed_their_kind_are_named() {
    let before = vec![numbers("age", [1.0; 200]), numbers("old", [1.0; 200]), numbers("code", [7.0; 200])];
    let now = vec![numbers("age", [1.0; 200]), numbers("new", [1.0; 200]), words("code", [Some("A7"); 200])];
    let drift = drift(before, now);
    assert_eq!((drift.only_here, drift.only_there), (vec!["new".to_owned()], vec!["old".to_owned()]));
    assert_eq!(drift.kinds_changed[0].column, "code");
}
