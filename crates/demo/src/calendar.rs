//! When things happen in the demo company, and how its systems write a timestamp.

use chrono::{DateTime, Datelike, FixedOffset, Weekday};

/// Seconds since 1970, UTC.
pub(crate) type Timestamp = i64;

pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 24 * HOUR;

/// 2024-11-01T00:00:00Z: the first lead may come.
pub(crate) const START: Timestamp = 1_730_419_200;
/// 2026-02-01T00:00:00Z, month 16: `tiktok_ads` starts to bring leads of another profile.
pub(crate) const NEW_CHANNEL: Timestamp = 1_769_904_000;
/// Share of the leads that the new channel brings from its first day on.
pub(crate) const NEW_CHANNEL_SHARE: f64 = 0.22;
/// 2026-06-01T00:00:00Z, month 20: applications are decided by new criteria.
pub(crate) const NEW_CRITERIA: Timestamp = 1_780_272_000;
/// 2026-11-01T00:00:00Z: the demo company's today. Nothing learned later is in its systems.
pub(crate) const END: Timestamp = 1_793_491_200;

/// Returns how many leads come on the day that begins here, relative to an ordinary one.
///
/// The company grows a little; weekends are slow; and from mid-December to Epiphany few people look for a place.
pub(crate) fn volume(day: Timestamp) -> f64 {
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
pub(crate) fn month(timestamp: Timestamp) -> u32 {
    utc_date(timestamp).month()
}

pub(crate) fn is_weekend(timestamp: Timestamp) -> bool {
    matches!(utc_date(timestamp).weekday(), Weekday::Sat | Weekday::Sun)
}

/// Writes `2026-03-04T10:22:33Z`.
pub(crate) fn utc(timestamp: Timestamp) -> String {
    utc_date(timestamp).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Writes `2026-03-04 10:22:33`, in UTC without saying so.
pub(crate) fn utc_without_zone(timestamp: Timestamp) -> String {
    utc_date(timestamp).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Writes `2026-03-04T15:52:33+05:30`: the clock on the wall, and how far it is from UTC.
pub(crate) fn local(timestamp: Timestamp, offset_minutes: i32) -> String {
    let offset = FixedOffset::east_opt(offset_minutes * 60).expect("the offsets of the table are under a day");
    utc_date(timestamp).with_timezone(&offset).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Writes `2026-03`.
pub(crate) fn year_month(timestamp: Timestamp) -> String {
    utc_date(timestamp).format("%Y-%m").to_string()
}

pub(crate) fn utc_date(timestamp: Timestamp) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp(timestamp, 0).expect("the company's years are in range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_the_dates_in_their_comments() {
        let dates = [START, NEW_CHANNEL, NEW_CRITERIA, END].map(utc);
        let expected = ["2024-11-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-11-01T00:00:00Z"];
        assert_eq!(dates, expected);
    }

    #[test]
    fn one_timestamp_in_every_notation() {
        let timestamp = 1_772_619_753;
        assert_eq!(utc(timestamp), "2026-03-04T10:22:33Z");
        assert_eq!(utc_without_zone(timestamp), "2026-03-04 10:22:33");
        assert_eq!(local(timestamp, 330), "2026-03-04T15:52:33+05:30");
        assert_eq!(local(timestamp, -300), "2026-03-04T05:22:33-05:00");
    }
}
