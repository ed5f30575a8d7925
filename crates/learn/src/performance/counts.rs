//! How many positive outcomes came in each week, and how many the scores let expect.

use serde::{Deserialize, Serialize};

use super::awaited::AwaitedLead;
use super::delay::Delay;
use crate::error::Error;

/// Days of a week. Outcomes have a weekly rhythm, so no shorter time is looked at.
pub(super) const WEEK: i64 = 7;

/// What came in one week, or in several, and what was to be expected. Every expectation is made of what was known before:
/// it is the sum, over leads that were still awaited, of the hazard at their age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// Positive outcomes that came.
    pub observed: usize,
    /// How many the scores let expect.
    pub expected: f64,
    /// Of those that came, the outcomes of leads over the median age.
    pub observed_late: usize,
    /// How many of the expected ones are of leads over the median age.
    pub expected_late: f64,
}

/// A column by which leads are parted, such as their channel.
#[derive(Clone, Copy, Debug)]
pub struct Dimension<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its values, each of which is watched. They have to be the same from week to week: take those of the training data.
    pub levels: &'a [String],
    /// The place of each lead's value; leads with another number are in no level.
    pub codes: &'a [u32],
}

/// Counts by week of all leads, and then of the levels of each dimension.
pub(super) struct Counts {
    pub(super) streams: Vec<Vec<Count>>,
}

/// The weeks that are counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weeks {
    from: i32,
    count: usize,
}

impl Count {
    /// Adds another week, or other leads.
    pub fn add(&mut self, other: &Count) {
        self.observed += other.observed;
        self.expected += other.expected;
        self.observed_late += other.observed_late;
        self.expected_late += other.expected_late;
    }

    /// Returns the sum of some weeks.
    pub fn sum(weeks: &[Count]) -> Count {
        let mut sum = Count::default();
        weeks.iter().for_each(|week| sum.add(week));
        sum
    }
}

impl Weeks {
    /// Returns the whole weeks from a day until another.
    pub(super) fn between(from: i32, until: i32) -> Weeks {
        let days = (i64::from(until) - i64::from(from)).max(0);
        Weeks { from, count: (days / WEEK) as usize }
    }

    fn end(self) -> i32 {
        (i64::from(self.from) + self.count as i64 * WEEK) as i32
    }
}

/// Returns the dimension and the level of every stream but the first.
pub(super) fn segments(dimensions: &[Dimension]) -> impl Iterator<Item = (String, String)> {
    dimensions
        .iter()
        .flat_map(|dimension| dimension.levels.iter().map(|level| (dimension.name.to_owned(), level.clone())))
}

impl Counts {
    /// Counts the leads' outcomes by week; linear in the leads and the ages at which they are awaited.
    pub(super) fn new(
        leads: &[AwaitedLead],
        dimensions: &[Dimension],
        delay: &Delay,
        weeks: Weeks,
    ) -> Result<Counts, Error> {
        for dimension in dimensions {
            if dimension.codes.len() != leads.len() {
                let (found, expected) = (dimension.codes.len(), leads.len());
                return Err(Error::Lengths { what: "values of a segment's column", found, expected });
            }
        }
        // Where the levels of each dimension begin.
        let mut starts = vec![1];
        dimensions.iter().for_each(|dimension| starts.push(starts[starts.len() - 1] + dimension.levels.len()));
        let mut streams = vec![vec![Count::default(); weeks.count]; starts[dimensions.len()]];
        let mut of_lead = vec![Count::default(); weeks.count.min(delay.age_max() as usize / WEEK as usize + 2)];
        for (row, lead) in leads.iter().enumerate() {
            let Some(first) = count_lead(lead, delay, weeks, &mut of_lead) else { continue };
            let mut add = |stream: usize| {
                streams[stream][first..].iter_mut().zip(&of_lead).for_each(|(sum, count)| sum.add(count));
            };
            add(0);
            for (dimension, start) in dimensions.iter().zip(&starts) {
                let code = dimension.codes[row] as usize;
                if code < dimension.levels.len() {
                    add(start + code);
                }
            }
        }
        Ok(Counts { streams })
    }
}

