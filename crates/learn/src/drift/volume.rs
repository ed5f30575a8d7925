//! How many rows come: more or fewer than the weeks before and the season explain, or none at all.

use chrono::{DateTime, Utc};

use super::calendar::week_of;
use super::tails::t_beyond;

/// The weeks before that say how many to expect.
const WEEKS_BEFORE: usize = 4;

/// With fewer weeks of history nothing is expected.
const HISTORY_MIN: usize = 12;

/// A week is only unusual if it has this many times the rows that are expected, or one over so many times.
const RATIO_MIN: f64 = 1.6;

/// Weeks of a year, and around the same week of another year.
const YEAR: i64 = 52;
const SEASON_WEEKS: i64 = 1;

/// Rows of one week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeekRows {
    /// The Monday that it begins on.
    pub from: DateTime<Utc>,
    /// How many rows it has.
    pub rows: usize,
}

/// What the last week is, given the weeks before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Volume {
    /// As usual, or nobody can tell.
    Usual,
    /// Rows came, far more or fewer than expected.
    Unusual {
        /// Rows that were expected.
        expected: f64,
        /// The chance of being as far off.
        p_value: f64,
    },
    /// No rows came where they should have.
    Silent {
        /// Weeks without a row, the last one included.
        weeks: usize,
        /// Rows a week before.
        expected: f64,
    },
}

/// Returns what the last of these weeks is, which are in order and without a gap: a week without rows has 0. `chance` is the
/// chance at which a usual week may be called unusual.
pub fn volume(weeks: &[WeekRows], chance: f64) -> Volume {
    let Some((last, history)) = weeks.split_last() else { return Volume::Usual };
    if last.rows == 0 {
        return silence(weeks, chance);
    }
    // Weeks of a silence say nothing of what is usual.
    let history: Vec<&WeekRows> = history.iter().filter(|week| week.rows > 0).collect();
    if history.len() < HISTORY_MIN {
        return Volume::Usual;
    }
    let by_weeks_before = Forecast::new(&history, last, |_, before| Some((before, before)));
    let by_season = Forecast::new(&history, last, |index, before| seasonal(weeks, &history, last, index, before));
    let Some(plain) = by_weeks_before else { return Volume::Usual };
    // What either explains is explained.
    let forecasts = [Some(plain), by_season];
    let found = forecasts.into_iter().flatten().max_by(|one, other| one.p_value.total_cmp(&other.p_value));
    match found {
        Some(found) if found.p_value <= chance && found.is_far(last.rows) => {
            Volume::Unusual { expected: found.expected, p_value: found.p_value }
        }
        _ => Volume::Usual,
    }
}

/// How many rows are expected, and how unusual another number is.
#[derive(Clone, Copy)]
struct Forecast {
    expected: f64,
    p_value: f64,
}

impl Forecast {
    /// `expect` returns the least and the most that is expected of the week at an index of the history (its length is the last
    /// week), given the mean of those before it. How far it was off in the past says how far is usual.
    fn new(
        history: &[&WeekRows],
        last: &WeekRows,
        expect: impl Fn(usize, f64) -> Option<(f64, f64)>,
    ) -> Option<Forecast> {
        let nearest = |index: usize, rows: usize| {
            let weeks = &history[index.checked_sub(WEEKS_BEFORE)?..index];
            let before = weeks.iter().map(|week| week.rows as f64).sum::<f64>() / WEEKS_BEFORE as f64;
            let (least, most) = expect(index, before)?;
            Some((rows as f64).max(least).min(most.max(least)))
        };
        let off = |rows: usize, expected: f64| ((rows as f64 + 0.5) / (expected + 0.5)).ln();
        let past: Vec<f64> = (WEEKS_BEFORE..history.len())
            .filter_map(|index| Some(off(history[index].rows, nearest(index, history[index].rows)?)))
            .collect();
        if past.len() < HISTORY_MIN - WEEKS_BEFORE {
            return None;
        }
        let expected = nearest(history.len(), last.rows)?;
        // Chance alone has this variance in logarithms.
        let by_chance = (1.0 + 1.0 / WEEKS_BEFORE as f64) / expected.max(1.0);
        let variance = past.iter().map(|off| off * off).sum::<f64>() / past.len() as f64;
        let found = off(last.rows, expected);
        let p_value = t_beyond(found / variance.max(by_chance).sqrt(), past.len() as f64 - 1.0);
        Some(Forecast { expected, p_value })
    }

