//! The two kinds of process of a cluster. Both end when they are told to, as a system stops a service.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::error::BallistaError;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_core::utils::{GrpcServerConfig, create_grpc_server, default_config_producer};
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::flight_service::BallistaFlightService;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use datafusion::error::DataFusionError;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;

use super::{Token, functions};
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
    /// What it shows the scheduler, and asks of others.
    pub token: Token,
}

/// Hands out tasks on a socket to who shows the token, until `stop` ends.
pub async fn scheduler(listener: TcpListener, token: Token, stop: impl Future<Output = ()>) -> Result<(), Error> {
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
        override_create_grpc_client_endpoint: Some(token.endpoint()),
        ..SchedulerConfig::default()
    };
    let serving = async {
        let cluster = BallistaCluster::new_from_config(&config).await?;
        let message_bytes = config.grpc_server_max_decoding_message_size as usize;
        let scheduler = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config)).await?;
        let service = SchedulerGrpcServer::new(scheduler)
            .max_decoding_message_size(message_bytes)
            .max_encoding_message_size(message_bytes);
        let server = create_grpc_server(&GrpcServerConfig::default()).layer(token.guard()).add_service(service);
        server.serve_with_incoming(TcpListenerStream::new(listener)).await.map_err(BallistaError::TonicError)
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
        override_create_grpc_client_endpoint: Some(params.token.endpoint()),
        override_config_producer: Some(Arc::new({
            let token = params.token.clone();
            move || token.config(default_config_producer())
        })),
        override_arrow_flight_service: Some(Arc::new(move |folder, address, mut stop, config| {
            let service = FlightServiceServer::new(BallistaFlightService::new(folder));
            let server = create_grpc_server(&config).layer(params.token.guard()).add_service(service);
            tokio::spawn(async move {
                server.serve_with_shutdown(address, stop.recv()).await.map_err(BallistaError::TonicError)
            })
        })),
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
