//! Requests over connections that stay open: as many as a server can answer, or at a given pace.
//!
//! A thread a connection, which waits for its answer as the callers of a server do. At a given pace a request's time
//! counts from the moment at which it was due, so that a server that falls behind does not look better for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};

/// Whom to ask what.
pub(super) struct Target {
    pub(super) address: SocketAddr,
    /// Whole requests, head and body, which take turns.
    requests: Vec<Vec<u8>>,
}

/// What was measured.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) requests_per_s: f64,
    pub(super) requests: usize,
    /// Ascending, in milliseconds.
    times_ms: Vec<f64>,
}

impl Target {
    /// Returns a target whose requests have these bodies of JSON.
    pub(super) fn new(address: SocketAddr, path: &str, bodies: impl Iterator<Item = String>) -> Target {
        let request = |body: String| {
            format!(
                "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        };
        Target { address, requests: bodies.map(request).collect() }
    }

    /// Asks as fast as answers come.
    pub(super) fn load(&self, connections: usize, time: Duration) -> Result<Measured> {
        self.measure(connections, time, None)
    }

    /// Asks so many times a second.
    pub(super) fn pace(&self, connections: usize, time: Duration, requests_per_s: f64) -> Result<Measured> {
        self.measure(connections, time, Some(Duration::from_secs_f64(connections as f64 / requests_per_s)))
    }

    fn measure(&self, connections: usize, time: Duration, pause: Option<Duration>) -> Result<Measured> {
        let begin = Instant::now();
        let times = thread::scope(|scope| {
            let ask = |number: usize| move || self.ask(number, connections, begin, time, pause);
            let threads: Vec<_> = (0..connections).map(|number| scope.spawn(ask(number))).collect();
            let joined = threads.into_iter().map(|thread| {
                thread.join().map_err(|_| anyhow!("a thread of the load panicked")).and_then(|times| times)
            });
            joined.collect::<Result<Vec<_>>>()
        })?;
        let mut times_ms: Vec<f64> = times.into_iter().flatten().collect();
        times_ms.sort_by(f64::total_cmp);
        ensure!(!times_ms.is_empty(), "nothing was answered by {}", self.address);
        let requests = times_ms.len();
        Ok(Measured { requests_per_s: requests as f64 / begin.elapsed().as_secs_f64(), requests, times_ms })
    }

    fn ask(
        &self,
        number: usize,
        connections: usize,
        begin: Instant,
        time: Duration,
        pause: Option<Duration>,
    ) -> Result<Vec<f64>> {
        let mut connection = Connection::open(self.address)?;
        let mut times = Vec::new();
        let offset = pause.unwrap_or_default().mul_f64(number as f64 / connections as f64);
        for turn in 0_u32.. {
            let due = pause.map_or_else(Instant::now, |pause| begin + offset + pause * turn);
            if due > begin + time {
                break;
            }
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let request = &self.requests[(number + connections * turn as usize) % self.requests.len()];
            connection.ask(request)?;
            times.push(due.elapsed().as_secs_f64() * 1e3);
        }
        Ok(times)
    }
}

impl Measured {
    /// Returns the time in milliseconds that this share of the requests took at most.
    pub(super) fn time_ms(&self, share: f64) -> f64 {
        self.times_ms[((self.times_ms.len() - 1) as f64 * share) as usize]
    }
}

struct Connection {
    reader: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Connection { reader: BufReader::new(stream), line: String::new(), body: Vec::new() })
    }

    fn ask(&mut self, request: &[u8]) -> Result<()> {
        self.reader.get_mut().write_all(request).context("cannot send a request")?;
        let status = self.header()?;
        let (mut length, is_good) = (None, status.split(' ').nth(1) == Some("200"));
        loop {
            let header = self.header()?;
            if header.is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok();
            }
        }
        self.body.resize(length.context("an answer without a length")?, 0);
        self.reader.read_exact(&mut self.body).context("an answer broke off")?;
        if !is_good {
            bail!("a request was answered by `{status}`: {}", String::from_utf8_lossy(&self.body));
        }
        Ok(())
    }

    fn header(&mut self) -> Result<String> {
        self.line.clear();
        let count = self.reader.read_line(&mut self.line).context("cannot read an answer")?;
        ensure!(count > 0, "the server closed the connection");
        Ok(self.line.trim_end().to_owned())
    }
}
