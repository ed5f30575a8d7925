//! A cluster: a scheduler and executors, which are this same program, do the work that one machine is too small for.
//!
//! Ballista hands tasks out, notices executors that died and gives their tasks to others. The rows go by the data
//! folder, which all of them see under one path. The features of a chunk of leads are one call of a function of ours
//! (`features`, `functions`), because they are no plan of the engine; the queries of `sources/*.sql` are plans, and run
//! as such (`crate::relations`). Of everything that comes back a sample is computed here too, and compared to the last
//! bit.

mod features;
mod functions;
mod processes;
mod token;

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

use crate::engine;
use crate::{Error, ground};
pub use processes::{Executor, executor, scheduler};
pub use token::Token;

/// Partitions of a query of `sources/*.sql`.
const PARTITIONS: usize = 8;

/// How often something is asked before its failure counts: whoever held the answer may have died.
pub(crate) const ATTEMPTS: usize = 3;

/// How long an executor may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where questions that need no rows are asked.
const ONE: &str = "_one";

/// A cluster that was asked whether it is of this program's version.
pub struct Cluster {
    address: String,
    token: Token,
    /// A session whose queries run there.
    context: SessionContext,
    /// A folder that all machines see; it goes away with this.
    shared: TempDir,
}

impl Cluster {
    /// Connects to the scheduler at `host:port`. `data` is the data folder, which scheduler and executors see under
    /// the same path.
    ///
    /// A cluster of another version of the program is refused: it may compute something else.
    pub async fn connect(address: &str, token: Token, data: &Path) -> Result<Cluster, Error> {
        let folder = std::path::absolute(data.join("cluster")).map_err(Error::file("find", data))?;
        std::fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
        let shared =
            tempfile::Builder::new().prefix("job-").tempdir_in(&folder).map_err(Error::file("write to", &folder))?;
        let context = session(address, &token, 1).map_err(failed(address, "reach the scheduler"))?;
        let one = shared.path().join("one.parquet");
        ground::write_parquet(&one, &functions::one_row())?;
        context
            .register_parquet(ONE, one.display().to_string(), ParquetReadOptions::default())
            .await
            .map_err(failed(address, "read the data folder"))?;
        let cluster = Cluster { address: address.to_owned(), token, context, shared };
        cluster.check_version().await?;
        Ok(cluster)
    }

    async fn check_version(&self) -> Result<(), Error> {
        for (part, function) in [("scheduler", functions::SCHEDULER), ("executor", functions::EXECUTOR)] {
            let expression = format!("{function}()");
            let asking = self.ask(&expression, "ask for its version");
            let found = tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| {
                let silent = format!("no executor answered within {} seconds: is one running?", PATIENCE.as_secs());
                Err(failed(&self.address, "ask for its version")(DataFusionError::Execution(silent)))
            })?;
            if found != functions::VERSION {
                return Err(Error::ClusterVersion { address: self.address.clone(), part, found });
            }
        }
        Ok(())
    }

    /// Returns what an expression is there: a text.
    async fn ask(&self, expression: &str, doing: &'static str) -> Result<String, Error> {
        let answer = async {
            let rows = self.context.sql(&format!("SELECT {expression} AS answer FROM {ONE}")).await?.collect().await?;
            let row = rows.iter().find(|batch| batch.num_rows() > 0);
            let row = row.ok_or_else(|| DataFusionError::Execution("no answer came".into()))?;
            let texts = cast(row.column(0), &DataType::Utf8)?;
            Ok::<_, DataFusionError>(texts.as_string::<i32>().value(0).to_owned())
        };
        answer.await.map_err(failed(&self.address, doing))
    }

    /// Returns a session whose queries run on the cluster, with Plumbline's functions.
    pub(crate) fn session(&self) -> Result<SessionContext, Error> {
        session(&self.address, &self.token, PARTITIONS).map_err(failed(&self.address, "reach the scheduler"))
    }
}

fn session(address: &str, token: &Token, partitions: usize) -> Result<SessionContext, DataFusionError> {
    let config = token.config(engine::config(partitions));
    let state = SessionStateBuilder::new().with_default_features().with_config(config).build();
    let context = SessionContext::new_with_state(state.upgrade_for_ballista(format!("http://{address}"))?);
    functions::client().into_iter().for_each(|function| context.register_udf(function));
    Ok(context)
}

fn failed(address: &str, doing: &'static str) -> impl FnOnce(DataFusionError) -> Error {
    let address = address.to_owned();
    move |source| Error::Cluster { address, doing, source: Box::new(source) }
}
