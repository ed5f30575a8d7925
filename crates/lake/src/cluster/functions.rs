//! Functions that a cluster knows beside those of every session: who is there, and the features of a chunk.

use std::sync::Arc;

use ballista_core::registry::BallistaFunctionRegistry;
use datafusion::arrow::array::{AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use datafusion::prelude::SessionConfig;
use datafusion::scalar::ScalarValue;

use super::features::Desk;
use crate::engine;

/// The version that all parts of a cluster have to be of.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Says the version of the scheduler.
pub(super) const SCHEDULER: &str = "plumb_scheduler";

/// Says the version of an executor.
pub(super) const EXECUTOR: &str = "plumb_executor";

/// Computes the features of a chunk: takes a `Call` of `features` as JSON and returns its number of rows.
pub(super) const FEATURES: &str = "plumb_features";

/// Returns the functions as a client names them: it computes none of them.
pub(super) fn client() -> Vec<ScalarUDF> {
    let elsewhere = |name: &'static str, arguments: Vec<DataType>| {
        let refuse = move |_: &[ColumnarValue]| -> Result<ColumnarValue> {
            Err(DataFusionError::Execution(format!("`{name}` is computed on a cluster only")))
        };
        create_udf(name, arguments, DataType::Utf8, Volatility::Volatile, Arc::new(refuse))
    };
    let mut functions = engine::functions();
    functions.push(elsewhere(SCHEDULER, vec![]));
    functions.push(elsewhere(EXECUTOR, vec![]));
    functions.push(elsewhere(FEATURES, vec![DataType::Utf8]));
    functions
}

/// Returns the state in which the scheduler plans. It may compute what never changes, and so its own version.
pub(super) fn scheduler(config: SessionConfig) -> Result<SessionState> {
    let mut state = SessionStateBuilder::new().with_default_features().with_config(config).build();
    for function in client().into_iter().filter(|function| function.name() != SCHEDULER) {
        register(&mut state, function)?;
    }
    register(&mut state, says_version(SCHEDULER, Volatility::Immutable))?;
    Ok(state)
}

/// Returns what an executor computes.
pub(super) fn executor() -> BallistaFunctionRegistry {
    let desk = Arc::new(Desk::default());
    let features = move |arguments: &[ColumnarValue]| {
        let calls = cast(&arguments[0].to_array(1)?, &DataType::Utf8)?;
        let rows = desk.answer(calls.as_string::<i32>().value(0))?;
        Ok(ColumnarValue::Scalar(ScalarValue::Utf8(Some(rows.to_string()))))
    };
    let mut functions = engine::functions();
    functions.push(says_version(EXECUTOR, Volatility::Volatile));
    functions.push(create_udf(
        FEATURES,
        vec![DataType::Utf8],
        DataType::Utf8,
        Volatility::Volatile,
        Arc::new(features),
    ));
    let mut registry = BallistaFunctionRegistry::default();
    for function in functions {
        registry.scalar_functions.insert(function.name().to_owned(), Arc::new(function));
    }
    registry
}

/// Returns a table of one row, for questions that need no more.
pub(super) fn one_row() -> RecordBatch {
    let schema = Arc::new(Schema::new(vec![Field::new("one", DataType::Boolean, false)]));
    RecordBatch::try_new(schema, vec![Arc::new(BooleanArray::from(vec![true]))]).expect("one column of one row")
}

fn says_version(name: &str, volatility: Volatility) -> ScalarUDF {
    let version = |_: &[ColumnarValue]| Ok(ColumnarValue::Scalar(ScalarValue::Utf8(Some(VERSION.to_owned()))));
    create_udf(name, vec![], DataType::Utf8, volatility, Arc::new(version))
}

fn register(state: &mut SessionState, function: ScalarUDF) -> Result<()> {
    use datafusion::execution::FunctionRegistry;
    state.register_udf(Arc::new(function)).map(|_| ())
}
