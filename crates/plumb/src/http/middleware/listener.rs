//! Connections: how many at a time, and how they end.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::timeouts::Timeouts;
use super::write_deadline::WriteDeadline;

/// Connections at a time; others wait in the system's queue. Each may hold a body of some megabytes for a while.
const CONNECTIONS_MAX: usize = 2_048;

/// How long running requests may take when the server is stopped.
const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(20);

/// After an error of the system, such as too many open files, a retry at once is useless.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves requests until `shutdown` is done; running requests are then finished.
pub(in crate::http) async fn run(
    router: Router,
    listener: TcpListener,
    timeouts: Timeouts,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            let permit = permits.clone().acquire_owned().await.ok();
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, router.clone(), timeouts);
                let connection = graceful.watch(connection);
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%peer, "a connection failed: {error}");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::debug!("no connection was accepted: {error}");
                sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    if timeout(SHUTDOWN_TIME_MAX, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open {} s after the server was stopped", SHUTDOWN_TIME_MAX.as_secs());
    }
    Ok(())
}

fn connection(
    stream: TcpStream,
    router: Router,
    timeouts: Timeouts,
) -> http1::Connection<TokioIo<WriteDeadline<TcpStream>>, TowerToHyperService<Router>> {
    // A response is one small write; waiting for more would only delay it.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("Nagle's algorithm stays on for a connection: {error}");
    }
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeouts.headers)
        .serve_connection(TokioIo::new(WriteDeadline::new(stream, timeouts.response)), TowerToHyperService::new(router))
}
