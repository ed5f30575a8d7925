//! Weeks by number.

use chrono::{DateTime, Utc};

/// Returns the number of a time's week; weeks begin on Mondays.
pub fn week_of(at: DateTime<Utc>) -> i64 {
    // The first of January 1970 was a Thursday.
    (at.timestamp().div_euclid(86_400) + 3).div_euclid(7)
}
