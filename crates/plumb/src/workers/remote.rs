//! Workers that people start on other machines, which see the data folder.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Instant;

use anyhow::{Result, bail};

use super::heartbeat::{INTERVAL, Monitor};
use super::job::{JobFolder, failure_file, trees_file};
use super::rendezvous;
use super::supervision::Supervision;

/// Announces the commands that people have to run, and waits until the workers have finished.
pub(super) fn run(
    data: &Path,
    workers: usize,
    job: &str,
    folder: &JobFolder,
    tracker: Option<SocketAddr>,
    supervision: Supervision<'_>,
) -> Result<()> {
    let tracker = tracker.map_or_else(String::new, |tracker| format!(" --tracker {tracker}"));
    for number in 0..workers {
        let data = data.display();
        (supervision.announce)(format!("plumb cluster worker --data {data} --job {job} --number {number}{tracker}"));
    }
    let announced_at = Instant::now();
    let mut monitors = vec![Monitor::default(); workers];
    loop {
        let mut finished = 0;
        for (number, monitor) in monitors.iter_mut().enumerate() {
            if let Some(error) = folder.content(&failure_file(number))? {
                bail!("worker {number} of {workers} failed: {}", String::from_utf8_lossy(&error));
            }
            if folder.path(&trees_file(number)).exists() {
                finished += 1;
            } else if !monitor.check(folder, number, workers)? && announced_at.elapsed() > rendezvous::TIMEOUT {
                bail!("worker {number} of {workers} has not started within {} s", rendezvous::TIMEOUT.as_secs());
            }
        }
        if finished == workers {
            return Ok(());
        }
        if (supervision.is_cancelled)() {
            bail!("the training was cancelled");
        }
        thread::sleep(INTERVAL / 4);
    }
}
