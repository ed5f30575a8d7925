//! Connections: how many at a time, how long one may take to say what it wants, and how they end.

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

use super::patience::{Impatient, Patience};

/// Connections at a time; others wait in the system's queue. Each may hold a body of some megabytes for a while.
const CONNECTIONS_MAX: usize = 2_048;

/// How long requests under way may take when the server is told to stop.
const GOODBYE_TIME_MAX: Duration = Duration::from_secs(20);

/// After an error of the system's own, such as too many open files, there is no use in asking again at once.
const PAUSE: Duration = Duration::from_millis(50);

/// Answers requests until `shutdown` is done; requests under way are then finished.
pub(super) async fn run(
    router: Router,
    listener: TcpListener,
    patience: Patience,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            let room = room.clone().acquire_owned().await.ok();
            (room, listener.accept().await)
        };
        let (room, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, router.clone(), patience);
                let connection = graceful.watch(connection);
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%peer, "a connection broke off: {error}");
                    }
                    drop(room);
                });
            }
            Err(error) => {
                tracing::debug!("no connection was accepted: {error}");
                sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    if timeout(GOODBYE_TIME_MAX, graceful.shutdown()).await.is_err() {
        tracing::warn!(
            "connections were still open {} s after the server was told to stop",
            GOODBYE_TIME_MAX.as_secs()
        );
    }
    Ok(())
}

fn connection(
    stream: TcpStream,
    router: Router,
    patience: Patience,
) -> http1::Connection<TokioIo<Impatient<TcpStream>>, TowerToHyperService<Router>> {
    // An answer is one small write; waiting to see whether more comes would only delay it.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("a connection stays slower than it could be: {error}");
    }
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.headers)
        .serve_connection(TokioIo::new(Impatient::new(stream, patience.answer)), TowerToHyperService::new(router))
}
