//! When things happen in the demo company, and how its systems write a moment.

use chrono::{DateTime, Datelike, FixedOffset, Weekday};

/// A moment: seconds since 1970, UTC.
pub(super) type Moment = i64;

pub(super) const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 24 * HOUR;

/// 2024-11-01T00:00:00Z: the first lead may come.
pub(super) const START: Moment = 1_730_419_200;
/// 2026-02-01T00:00:00Z, month 16: `tiktok_ads` starts to bring leads of another profile.
pub(super) const NEW_CHANNEL: Moment = 1_769_904_000;
/// Share of the leads that the new channel brings from its first day on.
pub(super) const NEW_CHANNEL_SHARE: f64 = 0.22;
/// 2026-06-01T00:00:00Z, month 20: applications are decided by new criteria.
pub(super) const NEW_CRITERIA: Moment = 1_780_272_000;
/// 2026-11-01T00:00:00Z: the demo company's today. Nothing learned later is in its systems.
pub(super) const END: Moment = 1_793_491_200;

/// Returns how many leads come on the day that begins here, relative to an ordinary one.
///
/// The company grows a little; weekends are slow; and from mid-December to Epiphany hardly anybody looks for a place.
pub(super) fn volume(day: Moment) -> f64 {
    let growth = 1.0 + 0.25 * (day - START) as f64 / (END - START) as f64;
    let week = if is_weekend(day) { 0.45 } else { 1.0 };
    let date = utc_date(day);
    let year_end = match (date.month(), date.day()) {
        (12, 14..) | (1, ..=6) => 0.45,
        (1, 7..) => 1.3,
        _ => 1.0,
    };
    // The new channel comes on top of the others.
    let channel = if day >= NEW_CHANNEL { 1.0 / (1.0 - NEW_CHANNEL_SHARE) } else { 1.0 };
    growth * week * year_end * channel
}

/// Returns the month, from 1.
pub(super) fn month(moment: Moment) -> u32 {
    utc_date(moment).month()
}

pub(super) fn is_weekend(moment: Moment) -> bool {
    matches!(utc_date(moment).weekday(), Weekday::Sat | Weekday::Sun)
}

/// Writes `2026-03-04T10:22:33Z`.
pub(super) fn utc(moment: Moment) -> String {
    utc_date(moment).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Writes `2026-03-04 10:22:33`, by which its writer means UTC.
pub(super) fn plain(moment: Moment) -> String {
    utc_date(moment).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Writes `2026-03-04T15:52:33+05:30`: the clock on the wall, and how far it is from UTC.
pub(super) fn local(moment: Moment, offset_minutes: i32) -> String {
    let offset = FixedOffset::east_opt(offset_minutes * 60).expect("the offsets of the table are under a day");
    utc_date(moment).with_timezone(&offset).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Writes `2026-03`.
pub(super) fn year_month(moment: Moment) -> String {
    utc_date(moment).format("%Y-%m").to_string()
}

pub(super) fn utc_date(moment: Moment) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp(moment, 0).expect("the company's years are in range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_the_dates_they_claim() {
        let dates = [START, NEW_CHANNEL, NEW_CRITERIA, END].map(utc);
        let expected = ["2024-11-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-11-01T00:00:00Z"];
        assert_eq!(dates, expected);
    }

    #[test]
    fn every_notation_is_the_same_moment() {
        let moment = 1_772_619_753;
        assert_eq!(utc(moment), "2026-03-04T10:22:33Z");
        assert_eq!(plain(moment), "2026-03-04 10:22:33");
        assert_eq!(local(moment, 330), "2026-03-04T15:52:33+05:30");
        assert_eq!(local(moment, -300), "2026-03-04T05:22:33-05:00");
    }
}
