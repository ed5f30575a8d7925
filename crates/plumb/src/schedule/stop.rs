//! How a scheduler is asked to stop.

use tokio::sync::watch;

/// Asks for a stop.
pub(crate) struct StopSwitch(watch::Sender<bool>);

/// Knows whether a stop was asked for.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl StopSwitch {
    /// Returns a switch, and what knows of it.
    pub(crate) fn new() -> (StopSwitch, Stop) {
        let (sender, receiver) = watch::channel(false);
        (StopSwitch(sender), Stop(receiver))
    }

    /// Asks for a stop.
    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Returns whether a stop was asked for.
    pub(crate) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until a stop is asked for; for ever if nobody can any more.
    pub(crate) async fn asked(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