    fn is_far(&self, rows: usize) -> bool {
        let ratio = (rows as f64 + 0.5) / (self.expected + 0.5);
        !(1.0 / RATIO_MIN..=RATIO_MIN).contains(&ratio)
    }
}

/// The weeks before, times what the weeks around the same one were to those before them a year ago; `None` without that year.
fn seasonal(
    weeks: &[WeekRows],
    history: &[&WeekRows],
    last: &WeekRows,
    index: usize,
    before: f64,
) -> Option<(f64, f64)> {
    let week = week_of(history.get(index).map_or(last.from, |week| week.from)) - YEAR;
    let between = |from: i64, to: i64| -> Vec<f64> {
        let inside = weeks.iter().filter(|week| (from..=to).contains(&week_of(week.from)) && week.rows > 0);
        inside.map(|week| week.rows as f64).collect()
    };
    let (season, earlier) =
        (between(week - SEASON_WEEKS, week + SEASON_WEEKS), between(week - WEEKS_BEFORE as i64, week - 1));
    if season.len() < 3 || earlier.len() < 2 {
        return None;
    }
    let scale = before / (earlier.iter().sum::<f64>() / earlier.len() as f64);
    let least = season.iter().copied().fold(f64::INFINITY, f64::min);
    Some((scale * least, scale * season.iter().copied().fold(0.0, f64::max)))
}

fn silence(weeks: &[WeekRows], chance: f64) -> Volume {
    let silent = weeks.iter().rev().take_while(|week| week.rows == 0).count();
    let before = &weeks[..weeks.len() - silent];
    let before = &before[before.len().saturating_sub(YEAR as usize)..];
    if before.is_empty() {
        return Volume::Usual;
    }
    let expected = before.iter().map(|week| week.rows as f64).sum::<f64>() / before.len() as f64;
    let empty = before.iter().filter(|week| week.rows == 0).count() as f64;
    // How often a week is empty: by its own history, and as if leads came one by one.
    let of_one = ((empty + 0.5) / (before.len() as f64 + 1.0)).max((-expected).exp());
    match of_one.powf(silent as f64) <= chance
        || (empty == 0.0 && silent >= 2 && (-expected * silent as f64).exp() <= chance)
    {
        true => Volume::Silent { weeks: silent, expected },
        false => Volume::Usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weeks(rows: impl IntoIterator<Item = usize>) -> Vec<WeekRows> {
        let monday = |week: i64| DateTime::from_timestamp((4 + 7 * week) * 86_400, 0).expect("in range");
        (2600..).zip(rows).map(|(week, rows)| WeekRows { from: monday(week), rows }).collect()
    }

    /// About a hundred a week, with an end of the year that has a third of it.
    fn usual(count: usize) -> Vec<usize> {
        (0..count).map(|week| if week % 52 >= 50 { 33 } else { 90 + (week * 7919) % 23 }).collect()
    }

    #[test]
    fn weeks_without_rows_are_a_silence() {
        let after = |silent: usize| volume(&weeks(usual(40).into_iter().chain(vec![0; silent])), 1e-3);
        assert_eq!(after(0), Volume::Usual);
        assert!(matches!(after(2), Volume::Silent { weeks: 2, .. }), "{:?}", after(2));
        assert!(matches!(after(11), Volume::Silent { weeks: 11, expected } if expected > 90.0));
        // Where a week without a lead is usual, it is no news.
        let rare: Vec<usize> = (0..60).map(|week| week % 3).collect();
        assert_eq!(volume(&weeks(rare.into_iter().chain([0, 0])), 1e-3), Volume::Usual);
    }

    #[test]
    fn a_week_far_from_those_before_is_unusual_unless_its_season_is() {
        let with = |rows: usize| volume(&weeks(usual(40).into_iter().chain([rows])), 1e-3);
        assert_eq!(with(120), Volume::Usual);
        assert!(matches!(with(20), Volume::Unusual { .. }));
        assert!(matches!(with(400), Volume::Unusual { .. }));
        let two_years = usual(103);
        assert_eq!(two_years[102], 33);
        assert_eq!(volume(&weeks(two_years), 1e-3), Volume::Usual, "it was so a year ago");
        assert!(matches!(volume(&weeks(usual(51)), 1e-3), Volume::Unusual { .. }), "the first end of a year");
    }
}
