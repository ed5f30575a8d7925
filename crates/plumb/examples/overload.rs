//! Hot callers: so many connections, each of which asks again as soon as it is answered, whatever the answer. What counts
//! is the goodput, the good answers a second, and how long a newcomer waits for `/ping` meanwhile.
//!
//! `overload ADDRESS PATH CONTENT_TYPE BODY SECONDS CONNECTIONS…`, for 127.0.0.1 only: it prints a line for each number of
//! connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// More connections than that only measure the system.
const CONNECTIONS_MAX: usize = 4_000;

/// Between two pings of a newcomer, and after an error.
const PAUSE: Duration = Duration::from_millis(20);

#[derive(Default)]
struct Counts {
    good: AtomicU64,
    refused: AtomicU64,
    broken: AtomicU64,
    stop: AtomicBool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, path, content_type, body, seconds, connections @ ..] = &arguments[..] else {
        anyhow::bail!("expected ADDRESS PATH CONTENT_TYPE BODY SECONDS CONNECTIONS…");
    };
    let address: SocketAddr = address.parse().context("ADDRESS is not as `127.0.0.1:8080`")?;
    ensure!(address.ip().is_loopback(), "only a server on this machine is loaded");
    let seconds = Duration::from_secs(seconds.parse().context("SECONDS is no number")?);
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let request: Arc<[u8]> = request.into_bytes().into();
    for connections in connections {
        let connections: usize = connections.parse().context("CONNECTIONS is no number")?;
        ensure!(connections <= CONNECTIONS_MAX, "more than {CONNECTIONS_MAX} connections are not opened");
        measure(address, &request, connections, seconds).await?;
    }
    Ok(())
}

async fn measure(address: SocketAddr, request: &Arc<[u8]>, connections: usize, time: Duration) -> Result<()> {
    let counts = Arc::new(Counts::default());
    let callers: Vec<_> =
        (0..connections).map(|_| tokio::spawn(call(address, request.clone(), counts.clone()))).collect();
    // Until all are connected and the first answers are there.
    sleep(time / 4).await;
    let before = snapshot(&counts);
    let begun = Instant::now();
    let mut pings = Vec::new();
    while begun.elapsed() < time {
        pings.push(ping(address).await.unwrap_or(time));
        sleep(PAUSE).await;
    }
    let after = snapshot(&counts);
    let s = begun.elapsed().as_secs_f64();
    counts.stop.store(true, Ordering::Relaxed);
    callers.iter().for_each(tokio::task::JoinHandle::abort);
    pings.sort();
    let ping_ms = |share: f64| pings[((pings.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let rate = |index: usize| (after[index] - before[index]) as f64 / s;
    println!(
        "{connections} connections: {:.0} good answers a second, {:.0} refusals, {:.0} broken connections; \
         ping p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms",
        rate(0),
        rate(1),
        rate(2),
        ping_ms(0.5),
        ping_ms(0.99),
        ping_ms(1.0)
    );
    Ok(())
}

fn snapshot(counts: &Counts) -> [u64; 3] {
    [&counts.good, &counts.refused, &counts.broken].map(|count| count.load(Ordering::Relaxed))
}

/// Asks over one connection, and over another when it breaks.
async fn call(address: SocketAddr, request: Arc<[u8]>, counts: Arc<Counts>) {
    while !counts.stop.load(Ordering::Relaxed) {
        let Ok(mut stream) = TcpStream::connect(address).await else {
            sleep(PAUSE).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let mut buffer = Vec::with_capacity(4_096);
        loop {
            match ask(&mut stream, &request, &mut buffer).await {
                Ok(true) => counts.good.fetch_add(1, Ordering::Relaxed),
                Ok(false) => counts.refused.fetch_add(1, Ordering::Relaxed),
                Err(_) => {
                    counts.broken.fetch_add(1, Ordering::Relaxed);
                    break;
                }
            };
        }
    }
}

/// Sends a request and reads its whole answer; returns whether it is a good one.
async fn ask(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) -> Result<bool> {
    stream.write_all(request).await?;
    buffer.clear();
    loop {
        ensure!(stream.read_buf(buffer).await? > 0, "the connection was closed");
        let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head])?;
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).context("no length")?;
        if buffer.len() >= head + 4 + length.parse::<usize>()? {
            return Ok(text.starts_with("HTTP/1.1 200"));
        }
    }
}

/// Connects anew and asks whether the server is there; returns how long that took.
async fn ping(address: SocketAddr) -> Result<Duration> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /ping HTTP/1.1\r\nhost: {address}\r\n\r\n");
    ensure!(ask(&mut stream, request.as_bytes(), &mut Vec::new()).await?, "no good answer");
    Ok(begun.elapsed())
}
