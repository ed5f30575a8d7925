//! Features ready to run: the engine's own expressions and accumulators, put together once.
//!
//! A program runs in four stages. Over the observations: what hangs on the lead and the moment alone. Over the events:
//! what hangs on an event alone. Both are computed once for each, and not again for every pair. Over the joined rows:
//! arguments and filters of aggregates, each only once whoever shares it. Over the results: the features. Many
//! observations at once are the batch, one is a request.

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
    /// The first stage. Its columns are `as_of`, then those of the lead that are used.
    pub(crate) observations: Steps,
    /// The second stage. Its columns are those of the events that are used, by name.
    pub(crate) events: Steps,
    /// Which columns of the events the third stage uses itself.
    pub(crate) joined_event_columns: Vec<usize>,
    /// The third stage. Its columns are these of the events, then the values of the second and of the first stage.
    pub(crate) joined: Steps,
    /// What is made of the third stage's values.
    pub(crate) aggregates: Vec<AggregateSteps>,
    /// The columns of the first stage, then the aggregates' results.
    pub(crate) results: SchemaRef,
    /// The last stage, over `results`: the features.
    pub(crate) outputs: Vec<Arc<dyn PhysicalExpr>>,
}

/// Values that are computed over some columns: each step once, whatever it is used for.
#[derive(Debug)]
pub(crate) struct Steps {
    pub(crate) columns: SchemaRef,
    pub(crate) expressions: Vec<Arc<dyn PhysicalExpr>>,
    /// What the values are made of: of one expression its value, of several whether all are true.
    pub(crate) values: Vec<Vec<usize>>,
}

/// One aggregate. Positions are of the third stage's values.
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
    of_observations: Vec<ArrayRef>,
    accumulators: Vec<Box<dyn GroupsAccumulator>>,
}

impl Program {
    /// Starts a run over observations, given the first stage's columns.
    pub(crate) fn start(&self, observations: usize, observed: Vec<ArrayRef>) -> Result<Run<'_>> {
        let of_observations = self.observations.run(observed.clone(), observations)?;
        let accumulators =
            self.aggregates.iter().map(|aggregate| accumulator(&aggregate.function)).collect::<Result<_>>()?;
        Ok(Run { program: self, observations, observed, of_observations, accumulators })
    }
}

impl Steps {
    fn run(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<Vec<ArrayRef>> {
        let steps = evaluate(&self.expressions, &batch(&self.columns, columns, rows)?)?;
        self.values.iter().map(|parts| all(&steps, parts)).collect()
    }
}

impl Run<'_> {
    /// Returns what joined rows are made of, given the columns of the events that are used.
    pub(crate) fn of_events(&self, columns: &[ArrayRef], events: usize) -> Result<Vec<ArrayRef>> {
        let program = self.program;
        let mut of_events: Vec<ArrayRef> =
            program.joined_event_columns.iter().map(|column| columns[*column].clone()).collect();
        of_events.extend(program.events.run(columns.to_vec(), events)?);
        Ok(of_events)
    }

    /// Adds joined rows: of each what [`Run::of_events`] gave for its event, NULL where an observation has none, and
    /// its observation.
    ///
    /// All rows of one observation come in one call. So it makes no difference to the last bit of a sum what other
    /// observations there are.
    pub(crate) fn add(&mut self, of_events: Vec<ArrayRef>, observation_of: &UInt32Array) -> Result<()> {
        let program = self.program;
        let mut columns = of_events;
        for of_observation in &self.of_observations {
            columns.push(take(of_observation, observation_of, None)?);
        }
        let values = program.joined.run(columns, observation_of.len())?;
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
