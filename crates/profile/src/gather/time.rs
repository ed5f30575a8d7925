//! Timestamps: rows a day, and the extremes.

use std::collections::HashMap;

/// A missing timestamp.
pub(crate) const MISSING_TIME: i64 = i64::MIN;

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// Days that are counted one by one: 270 years. What comes later is counted by the extremes alone.
const DAYS_MAX: usize = 100_000;

/// What is summed up of a column of timestamps.
#[derive(Default)]
pub(crate) struct TimeFacts {
    /// Rows of each day since 1970.
    pub(crate) days: HashMap<i64, u64>,
    /// Rows of days beyond those that are counted.
    pub(crate) uncounted: u64,
    pub(crate) earliest: Option<(i64, u64)>,
    pub(crate) latest: Option<(i64, u64)>,
    pub(crate) in_future: u64,
    /// Rows that are not exactly at midnight.
    pub(crate) with_time: u64,
}

impl TimeFacts {
    /// Adds the timestamps of a block. `now` is the time after which they are in the future.
    pub(crate) fn add(&mut self, values: &[i64], lines: &[u64], now: i64) {
        // Rows in the order of time, as exports are, have the same day as those before them.
        let mut run = (i64::MIN, 0);
        for (value, line) in values.iter().zip(lines) {
            if *value == MISSING_TIME {
                continue;
            }
            if self.earliest.is_none_or(|(earliest, _)| *value < earliest) {
                self.earliest = Some((*value, *line));
            }
            if self.latest.is_none_or(|(latest, _)| *value > latest) {
                self.latest = Some((*value, *line));
            }
            self.in_future += u64::from(*value > now);
            let day = value.div_euclid(DAY);
            self.with_time += u64::from(value.rem_euclid(DAY) != 0);
            if run.0 != day {
                self.count(run);
                run = (day, 0);
            }
            run.1 += 1;
        }
        self.count(run);
    }

    fn count(&mut self, (day, rows): (i64, u64)) {
        if rows == 0 {
            return;
        }
        if self.days.len() >= DAYS_MAX && !self.days.contains_key(&day) {
            self.uncounted += rows;
        } else {
            *self.days.entry(day).or_default() += rows;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_by_day_also_before_1970() {
        let mut facts = TimeFacts::default();
        facts.add(&[0, DAY - 1, MISSING_TIME, -1, 3 * DAY], &[2, 3, 4, 5, 6], 2 * DAY);
        let mut days: Vec<(i64, u64)> = facts.days.into_iter().collect();
        days.sort_unstable();
        assert_eq!(days, [(-1, 1), (0, 2), (3, 1)]);
        assert_eq!((facts.earliest, facts.latest, facts.in_future), (Some((-1, 5)), Some((3 * DAY, 6)), 1));
    }
}
