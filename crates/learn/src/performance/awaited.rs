//! Leads that have a score and whose outcome is awaited.

use crate::error::Error;

/// A scored lead, and what has come of it so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AwaitedLead {
    /// The score, a probability that the outcome is positive within the horizon.
    pub score: f64,
    /// The date of the score's `as_of`, in days from any fixed date.
    pub day: i32,
    /// The age in days from which on the lead counts: 0, unless it had its score before the watch began. A lead whose
    /// outcome came before that age is left out.
    pub watched_from: u32,
    /// The age in days at which a positive outcome became known; `None` if none is known. A lead that was decided against
    /// stays a lead without a positive outcome.
    pub positive_on: Option<u32>,
}

impl AwaitedLead {
    /// Returns the ages at which a positive outcome would have been seen, before the day `until` and before an age.
    pub(super) fn ages(&self, until: i32, age_max: u32) -> std::ops::Range<u32> {
        let watched = u32::try_from(i64::from(until) - i64::from(self.day)).unwrap_or(0).min(age_max);
        let end = self.positive_on.map_or(watched, |age| watched.min(age.saturating_add(1)));
        // A lead that was positive before it was watched has no age at all.
        self.watched_from.min(end)..end
    }

    /// Returns the age of the positive outcome, if it is within these ages.
    pub(super) fn positive_within(&self, ages: &std::ops::Range<u32>) -> Option<u32> {
        self.positive_on.filter(|age| ages.contains(age))
    }
}

/// Returns an error unless all scores are probabilities.
pub(super) fn check(leads: &[AwaitedLead]) -> Result<(), Error> {
    match leads.iter().enumerate().find(|(_, lead)| !(0.0..=1.0).contains(&lead.score)) {
        Some((row, lead)) => Err(Error::Score { score: lead.score, row }),
        None => Ok(()),
    }
}
