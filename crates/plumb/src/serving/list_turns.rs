//! Turns of those who read lists: few at a time, so that however many people page through lists, there are processors and
//! connections left for scoring.

use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::store::LIST_READERS;

/// Lists that are read at once: each has a connection of its own.
const READING_MAX: usize = LIST_READERS as usize;

/// Lists that wait for their turn. A page takes milliseconds, so this many are read in about a second.
pub(crate) const WAITING_MAX: usize = 128;

/// How long a list may wait, and how long it may then be read. A page of the largest list takes milliseconds; whoever has
/// waited for longer has looked elsewhere.
pub(crate) const LIST_TIME_MAX: Duration = Duration::from_secs(5);

/// Why a list was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// Too many lists are being read and waited for.
    Full,
    /// Its turn did not come in time.
    Waited,
    /// It was not read in time.
    TooSlow,
}

/// Gives turns to those who read lists.
#[derive(Debug)]
pub(crate) struct ListTurns {
    admitted: Semaphore,
    reading: Semaphore,
    time_max: Duration,
}

impl ListTurns {
    pub(super) fn new(time_max: Duration) -> ListTurns {
        let (admitted, reading) = (Semaphore::new(READING_MAX + WAITING_MAX), Semaphore::new(READING_MAX));
        ListTurns { admitted, reading, time_max }
    }

    /// Reads a list when its turn comes.
    pub(crate) async fn run<T>(&self, list: impl Future<Output = T>) -> Result<T, NoTurn> {
        let _admitted = self.admitted.try_acquire().map_err(|_| NoTurn::Full)?;
        let turn = timeout(self.time_max, self.reading.acquire()).await;
        let _reading = turn.ok().and_then(Result::ok).ok_or(NoTurn::Waited)?;
        timeout(self.time_max, list).await.map_err(|_| NoTurn::TooSlow)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn no_list_waits_for_ever_and_too_many_are_refused_at_once() {
        let turns = std::sync::Arc::new(ListTurns::new(Duration::from_millis(30)));
        let mut all = JoinSet::new();
        for _ in 0..READING_MAX + WAITING_MAX {
            let turns = turns.clone();
            all.spawn(async move { turns.run(pending::<()>()).await });
        }
        while turns.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(turns.run(async {}).await, Err(NoTurn::Full));
        let ended = all.join_all().await;
        let of = |why: NoTurn| ended.iter().filter(|ended| **ended == Err(why)).count();
        assert!(of(NoTurn::TooSlow) >= READING_MAX && of(NoTurn::Waited) > 0, "{ended:?}");
        assert_eq!(turns.run(async { 7 }).await, Ok(7), "all turns are given back");
    }
}
