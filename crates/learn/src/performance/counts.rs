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
