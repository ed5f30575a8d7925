//! No time may be asked about that is still to come: a prediction as of then would rest on nothing that is known, and stand
//! before every other.

use chrono::{DateTime, TimeDelta, Utc};

/// How far a caller's clock may be ahead of ours. Clocks that are set by the network differ by less than a second, others by
/// a minute or two; SigV4 and Kerberos allow as much as this.
pub(crate) const CLOCK_SKEW_MAX: TimeDelta = TimeDelta::minutes(5);

/// Returns whether a time is still to come, by any clock.
pub(crate) fn is_in_future(timestamp: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    timestamp.signed_duration_since(now) > CLOCK_SKEW_MAX
}

/// Returns what is wrong with an `as_of` that is still to come, as what follows its name; `None` if nothing is.
pub(crate) fn problem(as_of: DateTime<Utc>, now: DateTime<Utc>) -> Option<String> {
    is_in_future(as_of, now).then(|| {
        format!(
            "is {}, which is still to come: expected a time until now, {}, or {} minutes more as clocks differ; leave it out \
             to ask about now",
            as_of.to_rfc3339(),
            now.to_rfc3339(),
            CLOCK_SKEW_MAX.num_minutes()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_be_ahead_by_minutes_and_not_by_more() {
        let now = DateTime::from_timestamp(1_769_904_000, 0).expect("in range");
        for as_of in [now, now - TimeDelta::days(9_000), now + CLOCK_SKEW_MAX, DateTime::<Utc>::MIN_UTC] {
            assert_eq!(problem(as_of, now), None, "{as_of}");
        }
        for as_of in [now + CLOCK_SKEW_MAX + TimeDelta::microseconds(1), DateTime::<Utc>::MAX_UTC] {
            assert!(problem(as_of, now).is_some_and(|problem| problem.contains("5 minutes")), "{as_of}");
        }
    }
}
