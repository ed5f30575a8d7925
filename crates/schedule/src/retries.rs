//! When a run that failed is tried again, and when people are told.

use chrono::TimeDelta;

/// The first pause; each is five times the one before.
const FIRST_MINUTES: i64 = 1;

/// The longest pause.
const PAUSE_MAX: TimeDelta = TimeDelta::hours(1);

/// How many times a run is tried again, after the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries(pub u32);

impl Retries {
    /// What suits a source that is down for some minutes: three, within about half an hour.
    pub const DEFAULT: Retries = Retries(3);

    /// Returns whether another try may follow this one; the first is 1.
    pub(crate) fn may_follow(self, attempt: u32) -> bool {
        attempt <= self.0
    }
}

/// Returns the pause after a try; the first is 1.
pub(crate) fn pause_after(attempt: u32) -> TimeDelta {
    let minutes = 5_i64.checked_pow(attempt.saturating_sub(1)).and_then(|times| times.checked_mul(FIRST_MINUTES));
    minutes.and_then(TimeDelta::try_minutes).map_or(PAUSE_MAX, |pause| pause.min(PAUSE_MAX))
}

/// Returns whether people are told when so many runs of a job in a row have come to nothing: once, when as many have as one due
/// time is tried. Jobs that are due more often than that takes are told of as well.
pub fn is_told(retries: Retries, runs_in_vain: u32) -> bool {
    runs_in_vain == retries.0.saturating_add(1)
}
