//! The processes of a cluster: a scheduler hands out tasks, executors compute them, workers grow trees.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Serialize;
#[cfg(feature = "cluster")]
use {
    plumb_lake::cluster::{self, ExecutorConfig, Token},
    std::net::{IpAddr, SocketAddr},
    tempfile::TempDir,
    tokio::net::TcpListener,
};

use crate::workers::{self, WorkerTask};

/// The outcome of a worker.
#[derive(Debug, Serialize)]
pub(crate) struct WorkerOutcome {
    /// The job.
    pub(crate) job: String,
    /// The worker's number, from 0.
    pub(crate) number: usize,
}

/// A scheduler that listens.
#[cfg(feature = "cluster")]
#[derive(Debug, Serialize)]
pub(crate) struct SchedulerStarted {
    /// Its address.
    pub(crate) address: SocketAddr,
}

/// An executor to run.
#[cfg(feature = "cluster")]
#[derive(Debug)]
pub(crate) struct ExecutorRequest {
    /// The address of the scheduler.
    pub(crate) scheduler: SocketAddr,
    /// The address to listen on.
    pub(crate) bind: IpAddr,
    /// The port to listen on; 0 is any that is free.
    pub(crate) port: u16,
    /// Tasks at once; `None` is one for each core.
    pub(crate) threads: Option<usize>,
    /// The token of the cluster.
    pub(crate) token: Token,
}

/// An executor that takes tasks.
#[cfg(feature = "cluster")]
#[derive(Debug, Serialize)]
pub(crate) struct ExecutorStarted {
    /// The address of its scheduler.
    pub(crate) scheduler: SocketAddr,
    /// Tasks at once.
    pub(crate) threads: usize,
}

/// Does a worker's part of a job.
pub(crate) async fn run_worker(data: PathBuf, task: WorkerTask) -> Result<WorkerOutcome> {
    let outcome = WorkerOutcome { job: task.job.clone(), number: task.number };
    // It keeps its threads busy until it is done, and waits for nothing of the runtime.
    tokio::task::spawn_blocking(move || workers::run_worker(&data, &task))
        .await
        .context("the worker ended early")??;
    Ok(outcome)
}

/// Hands out tasks until `stop` is ready. `started` receives the address once the scheduler listens.
#[cfg(feature = "cluster")]
pub(crate) async fn run_scheduler(
    address: SocketAddr,
    token: Token,
    started: impl FnOnce(&SchedulerStarted) -> Result<()>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on `{address}`"))?;
    started(&SchedulerStarted { address: listener.local_addr().context("cannot read the address")? })?;
    Ok(cluster::run_scheduler(listener, token, stop).await?)
}

/// Takes tasks from a scheduler and computes them, until the process ends. `started` is called before the first task.
#[cfg(feature = "cluster")]
pub(crate) async fn run_executor(
    request: ExecutorRequest,
    started: impl FnOnce(&ExecutorStarted) -> Result<()>,
) -> Result<()> {
    let ExecutorRequest { scheduler, bind, port, threads, token } = request;
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let folder = TempDir::new().context("cannot make a folder for results")?;
    started(&ExecutorStarted { scheduler, threads })?;
    let work_folder = folder.path().to_owned();
    Ok(cluster::run_executor(ExecutorConfig { scheduler, bind, port, threads, work_folder, token }).await?)
}
