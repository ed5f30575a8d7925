//! SQL functions of a cluster, beside those of every session: versions, and the features of a chunk.

use std::sync::Arc;

use datafusion::arrow::array::{BooleanArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{ColumnarValue, LogicalPlan, ScalarUDF, Volatility, create_udf};
use datafusion::optimizer::AnalyzerRule;
use datafusion::prelude::SessionConfig;
use datafusion::scalar::ScalarValue;

use super::version::VERSION;
use crate::engine::{self, CellFaults};

/// Returns the version of the scheduler.
pub(super) const SCHEDULER: &str = "plumb_scheduler";

/// Returns the version of an executor.
pub(super) const EXECUTOR: &str = "plumb_executor";

/// Computes the features of a chunk: takes a `FeatureJob` as JSON and returns its number of rows.
pub(super) const FEATURES: &str = "plumb_features";

/// Returns the functions for a client, which computes none of them.
pub(super) fn client() -> Vec<ScalarUDF> {
    let remote = |name: &'static str, arguments: Vec<DataType>| {
        let refuse = move |_: &[ColumnarValue]| -> Result<ColumnarValue> {
            Err(DataFusionError::Execution(format!("`{name}` runs on a cluster only")))
        };
        create_udf(name, arguments, DataType::Utf8, Volatility::Volatile, Arc::new(refuse))
    };
    let mut functions = engine::functions();
    functions.extend(engine::parsing_functions(&CellFaults::default()));
    functions.push(remote(SCHEDULER, vec![]));
    functions.push(remote(EXECUTOR, vec![]));
    functions.push(remote(FEATURES, vec![DataType::Utf8]));
    functions
}

/// Returns the state in which the scheduler plans. It evaluates constants, and so its own version; it plans what only reads.
pub(super) fn scheduler(config: SessionConfig) -> Result<SessionState> {
    let only_reads = Arc::new(OnlyReads);
    let builder = SessionStateBuilder::new().with_default_features().with_config(config);
    let mut state = builder.with_analyzer_rule(only_reads).build();
    for function in engine::bounded_functions(&state) {
        register(&mut state, function)?;
    }
    for function in client().into_iter().filter(|function| function.name() != SCHEDULER) {
        register(&mut state, function)?;
    }
    register(&mut state, version_function(SCHEDULER, Volatility::Immutable))?;
    Ok(state)
}

/// Refuses plans that do more than read, whoever sends them.
#[derive(Debug)]
struct OnlyReads;

impl AnalyzerRule for OnlyReads {
    fn name(&self) -> &str {
        "only_reads"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        engine::check_plan(&plan)?;
        Ok(plan)
    }
}

/// Returns a table of one row.
pub(super) fn one_row() -> RecordBatch {
    let schema = Arc::new(Schema::new(vec![Field::new("one", DataType::Boolean, false)]));
    RecordBatch::try_new(schema, vec![Arc::new(BooleanArray::from(vec![true]))]).expect("one column of one row")
}

/// Returns a function that returns this process's version.
pub(super) fn version_function(name: &str, volatility: Volatility) -> ScalarUDF {
    let version = |_: &[ColumnarValue]| Ok(ColumnarValue::Scalar(ScalarValue::Utf8(Some(VERSION.to_owned()))));
    create_udf(name, vec![], DataType::Utf8, volatility, Arc::new(version))
}

fn register(state: &mut SessionState, function: ScalarUDF) -> Result<()> {
    use datafusion::execution::FunctionRegistry;
    state.register_udf(Arc::new(function)).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_scheduler_plans_what_only_reads() {
        let state = scheduler(SessionConfig::new()).expect("a state");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("x.csv");
        let copy = format!("COPY (SELECT 1) TO '{}'", file.display());
        for sql in [copy.as_str(), "CREATE TABLE t AS SELECT 1", "SET datafusion.execution.batch_size = 1"] {
            let plan = state.create_logical_plan(sql).await.expect("the engine knows it");
            let error = state.create_physical_plan(&plan).await.expect_err("it does not only read").to_string();
            assert!(error.contains("not supported"), "{error}");
        }
        assert!(!file.exists());
        let plan = state.create_logical_plan("SELECT range(1000000000000000)").await.expect("the engine knows it");
        let rows = datafusion::physical_plan::collect(
            state.create_physical_plan(&plan).await.expect("a plan"),
            state.task_ctx(),
        );
        let error = rows.await.expect_err("it is too large").to_string();
        assert!(error.contains("`range` would make a constant of about 7.1 PiB"), "{error}");
    }
}
