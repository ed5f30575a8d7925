//! The processes that work on a job: started here or asked for on other machines, watched over, and all ended when one of
//! them dies. What they have grown must be the same to the byte.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use plumb_learn::boosted::Boosted;
use plumb_learn::out_of_core::Rendezvous;

use super::job::{Folder, Job};
use super::proof;
use super::worker::{BEAT, PATIENCE};

/// When one has died, the others see their connection to it break, and are given this long to say so: the first to be
/// heard need not be the one that died.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A worker on another machine that has not been heard of for so long is dead.
const SILENCE: Duration = Duration::from_secs(20);

/// With fewer rows for each thread, their waiting for each other in a busy loop costs more than they bring.
const ROWS_PER_THREAD: usize = 100_000;

/// Ports that are tried.
const PORTS: u16 = 16;

/// Where workers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crew {
    /// Processes of this program on this machine.
    Here,
    /// Processes that people start, on machines that see the data folder; they meet at this address, at the first port
    /// that is free from this one on.
    Elsewhere(SocketAddr),
}

/// How a worker ended.
struct End {
    number: usize,
    process: u32,
    status: String,
    succeeded: bool,
    killed: bool,
    said: String,
}

/// Has a job done, and returns the trees. `tell` is told what people have to know.
pub(crate) fn grow(data: &Path, job: &Job, rows: &[bool], crew: Crew, tell: &dyn Fn(&str)) -> Result<Boosted> {
    let learned = rows.iter().filter(|row| **row).count();
    if job.workers == 0 || job.workers > learned {
        bail!("{} workers for {learned} rows: expected from 1 to as many as there are rows", job.workers);
    }
    let (name, folder) = Folder::of(data, job, rows)?;
    folder.begin(job.workers)?;
    folder.write("token", proof(&name).unwrap_or_default().as_bytes())?;
    let (address, port) = match crew {
        Crew::Here => (IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
        Crew::Elsewhere(address) => (address.ip(), address.port()),
    };
    let meeting = match job.workers {
        1 => None,
        workers => Some(meeting(workers, address, port)?),
    };
    let tracker = meeting.as_ref().map(|meeting| SocketAddr::new(address, meeting.port()));
    let outcome = match crew {
        Crew::Here => of_processes(data, job, learned, &name, tracker),
        Crew::Elsewhere(_) => elsewhere(data, job, &name, &folder, tracker, tell),
    };
    if let Err(error) = outcome {
        // Whoever still works on it sees this and ends.
        folder.write("stop", b"")?;
        let saved = folder.path("checkpoint.ubj").exists() || folder.path("resume.ubj").exists();
        let hint = if saved {
            "run the same command again: it goes on from the trees that were saved"
        } else {
            "run the same command again"
        };
        return Err(error.context(format!("the training by {} workers broke off; {hint}", job.workers)));
    }
    let trees = the_same(&folder, job.workers)?;
    let boosted = job.plan.trees(&trees)?;
    if let Some(meeting) = meeting {
        meeting.finish()?;
    }
    folder.remove();
    Ok(boosted)
}

/// Opens a place to meet at the first port that is free from one on: a port that was used stays taken for a minute after
/// its connections have ended, and trees are grown several times in a training. Port 0 is any.
fn meeting(workers: usize, address: IpAddr, port: u16) -> Result<Rendezvous> {
    let last = if port == 0 { 0 } else { port.saturating_add(PORTS - 1) };
    let mut refused = None;
    for port in port..=last {
        match Rendezvous::start(workers, address, port, PATIENCE) {
            Ok(meeting) => return Ok(meeting),
            Err(error) => refused = Some(error),
        }
    }
    let refused = refused.map_or_else(String::new, |error| format!(": {:#}", anyhow::Error::from(error)));
    bail!("workers cannot meet at `{address}`, on no port from {port} to {last}{refused}")
}

/// Returns the trees, which all workers have.
fn the_same(folder: &Folder, workers: usize) -> Result<Vec<u8>> {
    let of = |number: usize| {
        let file = format!("trees-{number}.json");
        folder.content(&file)?.with_context(|| format!("worker {number} has ended and left no trees"))
    };
    let first = of(0)?;
    for number in 1..workers {
        if of(number)? != first {
            bail!("worker {number} has grown other trees than worker 0: none are kept; have they the same program?");
        }
    }
    Ok(first)
}

/// Runs workers as processes of this program.
fn of_processes(data: &Path, job: &Job, learned: usize, name: &str, tracker: Option<SocketAddr>) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = (cores.min(learned / ROWS_PER_THREAD) / job.workers).max(1);
    let (tell, told) = channel();
    let mut running = Running(Vec::new());
    for number in 0..job.workers {
        let mut command = Command::new(&program);
        command.args(["cluster", "worker", "--attached", "--job", name, "--data"]).arg(data);
        command.args(["--number", &number.to_string(), "--threads", &threads.to_string()]);
        if let Some(tracker) = tracker {
            command.args(["--tracker", &tracker.to_string()]);
        }
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = pipes.spawn().with_context(|| format!("cannot start worker {number}"))?;
        let (input, mut errors) = (child.stdin.take(), child.stderr.take());
        let process = child.id();
        let tell = tell.clone();
        let child = std::sync::Arc::new(std::sync::Mutex::new(child));
        running.0.push(child.clone());
        thread::spawn(move || {
            let mut said = Vec::new();
            // It lasts as long as the process.
            if let Some(errors) = &mut errors {
                let _ = errors.read_to_end(&mut said);
            }
            drop(input);
            let _ = tell.send(End::of(number, process, &child, &said));
        });
    }
    drop(tell);
    watch(&told, job.workers)
}

