//! The signals of a server: those that stop it, the one that makes it read again, and the one that must not end it.

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGXFSZ, which has no name in tokio and this number on Linux and macOS.
const FILE_TOO_LARGE: i32 = 25;

/// The hangups that come. Once they are caught, none ends the program any more.
pub(crate) struct Hangups(Signal);

impl Hangups {
    /// Catches hangups. A write that passes a limit of the system on a file's size is from now on an error of that write,
    /// and no longer the end of the program.
    pub(crate) fn catch() -> Result<Hangups> {
        // Caught is caught, whether anybody listens or not.
        drop(signal(SignalKind::from_raw(FILE_TOO_LARGE)).context("cannot catch SIGXFSZ")?);
        Ok(Hangups(signal(SignalKind::hangup()).context("cannot catch SIGHUP")?))
    }

    /// Waits for the next one; false if none can come any more.
    pub(crate) async fn next(&mut self) -> bool {
        self.0.recv().await.is_some()
    }
}

/// Waits for Ctrl-C, or for the signal by which systems stop a service.
pub(crate) async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        // Without the one there is still the other.
        Err(_) => drop(interrupted.await),
    }
}
