//! Where a job's workers run, and who watches over the job.

use std::net::SocketAddr;

use plumb_lake::IfLocked;

/// Where workers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Launch {
    /// As processes of this program on this machine.
    Local,
    /// As processes that people start, on machines that see the data folder; their rendezvous is at this address, at the
    /// first port that is free from this one on.
    Remote(SocketAddr),
}

/// What a job reports to, and what ends it early.
#[derive(Clone, Copy)]
pub(crate) struct Supervision<'a> {
    /// Receives each command that people have to run.
    pub(crate) announce: &'a dyn Fn(String),
    /// What to do while another process grows the same trees.
    pub(crate) if_locked: IfLocked,
    /// Receives a line each time that there is such a process to wait for.
    pub(crate) waiting: &'a dyn Fn(&str),
    /// Returns whether the trees are no longer needed.
    pub(crate) is_cancelled: &'a dyn Fn() -> bool,
}
