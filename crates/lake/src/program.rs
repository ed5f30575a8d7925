//! Features ready to run: the engine's own expressions and accumulators, put together once.
//!
//! A program runs in three stages. Over the observations: what hangs on the lead and the moment alone is computed
//! once for each, not again beside every event. Over the joined rows: arguments and filters of aggregates, each only
//! once whoever shares it. Over the results: the features. Many observations at once are the batch, one is a request.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::{and_kleene, take};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::{GroupsAccumulatorAdapter, PhysicalExpr};

/// What a set of features computes, in the three stages, and which columns it needs for it.
#[derive(Debug)]
pub(crate) struct Program {
    /// The features' names.
    pub(crate) names: Vec<String>,
    /// `as_of`, then the columns of the lead that are used.
    pub(crate) observed: SchemaRef,
    /// The columns of the events that are used, by name; behind them the results of the first stage.
    pub(crate) joined: SchemaRef,
    /// How many of `joined` are columns of the events.
    pub(crate) event_columns: usize,
    /// The first stage, over `observed`.
    pub(crate) hoisted: Vec<Arc<dyn PhysicalExpr>>,
    /// The second stage, over `joined`: each step once, whatever it is used for.
    pub(crate) steps: Vec<Arc<dyn PhysicalExpr>>,
    /// Values made of steps: of one its value, of several whether all are true.
    pub(crate) values: Vec<Vec<usize>>,
    /// What is made of the values.
    pub(crate) aggregates: Vec<AggregateSteps>,
    /// `observed`, then the results of the second stage.
    pub(crate) results: SchemaRef,
    /// The third stage, over `results`: the features.
    pub(crate) outputs: Vec<Arc<dyn PhysicalExpr>>,
}

/// One aggregate. Positions are of `values`.
#[derive(Debug)]
pub(crate) struct AggregateSteps {
    pub(crate) function: Arc<AggregateFunctionExpr>,
    pub(crate) arguments: Vec<usize>,
    pub(crate) filter: Option<usize>,
}

/// A program under way over some observations: their joined rows are added, in order, then it is finished.
pub(crate) struct Run<'a> {
    program: &'a Program,
    observations: usize,
    observed: Vec<ArrayRef>,
    hoisted: Vec<ArrayRef>,
    accumulators: Vec<Box<dyn GroupsAccumulator>>,
}

impl Program {
    /// Starts a run over observations: for each of `observed` its column.
    pub(crate) fn start(&self, observations: usize, observed: Vec<ArrayRef>) -> Result<Run<'_>> {
        let batch = batch(&self.observed, observed, observations)?;
        let hoisted = evaluate(&self.hoisted, &batch)?;
        let accumulators =
            self.aggregates.iter().map(|aggregate| accumulator(&aggregate.function)).collect::<Result<_>>()?;
        Ok(Run { program: self, observations, observed: batch.columns().to_vec(), hoisted, accumulators })
    }
}

impl Run<'_> {
    /// Adds joined rows: the columns of their events, NULL where an observation has none, and each row's observation.
    ///
    /// All rows of one observation come in one call. So it makes no difference to the last bit of a sum what other
    /// observations there are.
    pub(crate) fn add(&mut self, events: Vec<ArrayRef>, observation_of: &UInt32Array) -> Result<()> {
        let program = self.program;
        let mut columns = events;
        for hoisted in &self.hoisted {
            columns.push(take(hoisted, observation_of, None)?);
        }
        let batch = batch(&program.joined, columns, observation_of.len())?;
        let steps = evaluate(&program.steps, &batch)?;
        let values = program.values.iter().map(|parts| all(&steps, parts)).collect::<Result<Vec<_>>>()?;
        let groups: Vec<usize> = observation_of.values().iter().map(|observation| *observation as usize).collect();
        let mut arguments: Vec<ArrayRef> = Vec::with_capacity(2);
        for (aggregate, accumulator) in program.aggregates.iter().zip(&mut self.accumulators) {
            arguments.clear();
            arguments.extend(aggregate.arguments.iter().map(|argument| values[*argument].clone()));
            let filter: Option<&BooleanArray> = aggregate.filter.map(|filter| values[filter].as_boolean());
            accumulator.update_batch(&arguments, &groups, filter, self.observations)?;
        }
        Ok(())
    }

    /// Returns the features, a column each, a row for each observation.
    pub(crate) fn finish(mut self) -> Result<Vec<ArrayRef>> {
        let mut columns = self.observed;
        for accumulator in &mut self.accumulators {
            columns.push(accumulator.evaluate(EmitTo::All)?);
        }
        evaluate(&self.program.outputs, &batch(&self.program.results, columns, self.observations)?)
    }
}

/// The same choice as the engine makes, because the two kinds add fractions in different orders.
fn accumulator(function: &Arc<AggregateFunctionExpr>) -> Result<Box<dyn GroupsAccumulator>> {
    if function.groups_accumulator_supported() {
        return function.create_groups_accumulator();
    }
    let function = function.clone();
    Ok(Box::new(GroupsAccumulatorAdapter::new(move || function.create_accumulator())))
}

fn all(steps: &[ArrayRef], parts: &[usize]) -> Result<ArrayRef> {
    let (first, more) = parts.split_first().expect("a value is made of at least one step");
    let mut value = steps[*first].clone();
    for part in more {
        value = Arc::new(and_kleene(value.as_boolean(), steps[*part].as_boolean())?);
    }
    Ok(value)
}

fn evaluate(expressions: &[Arc<dyn PhysicalExpr>], batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
    expressions.iter().map(|expression| expression.evaluate(batch)?.into_array(batch.num_rows())).collect()
}

fn batch(schema: &SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}
