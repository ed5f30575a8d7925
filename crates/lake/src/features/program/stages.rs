//! The program of a set of features: the engine's own expressions and accumulators, compiled once.
//!
//! A program runs in four stages. Over the observations: what depends on the lead and `as_of` alone. Over the events: what
//! depends on an event alone. Both are computed once for each, and not for every pair. Over the joined rows: arguments and
//! filters of aggregates, each once, however many share it. Over the results: the features. Many observations at once are
//! a batch, one is a request.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;

/// What a set of features computes in each stage, and which columns it needs.
#[derive(Debug)]
pub(crate) struct Program {
    /// The features' names.
    pub(crate) names: Vec<String>,
    /// The first stage. Its columns are `as_of`, then those of the lead that are used.
    pub(crate) observations: Steps,
    /// The second stage. Its columns are those of the events that are used, by name.
    pub(crate) events: Steps,
    /// Which columns of the events the third stage uses itself.
    pub(crate) joined_event_columns: Vec<usize>,
    /// The third stage. Its columns are these of the events, then the values of the second and of the first stage.
    pub(crate) joined: Steps,
    /// The aggregates over the third stage's values.
    pub(crate) aggregates: Vec<AggregateSteps>,
    /// The columns of the first stage, then the aggregates' results.
    pub(crate) results: SchemaRef,
    /// The last stage, over `results`: the features.
    pub(crate) outputs: Vec<Arc<dyn PhysicalExpr>>,
    /// Of each feature, the file, line and column of its expression.
    pub(crate) places: Vec<String>,
}

/// Values that are computed over some columns: each step once, however often it is used.
#[derive(Debug)]
pub(crate) struct Steps {
    pub(crate) columns: SchemaRef,
    pub(crate) expressions: Vec<Arc<dyn PhysicalExpr>>,
    /// Of each expression, the first feature that needs it, for messages.
    pub(crate) owners: Vec<usize>,
    /// The expressions of each value: of one its value, of several whether all are true.
    pub(crate) values: Vec<Vec<usize>>,
}

/// One aggregate. Positions are of the third stage's values.
#[derive(Debug)]
pub(crate) struct AggregateSteps {
    pub(crate) function: Arc<AggregateFunctionExpr>,
    pub(crate) arguments: Vec<usize>,
    pub(crate) filter: Option<usize>,
    /// The first feature that needs it, for messages.
    pub(crate) owner: usize,
}
