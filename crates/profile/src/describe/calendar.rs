//! Days as weeks, months and years.

use chrono::{Datelike, NaiveDate, TimeDelta};

/// A length of time by which rows are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    /// Returns the shortest unit of which a span of so many days has not too many for a chart.
    pub(super) fn of_span(days: i64) -> Unit {
        match days {
            ..=92 => Unit::Day,
            93..=800 => Unit::Week,
            801..=4_400 => Unit::Month,
            _ => Unit::Year,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Year => "year",
        }
    }

    /// Returns the first day of the unit that a day is in; weeks begin on Monday.
    pub(super) fn begin(self, day: i64) -> i64 {
        let date = date(day);
        match self {
            Unit::Day => day,
            Unit::Week => day - i64::from(date.weekday().num_days_from_monday()),
            Unit::Month => number(date.with_day(1).unwrap_or(date)),
            Unit::Year => number(date.with_ordinal(1).unwrap_or(date)),
        }
    }

    /// Returns the first day of the next unit.
    pub(super) fn next(self, begin: i64) -> i64 {
        match self {
            Unit::Day => begin + 1,
            Unit::Week => begin + 7,
            // From a first day, these lead into the next unit and not beyond it.
            Unit::Month => self.begin(begin + 31),
            Unit::Year => self.begin(begin + 366),
        }
    }
}

/// Returns the date of a day since 1970; beyond what can be said, the last that can.
pub(super) fn date(day: i64) -> NaiveDate {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap_or_default();
    let last = if day < 0 { NaiveDate::MIN } else { NaiveDate::MAX };
    TimeDelta::try_days(day).and_then(|days| epoch.checked_add_signed(days)).unwrap_or(last)
}

fn number(date: NaiveDate) -> i64 {
    (date - NaiveDate::from_ymd_opt(1970, 1, 1).unwrap_or_default()).num_days()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_follow_each_other_without_a_gap() {
        for unit in [Unit::Day, Unit::Week, Unit::Month, Unit::Year] {
            let mut begin = unit.begin(-5_000);
            while begin < 25_000 {
                let next = unit.next(begin);
                assert_eq!(unit.begin(next - 1), begin, "{unit:?} of day {begin}");
                assert_eq!(unit.begin(next), next);
                begin = next;
            }
        }
        assert_eq!(date(Unit::Week.begin(0)).to_string(), "1969-12-29");
    }
}
