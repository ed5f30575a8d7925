//! Several processes that train one model, each on rows of its own: they find each other through a tracker, and in every
//! round they add up their gradient histograms.
//!
//! Nothing is authenticated: any process that reaches the tracker may join, and a worker listens on all addresses of its
//! machine. The caller decides whether the network is safe enough for that.

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::net::IpAddr;
use std::ptr;
use std::time::Duration;

use crate::Error;
use crate::error::{c_string, check, silence};
use crate::ffi;

/// The rendezvous of the workers. It runs in the background until it is finished; one that is dropped before runs until the
/// process ends, because to free a tracker whose workers are gone would wait for them.
#[derive(Debug)]
pub struct Tracker {
    handle: ffi::TrackerHandle,
    port: u16,
}

/// This thread's membership in a group of workers; it ends when dropped. It is tied to its thread, as in XGBoost.
#[derive(Debug)]
pub struct Communicator {
    this_thread: PhantomData<*const ()>,
}

impl Tracker {
    /// Starts a tracker for so many workers on an address; port 0 is any that is free. It gives up if they do not come within
    /// the timeout.
    pub fn start(workers: usize, address: IpAddr, port: u16, timeout: Duration) -> Result<Tracker, Error> {
        silence();
        let seconds = timeout.as_secs().max(1);
        // Sorted by their task: the number that each was given is its rank.
        let config = format!(
            r#"{{"dmlc_communicator": "rabit", "n_workers": {workers}, "host": "{address}", "port": {port}, "sortby": 1, "timeout": {seconds}}}"#
        );
        let config = c_string("XGTrackerCreate", &config)?;
        let mut handle = ptr::null_mut();
        // SAFETY: the string is terminated, and the pointer receives the handle.
        check("XGTrackerCreate", unsafe { ffi::XGTrackerCreate(config.as_ptr(), &mut handle) })?;
        // SAFETY: the handle is live, and an empty object is a config.
        check("XGTrackerRun", unsafe { ffi::XGTrackerRun(handle, c"{}".as_ptr()) })?;
        let mut arguments: *const c_char = ptr::null();
        // SAFETY: the handle is live, and the pointer receives a string.
        check("XGTrackerWorkerArgs", unsafe { ffi::XGTrackerWorkerArgs(handle, &mut arguments) })?;
        // SAFETY: after a success it is a terminated string that lives until this thread calls XGBoost again.
        let arguments = unsafe { CStr::from_ptr(arguments) }.to_string_lossy().into_owned();
        let digits = arguments.split_once("\"dmlc_tracker_port\":").map(|(_, rest)| rest.trim_start());
        let port = digits.and_then(|rest| rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok());
        let port = port.ok_or_else(|| Error::new("XGTrackerWorkerArgs", format!("no port in `{arguments}`")))?;
        Ok(Tracker { handle, port })
    }

    /// Waits until all workers have left, and closes its port.
    pub fn finish(self) -> Result<(), Error> {
        silence();
        // SAFETY: the handle is live, and an empty object is a config.
        check("XGTrackerWaitFor", unsafe { ffi::XGTrackerWaitFor(self.handle, c"{}".as_ptr()) })?;
        // SAFETY: the handle is live, and `self` is gone after this.
        check("XGTrackerFree", unsafe { ffi::XGTrackerFree(self.handle) })
    }

    /// Returns the port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Communicator {
    /// Joins the group of a tracker under a number, from 0 up, which no other worker has. Matrices and boosters that this thread
    /// then makes are parts of those of the group.
    pub fn join(tracker: IpAddr, port: u16, number: usize, timeout: Duration) -> Result<Communicator, Error> {
        silence();
        let seconds = timeout.as_secs().max(1);
        // Tasks are sorted as texts.
        let config = format!(
            r#"{{"dmlc_communicator": "rabit", "dmlc_tracker_uri": "{tracker}", "dmlc_tracker_port": {port}, "dmlc_task_id": "{number:06}", "dmlc_retry": 3, "dmlc_timeout": {seconds}}}"#
        );
        let config = c_string("XGCommunicatorInit", &config)?;
        // SAFETY: the string is terminated.
        check("XGCommunicatorInit", unsafe { ffi::XGCommunicatorInit(config.as_ptr()) })?;
        let joined = Communicator { this_thread: PhantomData };
        // SAFETY: it has no arguments.
        let rank = unsafe { ffi::XGCommunicatorGetRank() };
        if usize::try_from(rank) != Ok(number) {
            return Err(Error::new("XGCommunicatorInit", format!("worker {number} was given the rank {rank}")));
        }
        Ok(joined)
    }
}

impl Drop for Communicator {
    fn drop(&mut self) {
        // SAFETY: it has no arguments. It fails if other workers have left before, which they report themselves.
        unsafe { ffi::XGCommunicatorFinalize() };
    }
}
