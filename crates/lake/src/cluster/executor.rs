//! The executor process.

use futures::FutureExt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::error::BallistaError;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::utils::{create_grpc_server, default_config_producer};
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::flight_service::BallistaFlightService;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::scalar::ScalarValue;
use tokio::net::TcpListener;

use super::feature_service::FeatureService;
use super::functions;
use super::scheduler::{HEARTBEAT_SECONDS, ballista_error};
use super::token::Token;
use crate::engine::{self, CellFaults, SqlLimits};
use crate::error::Error;
use crate::future::LakeFuture;

/// The settings of an executor.
#[derive(Clone, Debug)]
pub struct ExecutorConfig {
    /// The scheduler, as `host:port`.
    pub scheduler: SocketAddr,
    /// The address from which others fetch its results.
    pub bind: IpAddr,
    /// Its port; 0 is any free one.
    pub port: u16,
    /// Tasks at once.
    pub threads: usize,
    /// The folder of its results, until it ends.
    pub work_folder: PathBuf,
    /// The token that it sends to the scheduler, and requires of others.
    pub token: Token,
}

/// Runs an executor until the process is terminated.
pub fn run_executor(params: ExecutorConfig) -> LakeFuture<'static, ()> {
    async move {
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
            // Each task has as much as a query has in one process.
            memory_pool_size: Some(SqlLimits::default().memory_bytes.saturating_mul(params.threads as u64)),
            work_dir: Some(params.work_folder.display().to_string()),
            executor_heartbeat_interval_seconds: HEARTBEAT_SECONDS,
            override_function_registry: Some(Arc::new(function_registry())),
            override_create_grpc_client_endpoint: Some(params.token.endpoint()),
            override_config_producer: Some(Arc::new({
                let token = params.token.clone();
                move || token.config(default_config_producer())
            })),
            override_arrow_flight_service: Some(Arc::new(move |folder, address, mut stop, config| {
                let service = FlightServiceServer::new(BallistaFlightService::new(folder));
                let server = create_grpc_server(&config).layer(params.token.interceptor()).add_service(service);
                tokio::spawn(async move {
                    server.serve_with_shutdown(address, stop.recv()).await.map_err(BallistaError::TonicError)
                })
            })),
            ..ExecutorProcessConfig::default()
        };
        start_executor_process(Arc::new(config))
            .await
            .map_err(ballista_error(params.scheduler, "take tasks from the scheduler"))
    }
    .boxed()
}

/// Returns a free port. It is bound later: if another process takes it in between, the executor reports that and ends.
async fn free_port(bind: IpAddr) -> Result<u16, Error> {
    let address = PathBuf::from(bind.to_string());
    let listener = TcpListener::bind((bind, 0)).await.map_err(Error::file("listen on", &address))?;
    Ok(listener.local_addr().map_err(Error::file("listen on", &address))?.port())
}

/// Returns the functions that an executor computes.
fn function_registry() -> BallistaFunctionRegistry {
    let service = Arc::new(FeatureService::default());
    let features = move |arguments: &[ColumnarValue]| {
        let jobs = cast(&arguments[0].to_array(1)?, &DataType::Utf8)?;
        let rows = service.run(jobs.as_string::<i32>().value(0))?;
        Ok(ColumnarValue::Scalar(ScalarValue::Utf8(Some(rows.to_string()))))
    };
    let mut computed = engine::functions();
    computed.extend(engine::parsing_functions(&CellFaults::default()));
    computed.push(functions::version_function(functions::EXECUTOR, Volatility::Volatile));
    computed.push(create_udf(
        functions::FEATURES,
        vec![DataType::Utf8],
        DataType::Utf8,
        Volatility::Volatile,
        Arc::new(features),
    ));
    let mut registry = BallistaFunctionRegistry::default();
    computed.extend(engine::bounded_functions(&registry));
    for function in computed {
        let function = Arc::new(function);
        for name in function.aliases() {
            registry.scalar_functions.insert(name.clone(), function.clone());
        }
        registry.scalar_functions.insert(function.name().to_owned(), function);
    }
    registry
}
