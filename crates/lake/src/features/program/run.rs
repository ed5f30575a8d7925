//! A run of a program over some observations.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::{and_kleene, take};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::{GroupsAccumulatorAdapter, PhysicalExpr};

use super::stages::{Program, Steps};

/// A run over some observations: their joined rows are added, in order, then it is finished.
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
    /// Returns the events' columns of the joined rows, given the columns of the events that are used.
    pub(crate) fn of_events(&self, columns: &[ArrayRef], events: usize) -> Result<Vec<ArrayRef>> {
        let program = self.program;
        let mut of_events: Vec<ArrayRef> =
            program.joined_event_columns.iter().map(|column| columns[*column].clone()).collect();
        of_events.extend(program.events.run(columns.to_vec(), events)?);
        Ok(of_events)
    }

    /// Adds joined rows: of each the row of its event from [`Run::of_events`], NULL where an observation has none, and its
    /// observation.
    ///
    /// All rows of one observation come in one call, so that no bit of a sum depends on the other observations.
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
