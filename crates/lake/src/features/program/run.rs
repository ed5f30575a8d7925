//! A run of a program over some observations.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::{and_kleene, take};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::{GroupsAccumulatorAdapter, PhysicalExpr};

use super::bound::Bound;
use super::stages::{Program, Steps};
use crate::engine::caught;

/// A run over some observations: their joined rows are added, in order, then it is finished.
pub(crate) struct Run<'a> {
    program: &'a Program,
    observations: usize,
    observed: Vec<ArrayRef>,
    of_observations: Vec<ArrayRef>,
    accumulators: Vec<Box<dyn GroupsAccumulator>>,
    bound: Bound,
}

impl Program {
    /// Starts a run over observations, given the first stage's columns.
    pub(crate) fn start(&self, observations: usize, observed: Vec<ArrayRef>, bound: Bound) -> Result<Run<'_>> {
        let of_observations = self.run(&self.observations, observed.clone(), observations, bound)?;
        let accumulators =
            self.aggregates.iter().map(|aggregate| accumulator(&aggregate.function)).collect::<Result<_>>()?;
        Ok(Run { program: self, observations, observed, of_observations, accumulators, bound })
    }

    /// Returns the values of a stage.
    fn run(&self, steps: &Steps, columns: Vec<ArrayRef>, rows: usize, bound: Bound) -> Result<Vec<ArrayRef>> {
        let batch = batch(&steps.columns, columns, rows)?;
        let computed = self.evaluate(&steps.expressions, |step| steps.owners[step], &batch, bound)?;
        steps.values.iter().map(|parts| all(&computed, parts)).collect()
    }

    /// Returns the values of expressions. What goes wrong with one is an error of its feature, even if the engine panics.
    fn evaluate(
        &self,
        expressions: &[Arc<dyn PhysicalExpr>],
        owner: impl Fn(usize) -> usize,
        batch: &RecordBatch,
        mut bound: Bound,
    ) -> Result<Vec<ArrayRef>> {
        self.each(expressions, owner, |expression| bound.array(expression.evaluate(batch)?, batch.num_rows()))
    }

    /// Does the same with each of some things; what goes wrong with one is an error of its feature.
    fn each<T, R>(
        &self,
        things: impl IntoIterator<Item = T>,
        owner: impl Fn(usize) -> usize,
        mut work: impl FnMut(T) -> Result<R>,
    ) -> Result<Vec<R>> {
        let mut at = 0;
        let done = caught(|| {
            let things = things.into_iter().enumerate();
            things
                .map(|(index, thing)| {
                    at = index;
                    work(thing)
                })
                .collect::<Result<Vec<R>>>()
        });
        match done {
            Ok(done) => done.map_err(|error| self.failed(owner(at), &error)),
            Err(message) => Err(self.panicked(owner(at), &message)),
        }
    }
}

impl Run<'_> {
    /// Returns the events' columns of the joined rows, given the columns of the events that are used.
    pub(crate) fn of_events(&self, columns: &[ArrayRef], events: usize) -> Result<Vec<ArrayRef>> {
        let program = self.program;
        let mut of_events: Vec<ArrayRef> =
            program.joined_event_columns.iter().map(|column| columns[*column].clone()).collect();
        of_events.extend(program.run(&program.events, columns.to_vec(), events, self.bound)?);
        Ok(of_events)
    }

    /// Adds joined rows: of each the row of its event from [`Run::of_events`], NULL where an observation has none, and its
    /// observation.
    ///
    /// All rows of one observation come in one call, so that no bit of a sum depends on the other observations.
    pub(crate) fn add(&mut self, of_events: Vec<ArrayRef>, observation_of: &UInt32Array) -> Result<()> {
        let program = self.program;
        let mut columns = of_events;
        let owner = |value: usize| program.observations.owners[program.observations.values[value][0]];
        columns.extend(program.each(&self.of_observations, owner, |of_observation| {
            self.bound.check_joined(of_observation, observation_of)?;
            Ok(take(of_observation, observation_of, None)?)
        })?);
        let values = program.run(&program.joined, columns, observation_of.len(), self.bound)?;
        let groups: Vec<usize> = observation_of.values().iter().map(|observation| *observation as usize).collect();
        let mut arguments: Vec<ArrayRef> = Vec::with_capacity(2);
        let aggregates = program.aggregates.iter().zip(&mut self.accumulators);
        program.each(aggregates, owner_of_aggregate(program), |(aggregate, accumulator)| {
            arguments.clear();
            arguments.extend(aggregate.arguments.iter().map(|argument| values[*argument].clone()));
            let filter: Option<&BooleanArray> = aggregate.filter.map(|filter| values[filter].as_boolean());
            accumulator.update_batch(&arguments, &groups, filter, self.observations)
        })?;
        Ok(())
    }

    /// Returns the features, a column each, a row for each observation.
    pub(crate) fn finish(mut self) -> Result<Vec<ArrayRef>> {
        let program = self.program;
        let mut columns = self.observed;
        columns.extend(program.each(&mut self.accumulators, owner_of_aggregate(program), |accumulator| {
            accumulator.evaluate(EmitTo::All)
        })?);
        let results = batch(&program.results, columns, self.observations)?;
        program.evaluate(&program.outputs, |feature| feature, &results, self.bound)
    }
}

fn owner_of_aggregate(program: &Program) -> impl Fn(usize) -> usize {
    move |aggregate| program.aggregates[aggregate].owner
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

fn batch(schema: &SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}
