//! Slow clients: others are served meanwhile, and their connections are closed after a timeout.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::support::{Server, config};
use crate::http::middleware::body::BODY_BYTES_MAX;
use crate::http::{ConcurrencyLimit, Config, Timeouts};
use crate::scoring::tests::columns_model;

/// How long each of them may take here.
const SHORT: Duration = Duration::from_millis(500);

/// Between two bytes of a client that drips; it listens for an answer meanwhile.
const DRIP: Duration = Duration::from_millis(20);

/// A client that is not disconnected by then never is.
const NEVER: Duration = Duration::from_secs(60);

fn with_timeouts(timeouts: Timeouts) -> Server {
    let concurrency = ConcurrencyLimit { working: 2, waiting: 2, ..ConcurrencyLimit::DEFAULT };
    let targets = vec!["converted".into()];
    let server = Server::configured(Config { targets, concurrency, timeouts, ..config() });
    server.promote(&columns_model());
    server
}

/// Runs slow clients, and sends other requests until the last of them has ended. Returns what each of them received.
fn received_by(server: &Server, clients: usize, client: impl Fn() -> String + Sync) -> Vec<String> {
    let ended = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let slow: Vec<_> = (0..clients)
            .map(|_| {
                scope.spawn(|| {
                    let received = client();
                    ended.fetch_add(1, Ordering::Relaxed);
                    received
                })
            })
            .collect();
        let mut answered = 0;
        while ended.load(Ordering::Relaxed) < clients || answered == 0 {
            let answer = server.post("/endpoints/converted/invocations", &[("content-type", "text/csv")], "30,email");
            assert_eq!(answer.status, 200, "{}", answer.text);
            answered += 1;
        }
        slow.into_iter().map(|client| client.join().expect("it was ended")).collect()
    })
}

/// Sends what comes at once, then the rest byte by byte until the server closes it; returns what it sent.
fn drip(server: &Server, at_once: &str, rest: impl Iterator<Item = u8>) -> String {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(server.address).expect("the server listens");
    stream.set_read_timeout(Some(DRIP)).expect("a time");
    stream.write_all(at_once.as_bytes()).expect("it reads");
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    for byte in rest {
        assert!(begun.elapsed() < NEVER, "a slow client was never ended");
        // A write to a connection that is closed already fails at the next read.
        let _ = stream.write_all(&[byte]);
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&received).into_owned()
}

#[test]
fn a_client_that_sends_its_headers_byte_by_byte_is_disconnected() {
    let server = with_timeouts(Timeouts { headers: SHORT, ..Timeouts::DEFAULT });
    let endless = || std::iter::repeat(b'a');
    for received in
        received_by(&server, 16, || drip(&server, "POST /v1/score HTTP/1.1\r\nhost: localhost\r\nx: ", endless()))
    {
        assert!(received.is_empty() || received.starts_with("HTTP/1.1 408"), "{received}");
    }
}

#[test]
fn a_client_that_sends_its_body_slowly_gets_408_and_delays_nobody() {
    let server = with_timeouts(Timeouts { body: SHORT, ..Timeouts::DEFAULT });
    // All together announce more than there is room for.
    let length = BODY_BYTES_MAX;
    let head = format!(
        "POST /v1/score HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    let received = received_by(&server, 48, || drip(&server, &head, std::iter::repeat(b' ')));
    assert!(received.iter().any(|received| received.contains("body_too_slow")), "{received:?}");
    for received in received {
        assert!(received.is_empty() || received.starts_with("HTTP/1.1 408"), "{received}");
    }
}

#[test]
fn a_client_that_never_reads_its_responses_is_disconnected() {
    let server = with_timeouts(Timeouts { response: SHORT, ..Timeouts::DEFAULT });
    let never_reads = || {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(server.address).expect("the server listens");
        stream.set_write_timeout(Some(DRIP)).expect("a time");
        // The system's buffers take some megabytes of answers before the server has to wait.
        while begun.elapsed() < NEVER {
            match stream.write(b"GET /v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n") {
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => return error.to_string(),
            }
        }
        String::new()
    };
    for received in received_by(&server, 4, never_reads) {
        assert!(!received.is_empty(), "a client that never reads was never ended");
    }
}
