//! Hours that a time zone leaves out or has twice.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::{at, timing};

/// Returns the due times of a timing in a span, in UTC.
fn due(expression: &str, zone: &str, from: &str, to: &str) -> Vec<DateTime<Utc>> {
    let timing = timing(expression, zone);
    std::iter::successors(timing.next(at(from)), |due| timing.next(*due)).take_while(|due| *due <= at(to)).collect()
}

#[track_caller]
fn check(expression: &str, zone: &str, from: &str, to: &str, expected: &[&str]) {
    assert_eq!(due(expression, zone, from, to), expected.iter().map(|text| at(text)).collect::<Vec<_>>());
}

#[test]
fn a_time_that_spring_leaves_out_is_due_when_the_gap_ends() {
    // Berlin goes from 02:00 to 03:00 on 29 March 2026, which is 01:00 in UTC.
    check(
        "30 2 * * *",
        "Europe/Berlin",
        "2026-03-28T00:00",
        "2026-03-30T12:00",
        &["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"],
    );
    check(
        "0 3 * * *",
        "Europe/Berlin",
        "2026-03-28T00:00",
        "2026-03-30T12:00",
        &["2026-03-28T02:00", "2026-03-29T01:00", "2026-03-30T01:00"],
    );
}

#[test]
fn a_time_that_autumn_has_twice_is_due_the_first_time() {
    // Berlin goes from 03:00 back to 02:00 on 25 October 2026, which is 01:00 in UTC.
    check(
        "30 2 * * *",
        "Europe/Berlin",
        "2026-10-24T00:00",
        "2026-10-26T12:00",
        &["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"],
    );
}

#[test]
fn every_hour_is_every_hour_also_in_autumn() {
    check(
        "15 * * * *",
        "Europe/Berlin",
        "2026-10-25T00:00",
        "2026-10-25T03:00",
        &["2026-10-25T00:15", "2026-10-25T01:15", "2026-10-25T02:15"],
    );
}

/// Zones that change their clocks by an hour or half of one, by day or by night, on either half of the earth, or never.
const ZONES: [&str; 9] = [
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "UTC",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// A daily time is due once each local day, whatever the clocks of the zone do. (In the year that Samoa left out a day, it
    /// would not be; such zones are not among these.)
    #[test]
    fn a_daily_time_comes_once_each_day(zone in 0..ZONES.len(), hour in 0..24_u32, minute in 0..60_u32, first in 0..700_i64) {
        let zone_name = ZONES[zone];
        let timing = timing(&format!("{minute} {hour} * * *"), zone_name);
        let zone: chrono_tz::Tz = zone_name.parse().expect("a zone");
        let start = at("2025-01-01T00:00") + TimeDelta::days(first);
        let times: Vec<_> = std::iter::successors(timing.next(start), |due| timing.next(*due)).take(250).collect();
        for pair in times.windows(2) {
            let days = pair.iter().map(|due| due.with_timezone(&zone).date_naive()).collect::<Vec<_>>();
            prop_assert_eq!(days[1], days[0].succ_opt().expect("a day"), "{} {:?}", zone_name, pair);
        }
    }

    /// The newest time until a moment is the last of those that come one after another.
    #[test]
    fn the_newest_time_is_the_last_that_came(
        zone in 0..ZONES.len(),
        expression in prop::sample::select(vec!["*/7 * * * *", "10 * * * *", "30 2 * * *", "0 0 1 * *", "0 4 * * 1-5", "0 0 29 2 *"]),
        from in 0..1_000_000_i64,
        minutes in 0..60_000_i64,
    ) {
        let timing = timing(expression, ZONES[zone]);
        let from = at("2025-01-01T00:00") + TimeDelta::minutes(from);
        let until = from + TimeDelta::minutes(minutes);
        let all: Vec<_> =
            std::iter::successors(timing.next(from), |due| timing.next(*due)).take_while(|due| *due <= until).collect();
        let newest = timing.newest(from, until);
        prop_assert_eq!(newest.map(|newest| newest.due), all.last().copied());
        prop_assert_eq!(newest.map_or(0, |newest| newest.count), all.len().min(1_000));
        prop_assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
