//! The two kinds of process of a cluster. Both end when they are told to, as a system stops a service.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::error::BallistaError;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service_with_listener};
use datafusion::error::DataFusionError;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::net::TcpListener;

use super::functions;
use crate::Error;

/// An executor that is not heard of for so long is dead, and its tasks are given to others.
const SILENCE_SECONDS: u64 = 10;

/// How often the scheduler looks for executors that have died.
const LOOK_SECONDS: u64 = 2;

/// So long a job waits for an executor to come, after the last one has died.
const WAIT_SECONDS: u64 = 120;

/// How an executor runs.
#[derive(Clone, Debug)]
pub struct Executor {
    /// The scheduler, as `host:port`.
    pub scheduler: SocketAddr,
    /// Where others fetch what it computed.
    pub bind: IpAddr,
    /// The port of it; 0 is any that is free.
    pub port: u16,
    /// Tasks at once.
    pub threads: usize,
    /// Where it keeps what it computed, until it ends.
    pub work_folder: PathBuf,
}

/// Hands out tasks on a socket, until `stop` ends.
pub async fn scheduler(listener: TcpListener, stop: impl Future<Output = ()>) -> Result<(), Error> {
    let address = listener.local_addr().map_err(Error::file("read the address of", &PathBuf::from("the socket")))?;
    let config = SchedulerConfig {
        bind_host: address.ip().to_string(),
        external_host: address.ip().to_string(),
        bind_port: address.port(),
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_timeout_seconds: SILENCE_SECONDS,
        expire_dead_executor_interval_seconds: LOOK_SECONDS,
        no_executors_grace_period_seconds: WAIT_SECONDS,
        override_session_builder: Some(Arc::new(functions::scheduler)),
        ..SchedulerConfig::default()
    };
    let serving = async {
        let cluster = BallistaCluster::new_from_config(&config).await?;
        let scheduler = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config)).await?;
        start_grpc_service_with_listener(listener, scheduler).await
    };
    tokio::select! {
        served = serving => served.map_err(failed(address, "hand out tasks")),
        () = stop => Ok(()),
    }
}

/// Takes tasks and computes them, until the process is told to end.
pub async fn executor(params: Executor) -> Result<(), Error> {
    let port = match params.port {
        0 => free_port(params.bind).await?,
        port => port,
    };
    let config = ExecutorProcessConfig {
        bind_host: params.bind.to_string(),
        external_host: Some(params.bind.to_string()),
        port,
        scheduler_host: params.scheduler.ip().to_string(),
        scheduler_port: params.scheduler.port(),
        vcores: params.threads,
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        work_dir: Some(params.work_folder.display().to_string()),
        executor_heartbeat_interval_seconds: LOOK_SECONDS,
        override_function_registry: Some(Arc::new(functions::executor())),
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config)).await.map_err(failed(params.scheduler, "take tasks from the scheduler"))
}

/// Returns a port that nobody listens on. It is found free and then bound: in between somebody might take it, and the
/// executor then says so and ends.
async fn free_port(bind: IpAddr) -> Result<u16, Error> {
    let address = PathBuf::from(bind.to_string());
    let listener = TcpListener::bind((bind, 0)).await.map_err(Error::file("listen on", &address))?;
    Ok(listener.local_addr().map_err(Error::file("listen on", &address))?.port())
}

fn failed(address: SocketAddr, doing: &'static str) -> impl FnOnce(BallistaError) -> Error {
    move |source| Error::Cluster {
        address: address.to_string(),
        doing,
        source: Box::new(DataFusionError::External(Box::new(source))),
    }
}