/// Waits for all to end well, or for the first that does not.
fn watch(told: &Receiver<End>, workers: usize) -> Result<()> {
    let mut failed: Vec<End> = Vec::new();
    let mut deadline: Option<Instant> = None;
    for _ in 0..workers {
        let end = match deadline {
            None => told.recv().context("a worker is gone and nobody says how")?,
            Some(deadline) => match told.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(end) => end,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            },
        };
        if !end.succeeded {
            deadline.get_or_insert_with(|| Instant::now() + LAST_WORDS);
            failed.push(end);
        }
    }
    // A worker that was killed says nothing; the others only say that they lost it.
    let first = failed.iter().position(|end| end.killed).unwrap_or(0);
    match failed.get(first) {
        None => Ok(()),
        Some(End { number, process, status, said, .. }) => {
            bail!("worker {number} of {workers} (process {process}) ended with {status}{said}")
        }
    }
}

/// Children that do not outlive this.
struct Running(Vec<std::sync::Arc<std::sync::Mutex<Child>>>);

impl Drop for Running {
    fn drop(&mut self) {
        for child in &self.0 {
            let mut child = child.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl End {
    fn of(number: usize, process: u32, child: &std::sync::Mutex<Child>, said: &[u8]) -> End {
        let mut child = child.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let said = String::from_utf8_lossy(said);
        let last = said.lines().rev().find(|line| line.starts_with("error: "));
        let said = last.map_or_else(String::new, |line| format!(": {}", line.trim_start_matches("error: ")));
        match child.wait() {
            Ok(status) => End {
                number,
                process,
                status: status.to_string(),
                succeeded: status.success(),
                killed: status.code().is_none(),
                said,
            },
            Err(error) => End { number, process, status: error.to_string(), succeeded: false, killed: false, said },
        }
    }
}

/// Waits for workers that people start.
fn elsewhere(
    data: &Path,
    job: &Job,
    name: &str,
    folder: &Folder,
    tracker: Option<SocketAddr>,
    tell: &dyn Fn(&str),
) -> Result<()> {
    let meet = tracker.map_or_else(String::new, |tracker| format!(" --tracker {tracker}"));
    for number in 0..job.workers {
        tell(&format!("run: plumb cluster worker --data {} --job {name} --number {number}{meet}", data.display()));
    }
    let asked = Instant::now();
    let mut heard: Vec<Option<(u64, Instant)>> = vec![None; job.workers];
    loop {
        let mut ended = 0;
        for (number, heard) in heard.iter_mut().enumerate() {
            if let Some(said) = folder.content(&format!("failed-{number}.json"))? {
                bail!("worker {number} of {} failed: {}", job.workers, String::from_utf8_lossy(&said));
            }
            if folder.path(&format!("trees-{number}.json")).exists() {
                ended += 1;
                continue;
            }
            let member = folder.member(number)?;
            match (&member, *heard) {
                (Some(member), Some((beat, _))) if member.beat != beat => *heard = Some((member.beat, Instant::now())),
                (Some(member), None) => *heard = Some((member.beat, Instant::now())),
                (Some(member), Some((_, at))) if at.elapsed() > SILENCE => bail!(
                    "worker {number} of {} (process {} on `{}`) has not been heard of for {} s",
                    job.workers,
                    member.process,
                    member.host,
                    SILENCE.as_secs()
                ),
                (None, _) if asked.elapsed() > PATIENCE => {
                    bail!("worker {number} of {} has not come in {} s", job.workers, PATIENCE.as_secs())
                }
                _ => {}
            }
        }
        if ended == job.workers {
            return Ok(());
        }
        thread::sleep(BEAT / 4);
    }
}
