//! Workers as child processes of this program.

use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// When one has died, the others see their connection to it break, and are given this long to report it: the first
/// report need not be of the one that died.
const LAST_REPORTS: Duration = Duration::from_secs(5);

/// How often it is checked whether the trees are still needed.
const CANCELLATION_CHECKS: Duration = Duration::from_millis(500);

/// With fewer rows for each thread, their waiting for each other in a busy loop costs more than they bring.
const ROWS_PER_THREAD: usize = 100_000;

/// How a worker ended.
struct Exit {
    number: usize,
    process: u32,
    status: String,
    succeeded: bool,
    killed: bool,
    /// Its last error, after a colon.
    error: String,
}

/// Children that do not outlive this value.
struct Running(Vec<Arc<Mutex<Child>>>);

/// Runs the workers of a job until all have succeeded, or the first has failed.
pub(super) fn run(
    data: &Path,
    workers: usize,
    rows_learned: usize,
    job: &str,
    tracker: Option<SocketAddr>,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = (cores.min(rows_learned / ROWS_PER_THREAD) / workers).max(1);
    let (sender, exits) = channel();
    let mut running = Running(Vec::new());
    for number in 0..workers {
        let mut command = Command::new(&program);
        command.args(["cluster", "worker", "--attached", "--job", job, "--data"]).arg(data);
        command.args(["--number", &number.to_string(), "--threads", &threads.to_string()]);
        if let Some(tracker) = tracker {
            command.args(["--tracker", &tracker.to_string()]);
        }
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = pipes.spawn().with_context(|| format!("cannot start worker {number}"))?;
        let (input, mut errors) = (child.stdin.take(), child.stderr.take());
        let process = child.id();
        let sender = sender.clone();
        let child = Arc::new(Mutex::new(child));
        running.0.push(child.clone());
        thread::spawn(move || {
            let mut written = Vec::new();
            // It lasts as long as the process.
            if let Some(errors) = &mut errors {
                let _ = errors.read_to_end(&mut written);
            }
            drop(input);
            let _ = sender.send(Exit::of(number, process, &child, &written));
        });
    }
    drop(sender);
    wait(&exits, workers, is_cancelled)
}

/// Waits until all have succeeded, or for the first that has not.
fn wait(exits: &Receiver<Exit>, workers: usize, is_cancelled: &dyn Fn() -> bool) -> Result<()> {
    let mut failed: Vec<Exit> = Vec::new();
    let mut deadline: Option<Instant> = None;
    let mut ended = 0;
    while ended < workers {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        match exits.recv_timeout(left.map_or(CANCELLATION_CHECKS, |left| left.min(CANCELLATION_CHECKS))) {
            Ok(exit) => {
                ended += 1;
                if !exit.succeeded {
                    deadline.get_or_insert_with(|| Instant::now() + LAST_REPORTS);
                    failed.push(exit);
                }
            }
            Err(RecvTimeoutError::Disconnected) if failed.is_empty() => bail!("a worker ended without a report"),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) if left.is_some_and(|left| left.is_zero()) => break,
            Err(RecvTimeoutError::Timeout) if is_cancelled() => bail!("the training was cancelled"),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    // A worker that was killed reports nothing; the others only report that they lost it.
    let first = failed.iter().position(|exit| exit.killed).unwrap_or(0);
    match failed.get(first) {
        None => Ok(()),
        Some(Exit { number, process, status, error, .. }) => {
            bail!("worker {number} of {workers} (process {process}) ended with {status}{error}")
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for child in &self.0 {
            let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Exit {
    fn of(number: usize, process: u32, child: &Mutex<Child>, written: &[u8]) -> Exit {
        let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
        let written = String::from_utf8_lossy(written);
        let last = written.lines().rev().find(|line| line.starts_with("error: "));
        let error = last.map_or_else(String::new, |line| format!(": {}", line.trim_start_matches("error: ")));
        match child.wait() {
            Ok(status) => Exit {
                number,
                process,
                status: status.to_string(),
                succeeded: status.success(),
                killed: status.code().is_none(),
                error,
            },
            Err(failed) => Exit { number, process, status: failed.to_string(), succeeded: false, killed: false, error },
        }
    }
}