/// Writes what is expected of one lead into as many weeks as it is awaited in, and returns the first of them; `None` if it is
/// awaited in none.
fn count_lead(lead: &AwaitedLead, delay: &Delay, weeks: Weeks, counts: &mut [Count]) -> Option<usize> {
    let mut ages = lead.ages(weeks.end(), delay.age_max());
    // The age at which the first week begins.
    let begin = i64::from(weeks.from) - i64::from(lead.day);
    ages.start = ages.start.max(u32::try_from(begin).unwrap_or(0));
    if ages.is_empty() {
        return None;
    }
    counts.fill(Count::default());
    let week_of = |age: u32| ((i64::from(age) - begin) / WEEK) as usize;
    let (first, median) = (week_of(ages.start), delay.median());
    let mut age = ages.start;
    while age < ages.end {
        let week = week_of(age);
        let end = ((begin + (week as i64 + 1) * WEEK) as u32).min(ages.end);
        let count = &mut counts[week - first];
        for age in age..end {
            let expected = delay.hazard(lead.score, age as usize);
            count.expected += expected;
            count.expected_late += if age >= median { expected } else { 0.0 };
        }
        age = end;
    }
    if let Some(age) = lead.positive_within(&ages) {
        let count = &mut counts[week_of(age) - first];
        count.observed = 1;
        count.observed_late = usize::from(age >= median);
    }
    Some(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A delay of which a tenth comes on each of ten days, over the ages 0 to 9.
    fn delay() -> Delay {
        let leads = (0..40).map(|row| AwaitedLead { score: 0.5, day: 0, watched_from: 0, positive_on: Some(row % 10) });
        let open = AwaitedLead { score: 0.5, day: 0, watched_from: 0, positive_on: None };
        Delay::measured(&leads.chain([open]).collect::<Vec<_>>(), 10, 10).expect("there are enough outcomes")
    }

    fn lead(day: i32, positive_on: Option<u32>) -> AwaitedLead {
        AwaitedLead { score: 0.4, day, watched_from: 0, positive_on }
    }

    #[test]
    fn weeks_are_counted_as_by_hand() {
        let leads = [lead(3, None), lead(-2, Some(4)), lead(9, Some(1)), lead(-30, None)];
        let codes = [0, 1, 7, 0];
        let levels = ["web".to_owned(), "fair".to_owned()];
        let dimension = Dimension { name: "channel", levels: &levels, codes: &codes };
        let counts = Counts::new(&leads, &[dimension], &delay(), Weeks::between(0, 16)).expect("codes fit");
        let hazard = |age: usize| 0.04 / (1.0 - 0.04 * age as f64);
        let sum = |ages: std::ops::Range<usize>| ages.map(hazard).sum::<f64>();
        // The first lead has the ages 0 to 3 in the first week and 4 to 9 in the second; the second one is positive at the
        // age of 4, on the third day of the first week; the third in the second week. The last is too old.
        let expected = [(1, sum(0..4) + sum(2..5)), (1, sum(4..10) + sum(0..2))];
        for (found, expected) in counts.streams[0].iter().zip(expected) {
            assert_eq!(found.observed, expected.0);
            assert!((found.expected - expected.1).abs() < 1e-12, "{found:?} is not {expected:?}");
        }
        assert_eq!(counts.streams[0].len(), 2, "the third week is not over");
        let of_web: Vec<usize> = counts.streams[1].iter().map(|week| week.observed).collect();
        let of_fair: Vec<usize> = counts.streams[2].iter().map(|week| week.observed).collect();
        assert_eq!((of_web, of_fair), (vec![0, 0], vec![1, 0]));
        assert_eq!((counts.streams[0][1].observed_late, counts.streams[0][0].observed_late), (0, 0), "the median is 5");
        assert!((counts.streams[0][1].expected_late - sum(5..10)).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn parts_sum_up_to_the_whole(
            rows in prop::collection::vec((-15..40i32, 0.0..=1.0f64, prop::option::of(0..12u32), 0..14u32, 0..3u32), 0..40),
            from in -5..10i32,
            days in 0..60i32,
        ) {
            let lead = |(day, score, positive_on, watched_from, _): &(i32, f64, Option<u32>, u32, u32)| {
                AwaitedLead { score: *score, day: *day, watched_from: *watched_from, positive_on: *positive_on }
            };
            let leads: Vec<AwaitedLead> = rows.iter().map(lead).collect();
            let codes: Vec<u32> = rows.iter().map(|row| row.4).collect();
            let levels = ["a", "b", "c"].map(str::to_owned);
            let dimension = Dimension { name: "d", levels: &levels, codes: &codes };
            let weeks = Weeks::between(from, from + days);
            let counts = Counts::new(&leads, &[dimension], &delay(), weeks).expect("codes fit");
            for week in 0..counts.streams[0].len() {
                let mut sum = Count::default();
                counts.streams[1..].iter().for_each(|stream| sum.add(&stream[week]));
                prop_assert_eq!(sum.observed, counts.streams[0][week].observed);
                prop_assert!((sum.expected - counts.streams[0][week].expected).abs() < 1e-9);
                prop_assert!(sum.expected_late <= sum.expected + 1e-9);
            }
            // Later days do not change weeks that were counted before.
            let longer = Counts::new(&leads, &[], &delay(), Weeks::between(from, from + days + 30)).expect("no codes");
            prop_assert_eq!(&longer.streams[0][..counts.streams[0].len()], &counts.streams[0][..]);
        }
    }
}
