//! Where the workers of a job find each other.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Result, bail};
use plumb_learn::out_of_core::Rendezvous;

/// How long workers wait for each other: as long as one of them may need to read its rows.
pub(super) const TIMEOUT: Duration = Duration::from_secs(600);

/// Ports that are tried.
const PORTS: u16 = 16;

/// Opens the rendezvous of a job at the first free port from one on, and returns its address: a port that was used stays
/// taken for a minute after its connections have ended, and trees are grown several times in a training. Port 0 is any.
pub(super) fn open(workers: usize, from: SocketAddr) -> Result<(Rendezvous, SocketAddr)> {
    let (address, first) = (from.ip(), from.port());
    let last = if first == 0 { 0 } else { first.saturating_add(PORTS - 1) };
    let mut refused = None;
    for port in first..=last {
        match Rendezvous::start(workers, address, port, TIMEOUT) {
            Ok(rendezvous) => {
                let port = rendezvous.port();
                return Ok((rendezvous, SocketAddr::new(address, port)));
            }
            Err(error) => refused = Some(error),
        }
    }
    refuse(address, first, last, refused)
}

fn refuse<T>(address: IpAddr, first: u16, last: u16, refused: Option<plumb_learn::Error>) -> Result<T> {
    let refused = refused.map_or_else(String::new, |error| format!(": {:#}", anyhow::Error::from(error)));
    bail!("cannot open a rendezvous for workers at `{address}`: no port from {first} to {last} is free{refused}")
}
