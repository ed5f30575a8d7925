//! Timestamps of a column: where it begins and ends, and where it has gaps.

use chrono::Datelike;

use super::calendar::{Unit, date};
use crate::gather::TimeFacts;
use crate::outcome::{Coverage, FewRows, Period, TimeProfile};
use crate::wording::timestamp;

/// So many rows at either end may be far from the others without being what the column is about.
const ENDS: f64 = 0.005;

/// What is farther from the middle of the rows than half their span, and at least so many days, is far off.
const MARGIN_DAYS: i64 = 90;

/// Gaps are weeks in a span of at most so many days, and months in a longer one.
const WEEKS_MAX_DAYS: i64 = 1_100;

/// A week or month has far fewer rows than usual if it has less than this share of them ...
const FEW_SHARE: f64 = 0.1;

/// ... and usual is at least so many, so that chance does not empty it.
const USUAL_MIN: u64 = 8;

/// Usual is the median of as many units on each side that have rows.
const NEIGHBOURS: usize = 6;

/// Returns what is said of a column's timestamps.
pub(super) fn times(facts: &TimeFacts) -> TimeProfile {
    let mut days: Vec<(i64, u64)> = facts.days.iter().map(|(day, rows)| (*day, *rows)).collect();
    days.sort_unstable();
    let (first, last) = middle(&days);
    let within: Vec<(i64, u64)> = days.iter().copied().filter(|(day, _)| (first..=last).contains(day)).collect();
    let all: u64 = days.iter().map(|(_, rows)| rows).sum();
    let rows_within: u64 = within.iter().map(|(_, rows)| rows).sum();
    let mut weekdays = [0; 7];
    days.iter().for_each(|(day, rows)| weekdays[date(*day).weekday().num_days_from_monday() as usize] += rows);
    let said = |time: Option<(i64, u64)>| time.map(|(time, line)| (timestamp(time), line));
    TimeProfile {
        earliest: said(facts.earliest),
        latest: said(facts.latest),
        in_future: facts.in_future,
        far_off: all - rows_within + facts.uncounted,
        coverage: coverage(&within),
        weekdays,
    }
}

/// The days between which the rows are, without those far off.
fn middle(days: &[(i64, u64)]) -> (i64, i64) {
    let all: u64 = days.iter().map(|(_, rows)| rows).sum();
    let at = |share: f64| {
        let mut before = 0;
        let reached = |(_, rows): &&(i64, u64)| {
            before += rows;
            before as f64 > share * all as f64
        };
        days.iter().find(reached).or(days.last()).map_or(0, |(day, _)| *day)
    };
    let (low, high) = (at(ENDS), at(1.0 - ENDS));
    let margin = ((high - low) / 2).max(MARGIN_DAYS);
    (low - margin, high + margin)
}

fn coverage(days: &[(i64, u64)]) -> Option<Coverage> {
    let (first, last) = (days.first()?.0, days.last()?.0);
    let unit = Unit::of_span(last - first);
    let periods = by_unit(days, unit);
    let gap_unit = if last - first <= WEEKS_MAX_DAYS { Unit::Week } else { Unit::Month };
    Some(Coverage {
        from: date(first).to_string(),
        to: date(last).to_string(),
        periods: periods.iter().map(|(day, rows)| Period { from: date(*day).to_string(), rows: *rows }).collect(),
        period: unit.word(),
        gaps: gaps(&by_unit(days, gap_unit), gap_unit),
    })
}

/// Rows of each unit from the first to the last, empty ones among them.
fn by_unit(days: &[(i64, u64)], unit: Unit) -> Vec<(i64, u64)> {
    let mut units: Vec<(i64, u64)> = Vec::new();
    for (day, rows) in days {
        let begin = unit.begin(*day);
        if units.is_empty() {
            units.push((begin, 0));
        }
        while let Some((last, _)) = units.last().filter(|(last, _)| *last < begin) {
            units.push((unit.next(*last), 0));
        }
        if let Some((_, counted)) = units.last_mut() {
            *counted += rows;
        }
    }
    units
}

/// Runs of units with far fewer rows than those around. The first and the last unit are cut off by their nature.
fn gaps(units: &[(i64, u64)], unit: Unit) -> Vec<FewRows> {
    let mut gaps: Vec<(FewRows, usize)> = Vec::new();
    for place in 1..units.len().saturating_sub(1) {
        let usual = usual(units, place);
        let (begin, rows) = units[place];
        if usual < USUAL_MIN || rows as f64 >= FEW_SHARE * usual as f64 {
            continue;
        }
        let to = date(unit.next(begin) - 1).to_string();
        match gaps.last_mut().filter(|(_, last)| last + 1 == place) {
            Some((gap, last)) => {
                gap.to = to;
                gap.rows += rows;
                gap.usual += usual;
                *last = place;
            }
            None => gaps.push((FewRows { from: date(begin).to_string(), to, rows, usual }, place)),
        }
    }
    gaps.into_iter().map(|(gap, _)| gap).collect()
}

/// The smaller of the medians before and after: a table that grows is not full of gaps in its youth.
fn usual(units: &[(i64, u64)], place: usize) -> u64 {
    let median = |mut rows: Vec<u64>| {
        rows.sort_unstable();
        rows.get(rows.len() / 2).copied().unwrap_or_default()
    };
    let rows = |units: &mut dyn Iterator<Item = &(i64, u64)>| {
        units.map(|(_, rows)| *rows).filter(|rows| *rows > 0).take(NEIGHBOURS).collect::<Vec<u64>>()
    };
    let before = median(rows(&mut units[..place].iter().rev()));
    let after = median(rows(&mut units[place + 1..].iter()));
    before.min(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gather::DAY;

    #[track_caller]
    fn check(days: impl Iterator<Item = i64>, gaps: &[(&str, &str, u64)], far_off: u64) {
        let mut facts = TimeFacts::default();
        let times: Vec<i64> = days.map(|day| day * DAY).collect();
        facts.add(&times, &vec![2; times.len()], i64::MAX);
        let found = super::times(&facts);
        assert_eq!(found.far_off, far_off);
        let found = found.coverage.expect("there are days").gaps;
        let found: Vec<(&str, &str, u64)> =
            found.iter().map(|gap| (gap.from.as_str(), gap.to.as_str(), gap.rows)).collect();
        assert_eq!(found, gaps);
    }

    /// Ten rows a day from 2026-01-05, a Monday.
    fn year() -> impl Iterator<Item = i64> {
        (20_458..20_458 + 364).flat_map(|day| std::iter::repeat_n(day, 10))
    }

    #[test]
    fn weeks_without_rows_or_with_few_are_one_gap() {
        check(year(), &[], 0);
        let gap = |day: &i64| !(20_458 + 70..20_458 + 84).contains(day);
        check(year().filter(gap).chain([20_458 + 75]), &[("2026-03-16", "2026-03-29", 1)], 0);
    }

    #[test]
    fn rows_of_a_placeholder_date_are_far_off_and_make_no_gap() {
        check(year().chain([-25_567, 0]), &[], 2);
    }

    #[test]
    fn a_table_that_grows_has_no_gaps() {
        let growing =
            (0..60_i64).flat_map(|week| std::iter::repeat_n(20_458 + 7 * week, 1 + (week * week) as usize / 4));
        check(growing, &[], 0);
    }
}
