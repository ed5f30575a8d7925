//! The connection to a cluster.

use futures::FutureExt;
use std::path::Path;
use std::time::Duration;

use ballista_core::extension::SessionStateExt;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use tempfile::TempDir;

use super::functions;
use super::token::Token;
use super::version::VERSION;
use crate::engine;
use crate::error::Error;
use crate::files::parquet_files::write_parquet;
use crate::files::replace_file::temporary_folder;
use crate::future::LakeFuture;

/// Partitions of a query of `sources/*.sql`.
const PARTITIONS: usize = 8;

/// Timeout of the version check: how long an executor may take to answer.
const VERSION_TIMEOUT: Duration = Duration::from_secs(30);

/// The table of one row, for expressions that need no rows.
const ONE: &str = "_one";

/// A connected cluster of this program's version.
pub struct Cluster {
    address: String,
    token: Token,
    /// A session whose queries run on the cluster.
    context: SessionContext,
    /// A folder that all machines see, deleted when this is dropped.
    pub(super) shared: TempDir,
}

impl Cluster {
    /// Connects to the scheduler at `host:port`. `data` is the data folder, which scheduler and executors see under
    /// the same path.
    ///
    /// A cluster of another version of the program is refused: its results may differ.
    pub fn connect<'a>(address: &'a str, token: Token, data: &'a Path) -> LakeFuture<'a, Cluster> {
        async move {
            let folder = std::path::absolute(data.join("cluster")).map_err(Error::file("find", data))?;
            let shared = temporary_folder(&folder, "job-")?;
            let context = session(address, &token, 1).map_err(failed(address, "reach the scheduler"))?;
            let one = shared.path().join("one.parquet");
            write_parquet(&one, &functions::one_row())?;
            context
                .register_parquet(ONE, one.display().to_string(), ParquetReadOptions::default())
                .await
                .map_err(failed(address, "read the data folder"))?;
            let cluster = Cluster { address: address.to_owned(), token, context, shared };
            cluster.check_version().await?;
            Ok(cluster)
        }
        .boxed()
    }

    async fn check_version(&self) -> Result<(), Error> {
        for (part, function) in [("scheduler", functions::SCHEDULER), ("executor", functions::EXECUTOR)] {
            let expression = format!("{function}()");
            let evaluating = self.evaluate(&expression, "read its version");
            let found = tokio::time::timeout(VERSION_TIMEOUT, evaluating).await.unwrap_or_else(|_| {
                let silent =
                    format!("no executor answered within {} seconds: is one running?", VERSION_TIMEOUT.as_secs());
                Err(failed(&self.address, "read its version")(DataFusionError::Execution(silent)))
            })?;
            if found != VERSION {
                return Err(Error::ClusterVersion { address: self.address.clone(), part, found });
            }
        }
        Ok(())
    }

    /// Evaluates an expression of type text on the cluster.
    pub(super) async fn evaluate(&self, expression: &str, doing: &'static str) -> Result<String, Error> {
        let value = async {
            let rows = self.context.sql(&format!("SELECT {expression} AS result FROM {ONE}")).await?.collect().await?;
            let row = rows.iter().find(|batch| batch.num_rows() > 0);
            let row = row.ok_or_else(|| DataFusionError::Execution("the result has no row".into()))?;
            let texts = cast(row.column(0), &DataType::Utf8)?;
            Ok::<_, DataFusionError>(texts.as_string::<i32>().value(0).to_owned())
        };
        value.await.map_err(failed(&self.address, doing))
    }

    /// Returns a session whose queries run on the cluster, with our functions.
    pub(crate) fn session(&self) -> Result<SessionContext, Error> {
        session(&self.address, &self.token, PARTITIONS).map_err(failed(&self.address, "reach the scheduler"))
    }
}

fn session(address: &str, token: &Token, partitions: usize) -> Result<SessionContext, DataFusionError> {
    let config = token.config(engine::config(partitions));
    let state = SessionStateBuilder::new().with_default_features().with_config(config).build();
    let context = SessionContext::new_with_state(state.upgrade_for_ballista(format!("http://{address}"))?);
    let context = engine::with_functions(context);
    functions::client().into_iter().for_each(|function| context.register_udf(function));
    Ok(context)
}

fn failed(address: &str, doing: &'static str) -> impl FnOnce(DataFusionError) -> Error {
    let address = address.to_owned();
    move |source| Error::Cluster { address, doing, source: Box::new(source) }
}
