//! The clock of the schedule. A clock of past time has no pauses: two years of a schedule take as long as their jobs.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use futures::future::LocalBoxFuture;

/// The longest rest. After it the clock is looked at again: it may have been set, or the machine may have slept.
const REST_MAX: TimeDelta = TimeDelta::seconds(30);

/// What time it is.
pub(crate) trait Clock {
    /// Returns the time.
    fn now(&self) -> DateTime<Utc>;

    /// Returns the time that jobs take for now; `None`: the project's or the machine's.
    fn as_of(&self) -> Option<DateTime<Utc>>;

    /// Waits until a moment, or less; returns false when there is no more time.
    fn wait_until(&self, at: DateTime<Utc>) -> LocalBoxFuture<'_, bool>;
}

/// The machine's clock.
pub(crate) struct SystemClock;

/// A clock that goes through a span of past time and waits for nobody.
pub(crate) struct PastClock {
    now: Mutex<DateTime<Utc>>,
    until: DateTime<Utc>,
}

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn as_of(&self) -> Option<DateTime<Utc>> {
        None
    }

    fn wait_until(&self, at: DateTime<Utc>) -> LocalBoxFuture<'_, bool> {
        let rest = (at - Utc::now()).min(REST_MAX).to_std().unwrap_or(Duration::ZERO);
        async move {
            tokio::time::sleep(rest).await;
            true
        }
        .boxed_local()
    }
}

impl PastClock {
    /// Returns a clock that goes from one moment to another.
    pub(crate) fn new(from: DateTime<Utc>, until: DateTime<Utc>) -> PastClock {
        PastClock { now: Mutex::new(from), until }
    }

    /// Puts the clock on, or back.
    #[cfg(test)]
    pub(crate) fn set(&self, now: DateTime<Utc>) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for PastClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn as_of(&self) -> Option<DateTime<Utc>> {
        Some(self.now())
    }

    fn wait_until(&self, at: DateTime<Utc>) -> LocalBoxFuture<'_, bool> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = at.max(*now).min(self.until.max(*now));
        std::future::ready(at <= self.until).boxed_local()
    }
}
