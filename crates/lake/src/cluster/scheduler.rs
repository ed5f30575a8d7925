//! The scheduler process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::error::BallistaError;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_core::utils::{GrpcServerConfig, create_grpc_server};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use datafusion::error::DataFusionError;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;

use super::functions;
use super::token::Token;
use crate::error::Error;

/// An executor without a heartbeat for so long is dead, and its tasks are given to others.
const EXECUTOR_TIMEOUT_SECONDS: u64 = 10;

/// How often the scheduler looks for dead executors, and how often executors send a heartbeat.
pub(super) const HEARTBEAT_SECONDS: u64 = 2;

/// How long a job waits for an executor after the last one has died.
const NO_EXECUTOR_TIMEOUT_SECONDS: u64 = 120;

/// Runs a scheduler on a socket for clients with the token, until `stop` ends.
pub async fn run_scheduler(listener: TcpListener, token: Token, stop: impl Future<Output = ()>) -> Result<(), Error> {
    let address = listener.local_addr().map_err(Error::file("read the address of", &PathBuf::from("the socket")))?;
    let config = SchedulerConfig {
        bind_host: address.ip().to_string(),
        external_host: address.ip().to_string(),
        bind_port: address.port(),
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_timeout_seconds: EXECUTOR_TIMEOUT_SECONDS,
        expire_dead_executor_interval_seconds: HEARTBEAT_SECONDS,
        no_executors_grace_period_seconds: NO_EXECUTOR_TIMEOUT_SECONDS,
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
        let server = create_grpc_server(&GrpcServerConfig::default()).layer(token.interceptor()).add_service(service);
        server.serve_with_incoming(TcpListenerStream::new(listener)).await.map_err(BallistaError::TonicError)
    };
    tokio::select! {
        served = serving => served.map_err(ballista_error(address, "hand out tasks")),
        () = stop => Ok(()),
    }
}

/// Returns what makes an error of a Ballista error.
pub(super) fn ballista_error(address: SocketAddr, doing: &'static str) -> impl FnOnce(BallistaError) -> Error {
    move |source| Error::Cluster {
        address: address.to_string(),
        doing,
        source: Box::new(DataFusionError::External(Box::new(source))),
    }
}
