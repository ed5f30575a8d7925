//! Timestamps as the database has them: microseconds since 1970 in UTC.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

/// Returns a timestamp as it is stored. Anything finer than a microsecond is cut off.
pub(super) fn to_micros(timestamp: DateTime<Utc>) -> i64 {
    timestamp.timestamp_micros()
}

/// Returns a stored timestamp.
pub(super) fn from_micros(micros: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).with_context(|| format!("`{micros}` is not a timestamp in microseconds"))
}
