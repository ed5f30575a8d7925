//! Work on threads for blocking work, which ends early when its result is no longer needed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};

/// Tells work that its result is no longer needed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cancellation(Arc<AtomicBool>);

/// Cancels work when the future that waits for it is dropped.
struct CancelOnDrop(Cancellation);

impl Cancellation {
    /// Returns whether the result is no longer needed.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Returns an error if the result is no longer needed.
    pub(crate) fn check(&self) -> Result<()> {
        ensure!(!self.is_cancelled(), "it was cancelled");
        Ok(())
    }
}

/// Runs work on a thread for blocking work. When the caller stops waiting, the work is cancelled.
pub(crate) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce(&Cancellation) -> Result<T> + Send + 'static,
) -> Result<T> {
    let cancellation = Cancellation::default();
    let _cancel = CancelOnDrop(cancellation.clone());
    tokio::task::spawn_blocking(move || work(&cancellation)).await.context("the work ended early")?
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn work_is_cancelled_when_its_caller_stops_waiting() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let work = run_blocking(move |cancellation| {
            while !cancellation.is_cancelled() {
                std::thread::yield_now();
            }
            Ok(sender.send(cancellation.check().is_err())?)
        });
        tokio::time::timeout(Duration::from_millis(20), work).await.expect_err("it goes on until it is cancelled");
        assert!(receiver.recv().expect("the work ends"));
    }
}
