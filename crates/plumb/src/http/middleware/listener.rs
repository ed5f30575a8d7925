//! Connections: how many at a time, which of them make room for new ones, and how they end.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::answering::answer;
use super::caller_limits::CallerLimits;
use super::connections::{Connection, Connections, Place};
use super::memory;
use super::open_files;
use super::timeouts::Timeouts;
use super::write_deadline::WriteDeadline;

/// How long running requests may take when the server is stopped.
const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(20);

/// After an error of the system, or while every connection is at work, a retry at once is useless.
const PAUSE: Duration = Duration::from_millis(5);

/// The errors of the system that no file is left for a connection: ENFILE and EMFILE.
const NO_FILE_LEFT: [i32; 2] = [23, 24];

/// The buffer into which a connection reads: the largest head of a request, and the largest piece of a body. hyper's own
/// limit is 408 KiB, and a connection keeps what it once took: 2,000 of them held over half a gigabyte after large bodies.
const BUFFER_BYTES_MAX: usize = 32 << 10;

/// What a caller gets whose address has too many connections, all of them at work. Nothing of its request is read.
const TOO_MANY_CONNECTIONS: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\nconnection: close\r\n\
    content-type: application/json\r\ncontent-length: 103\r\n\r\n\
    {\"error\": {\"code\": \"too_many_connections\", \"message\": \"your address has too many connections at work\"}}";

/// Serves requests until `shutdown` is done; running requests are then finished.
pub(in crate::http) async fn run(
    router: Router,
    listener: TcpListener,
    timeouts: Timeouts,
    limits: &CallerLimits,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let graceful = GracefulShutdown::new();
    let listening = Listening {
        router: TowerToHyperService::new(router),
        timeouts,
        connections: Arc::new(Connections::default()),
        connections_max: open_files::connections_max(limits.connections),
        limits,
    };
    let accepting = async {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => listening.take(stream, peer, &graceful).await,
                Err(error) => {
                    tracing::debug!("no connection was accepted: {error}");
                    if error.raw_os_error().is_some_and(|code| NO_FILE_LEFT.contains(&code)) {
                        listening.connections.make_room(None);
                    }
                    sleep(PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        () = memory::give_back() => {}
        () = shutdown => {}
    }
    drop(listener);
    listening.connections.close_idle();
    if timeout(SHUTDOWN_TIME_MAX, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open {} s after the server was stopped", SHUTDOWN_TIME_MAX.as_secs());
    }
    Ok(())
}

/// What all connections of a server share.
struct Listening<'a> {
    router: TowerToHyperService<Router>,
    timeouts: Timeouts,
    connections: Arc<Connections>,
    /// Connections at a time.
    connections_max: usize,
    limits: &'a CallerLimits,
}

impl Listening<'_> {
    /// Serves a connection in a task of its own, when there is room for it.
    async fn take(&self, stream: TcpStream, peer: SocketAddr, graceful: &GracefulShutdown) {
        let address = peer.ip().to_canonical();
        let of_address_max = self.limits.connections_max_of(address);
        if self.connections.count_of(address) >= of_address_max && !self.connections.make_room(Some(address)) {
            tracing::debug!(%peer, "a connection was refused: its address has too many at work");
            refuse(&stream);
            return;
        }
        while self.connections.count() >= self.connections_max && !self.connections.make_room(None) {
            // All of them are at work. This one waits, and those behind it in the system's queue.
            sleep(PAUSE).await;
        }
        self.connections.add(address, |connection, place| self.spawn(stream, connection, place, graceful.watcher()));
    }

    fn spawn(&self, stream: TcpStream, connection: Arc<Connection>, place: Place, watcher: Watcher) -> AbortHandle {
        // A response is one small write; waiting for more would only delay it.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("Nagle's algorithm stays on for a connection: {error}");
        }
        let (router, peer): (_, IpAddr) = (self.router.clone(), connection.peer);
        let stream = WriteDeadline::new(stream, self.timeouts.response, connection.clone());
        let service = service_fn(move |request| answer(router.clone(), connection.clone(), request));
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.timeouts.headers)
            .max_buf_size(BUFFER_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let served = watcher.watch(served);
        let task = tokio::spawn(async move {
            let _place = place;
            if let Err(error) = served.await {
                tracing::debug!(%peer, "a connection failed: {error}");
            }
        });
        task.abort_handle()
    }
}

/// Answers without reading anything. A caller that has sent much already may miss it, and sees its connection closed.
fn refuse(stream: &TcpStream) {
    if let Err(error) = stream.try_write(TOO_MANY_CONNECTIONS) {
        tracing::debug!("a refused connection was closed without an answer: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prepared_answer_has_the_length_that_it_announces() {
        let text = std::str::from_utf8(TOO_MANY_CONNECTIONS).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}: {}", body.len());
    }
}
