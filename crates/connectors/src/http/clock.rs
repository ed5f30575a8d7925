//! The time, and waiting. Both are handed in, so that a test of an hour's pauses takes no time.

use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, Utc};

/// A clock that can also wait.
pub trait Clock: Send + Sync {
    /// Returns the time of now.
    fn now(&self) -> DateTime<Utc>;

    /// Waits.
    fn pause(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn pause(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(duration))
    }
}
