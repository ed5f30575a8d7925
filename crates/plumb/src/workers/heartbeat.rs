//! Heartbeats: each worker writes a number that goes up while it lives, and the launcher notices when it stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::job::JobFolder;

/// How often a worker writes its heartbeat.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);

/// A worker on another machine without a heartbeat for this long is dead.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// A worker that lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Heartbeat {
    host: String,
    process: u32,
    /// Goes up while the worker lives.
    count: u64,
}

/// What the launcher has seen of one worker's heartbeat.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Monitor {
    last: Option<(u64, Instant)>,
}

impl Monitor {
    /// Reads the heartbeat of a worker, and returns whether it has ever come. A worker that fell silent is an error.
    pub(super) fn check(&mut self, folder: &JobFolder, number: usize, workers: usize) -> Result<bool> {
        let Some(heartbeat) = read(folder, number)? else { return Ok(false) };
        match self.last {
            Some((count, at)) if count == heartbeat.count && at.elapsed() > SILENCE_MAX => bail!(
                "worker {number} of {workers} (process {} on `{}`) has not been heard of for {} s",
                heartbeat.process,
                heartbeat.host,
                SILENCE_MAX.as_secs()
            ),
            Some((count, _)) if count == heartbeat.count => {}
            _ => self.last = Some((heartbeat.count, Instant::now())),
        }
        Ok(true)
    }
}

/// Writes a worker's heartbeat every second until `done`, and ends the process when the job is stopped.
pub(super) fn start(folder: JobFolder, number: usize, done: Arc<AtomicBool>) -> Result<()> {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let mut heartbeat = Heartbeat { host: host.trim().to_owned(), process: std::process::id(), count: 0 };
    write(&folder, number, &heartbeat)?;
    thread::spawn(move || {
        loop {
            thread::sleep(INTERVAL);
            heartbeat.count += 1;
            if done.load(Ordering::Relaxed) {
                continue;
            }
            // The folder is gone when the trees are no longer needed.
            let stopped = write(&folder, number, &heartbeat).is_err() || folder.is_stopped();
            if stopped && !done.load(Ordering::Relaxed) {
                std::process::exit(1);
            }
        }
    });
    Ok(())
}

/// Returns a worker's heartbeat; `None` before the first.
fn read(folder: &JobFolder, number: usize) -> Result<Option<Heartbeat>> {
    let written = folder.content(&file(number))?;
    Ok(written.and_then(|written| serde_json::from_slice(&written).ok()))
}

fn write(folder: &JobFolder, number: usize, heartbeat: &Heartbeat) -> Result<()> {
    let text = serde_json::to_vec(heartbeat).context("cannot write a heartbeat as JSON")?;
    folder.write(&file(number), &text)
}

fn file(number: usize) -> String {
    format!("worker-{number}.json")
}
