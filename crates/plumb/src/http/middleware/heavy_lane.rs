//! The lane of heavy requests: few at a time, each on a thread of its own, so that the threads that answer all others are
//! never kept by the parsing, scoring or writing of many rows.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::Instrument;

use crate::http::error::Error;

/// Heavy requests that wait for each lane. What waits has its body in memory.
const WAITING_A_LANE: usize = 16;

/// The lanes: as many as there are cores.
pub(in crate::http) struct HeavyLane {
    admitted: Semaphore,
    lanes: Arc<Semaphore>,
    time_max: Duration,
}

impl HeavyLane {
    /// Returns the lanes of this machine; a request waits for one and is answered within so long.
    pub(in crate::http) fn new(time_max: Duration) -> HeavyLane {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let admitted = Semaphore::new(cores * (1 + WAITING_A_LANE));
        HeavyLane { admitted, lanes: Arc::new(Semaphore::new(cores)), time_max }
    }

    /// Answers a request when there is a lane for it. If nobody waits for the answer any more, the work on it ends at its
    /// next step, and the lane is free then.
    pub(super) async fn run(
        &self,
        response: impl Future<Output = Result<Response, Error>> + Send + 'static,
    ) -> Result<Response, Error> {
        let busy = || Error::busy("too many large requests are being answered");
        let _admitted = self.admitted.try_acquire().map_err(|_| busy())?;
        let answered = timeout(self.time_max, self.in_turn(response)).await;
        answered.unwrap_or_else(|_| Err(Error::busy("the request was not answered by its deadline")))
    }

    async fn in_turn(
        &self,
        response: impl Future<Output = Result<Response, Error>> + Send + 'static,
    ) -> Result<Response, Error> {
        let stopped = || Error::busy("the server is being stopped");
        let lane = self.lanes.clone().acquire_owned().await.map_err(|_| stopped())?;
        let (_is_awaited, is_dropped) = oneshot::channel::<()>();
        let (runtime, response) = (Handle::current(), response.in_current_span());
        let work = spawn_blocking(move || {
            let _lane = lane;
            runtime.block_on(async {
                tokio::select! {
                    response = response => response,
                    _ = is_dropped => Err(stopped()),
                }
            })
        });
        work.await.map_err(|error| anyhow::anyhow!("a large request was interrupted: {error}"))?
    }
}
