//! Several processes that train one model, each on some of the rows.

use std::net::IpAddr;
use std::time::Duration;

use plumb_xgboost_sys::{Communicator, Tracker};

use crate::error::Error;

/// Where training workers find each other. It does not authenticate them; it is open until it is finished, or until the
/// process ends.
#[derive(Debug)]
pub struct Rendezvous(Tracker);

impl Rendezvous {
    /// Opens it for so many workers, on any free port if the port is 0. It fails if they do not come within the timeout.
    pub fn start(workers: usize, address: IpAddr, port: u16, timeout: Duration) -> Result<Rendezvous, Error> {
        Ok(Rendezvous(Tracker::start(workers, address, port, timeout)?))
    }

    /// Waits until all workers have left, and closes it.
    pub fn finish(self) -> Result<(), Error> {
        Ok(self.0.finish()?)
    }

    /// Returns its port.
    pub fn port(&self) -> u16 {
        self.0.port()
    }
}

/// A worker's membership, which ends when it is dropped: the trees that its thread trains are those of all workers.
#[derive(Debug)]
pub struct WorkerGroup(Communicator);

impl WorkerGroup {
    /// Joins the others under a number of its own, counted from 0.
    pub fn join(rendezvous: IpAddr, port: u16, number: usize, timeout: Duration) -> Result<WorkerGroup, Error> {
        Ok(WorkerGroup(Communicator::join(rendezvous, port, number, timeout)?))
    }
}
