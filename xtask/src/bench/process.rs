//! A server under measurement: started, found, watched through `/proc`, and ended.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Ticks a second of the times in `/proc`; it has been 100 on every Linux for decades.
const TICKS: f64 = 100.0;

/// How long a server may take until it listens: MLflow's imports alone take seconds.
const START_TIME_MAX: Duration = Duration::from_secs(120);

/// A server, which ends with this.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts a server that prints its address.
    pub(super) fn announced(command: &mut Command) -> Result<Server> {
        let mut child = start(command.stdout(Stdio::piped()))?;
        let output = child.stdout.take().context("the server has no output")?;
        for line in BufReader::new(output).lines() {
            let line = line.context("cannot read what the server prints")?;
            if let Some(rest) = line.strip_prefix("serving on http://") {
                let address = rest.split_whitespace().next().unwrap_or_default();
                let address = address.parse().with_context(|| format!("`{address}` is no address"))?;
                return Ok(Server { address, child });
            }
        }
        bail!("`{command:?}` ended without saying where it listens")
    }

    /// Starts a server on a port that is free now, which `command` is told.
    pub(super) fn on_port(command: impl Fn(u16) -> Command) -> Result<Server> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = command(address.port());
        let mut server = Server { address, child: start(command.stdout(Stdio::null()).stderr(Stdio::null()))? };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.child.try_wait().context("cannot look at the server")? {
                bail!("`{command:?}` ended with {status} before it listened");
            }
            if begun.elapsed() > START_TIME_MAX {
                bail!("`{command:?}` does not listen after {} s", START_TIME_MAX.as_secs());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(server)
    }

    /// Returns the processor's seconds that the server and its children have used.
    pub(super) fn cpu_s(&self) -> Result<f64> {
        Ok(family(self.child.id()).into_iter().filter_map(ticks).sum::<f64>() / TICKS)
    }

    /// Returns the memory that the server holds, in MB.
    pub(super) fn memory_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS in /proc")?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().context("VmRSS is no number")?;
        Ok(kilobytes / 1e3)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for process in family(self.child.id()).into_iter().rev() {
            // Those that have ended already do not mind.
            let _ = Command::new("kill").arg(process.to_string()).stderr(Stdio::null()).status();
        }
        let _ = self.child.wait();
    }
}

fn start(command: &mut Command) -> Result<Child> {
    command.spawn().with_context(|| format!("cannot start `{command:?}`"))
}

/// Returns a process and all that it started, parents first.
fn family(process: u32) -> Vec<u32> {
    let mut all = vec![process];
    let mut at = 0;
    while let Some(parent) = all.get(at).copied() {
        let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
        at += 1;
    }
    all
}

/// Returns the user's and the system's time of a process. Its name, in brackets, may contain anything.
fn ticks(process: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
}
