//! From the plan to the program: what is computed where, and nothing twice.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::{Column, DFSchema, DataFusionError, TableReference};
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::physical_expr::aggregate::LoweredAggregateBuilder;

use crate::hoist::{Hoisted, is_of, is_of_event, is_of_observation};
use crate::infallible::cannot_fail;
use crate::plan::Plan;
use crate::program::{AggregateSteps, Program, Steps};

/// A column and the relation that it is of.
pub(crate) type Qualified = (Option<TableReference>, FieldRef);

/// Makes the program of a plan.
pub(crate) fn compile(plan: &Plan) -> Result<Program> {
    let Plan { state, joined, .. } = plan;
    let mut of_observations = Hoisted::new("_of_observation");
    let belongs = |expr: &Expr| Ok(is_of_observation(expr, joined));
    let take = |(aggregate, _): &(AggregateFunction, _)| of_observations.take_from(aggregate.clone(), &belongs);
    let aggregates = plan.aggregates.iter().map(take).collect::<Result<Vec<_>>>()?;
    let observed = observed_columns(plan, &of_observations.parts)?;
    let mut observations = Stage::new(state, schema(&observed)?);
    for part in &of_observations.parts {
        observations.add(part)?;
    }

    let mut events = Stage::new(state, schema(&event_columns(plan, &aggregates)?)?);
    let mut of_events = Hoisted::new("_of_event");
    let belongs = |expr: &Expr| is_of_event(expr, &events.schema, state);
    let take = |aggregate| of_events.take_from(aggregate, &belongs);
    let aggregates = aggregates.into_iter().map(take).collect::<Result<Vec<_>>>()?;
    for part in &of_events.parts {
        events.add(part)?;
    }

    let mut rows = event_columns(plan, &aggregates)?;
    let joined_event_columns = rows
        .iter()
        .map(|(_, field)| Ok(events.schema.as_arrow().index_of(field.name())?))
        .collect::<Result<Vec<usize>>>()?;
    rows.extend(of_events.columns(joined)?);
    rows.extend(of_observations.columns(joined)?);
    let mut rows = Stage::new(state, schema(&rows)?);
    let aggregates = aggregates
        .into_iter()
        .zip(&plan.aggregates)
        .map(|(aggregate, (_, field))| rows.aggregate(aggregate, field.name()))
        .collect::<Result<Vec<_>>>()?;

    let mut results = observed;
    for (aggregate, (_, field)) in aggregates.iter().zip(&plan.aggregates) {
        let result = aggregate.function.field().as_ref().clone().with_name(field.name()).with_nullable(true);
        results.push((None, Arc::new(result)));
    }
    let results_schema = schema(&results)?;
    let output = |(_, expr): &(String, Expr)| state.create_physical_expr(expr.clone(), &results_schema);
    Ok(Program {
        names: plan.outputs.iter().map(|(name, _)| name.clone()).collect(),
        observations: observations.steps,
        events: events.steps,
        joined_event_columns,
        joined: rows.steps,
        aggregates,
        outputs: plan.outputs.iter().map(output).collect::<Result<_>>()?,
        results: results_schema.inner().clone(),
    })
}

/// A stage in the making: values over some columns, in steps that are shared.
struct Stage<'a> {
    state: &'a SessionState,
    schema: DFSchema,
    steps: Steps,
    step_of: HashMap<Expr, usize>,
    value_of: HashMap<Vec<usize>, usize>,
}

impl<'a> Stage<'a> {
    fn new(state: &'a SessionState, schema: DFSchema) -> Stage<'a> {
        let steps = Steps { columns: schema.inner().clone(), expressions: Vec::new(), values: Vec::new() };
        Stage { state, schema, steps, step_of: HashMap::new(), value_of: HashMap::new() }
    }

    fn aggregate(&mut self, mut aggregate: AggregateFunction, name: &str) -> Result<AggregateSteps> {
        let filter = aggregate.params.filter.take().map(|filter| self.value(&filter)).transpose()?;
        let mut arguments = aggregate.params.args.iter().map(|arg| self.value(arg)).collect::<Result<Vec<_>>>()?;
        let order_by = aggregate.params.order_by.clone();
        let function = LoweredAggregateBuilder::new(
            &Expr::AggregateFunction(aggregate),
            &self.schema,
            self.schema.as_arrow(),
            self.state.execution_props(),
            &PhysicalPlanningContext::default(),
        )
        .with_name(name)
        .build()?
        .aggregate;
        // Aggregates that heed an order are given what they order by, behind their arguments.
        if !function.order_bys().is_empty() {
            for by in &order_by {
                arguments.push(self.value(&by.expr)?);
            }
        }
        Ok(AggregateSteps { function, arguments, filter })
    }

    /// Adds the value of an expression, also one that is there already.
    fn add(&mut self, expr: &Expr) -> Result<()> {
        let steps = self.steps_of(expr)?;
        self.steps.values.push(steps);
        Ok(())
    }

    /// Returns the position of the value of an expression.
    fn value(&mut self, expr: &Expr) -> Result<usize> {
        let steps = self.steps_of(expr)?;
        if let Some(known) = self.value_of.get(&steps) {
            return Ok(*known);
        }
        let values = &mut self.steps.values;
        values.push(steps.clone());
        self.value_of.insert(steps, values.len() - 1);
        Ok(values.len() - 1)
    }

    fn steps_of(&mut self, expr: &Expr) -> Result<Vec<usize>> {
        let parts = split_conjunction(expr);
        let parts = if parts.iter().all(|part| cannot_fail(part, &self.schema)) { parts } else { vec![expr] };
        parts.into_iter().map(|part| self.step(part)).collect()
    }

    fn step(&mut self, expr: &Expr) -> Result<usize> {
        if let Some(known) = self.step_of.get(expr) {
            return Ok(*known);
        }
        let expressions = &mut self.steps.expressions;
        expressions.push(self.state.create_physical_expr(expr.clone(), &self.schema)?);
        self.step_of.insert(expr.clone(), expressions.len() - 1);
        Ok(expressions.len() - 1)
    }
}

/// Returns `o.as_of`, then the columns of `l` that are used beside no event: by the first stage or the last.
fn observed_columns(plan: &Plan, hoisted: &[Expr]) -> Result<Vec<Qualified>> {
    let outputs = plan.outputs.iter().map(|(_, expr)| expr);
    let used: BTreeSet<&Column> = outputs.chain(hoisted).flat_map(Expr::column_refs).collect();
    let mut columns = vec![column(plan, &Column::new(Some("o"), "as_of"))?];
    for used in used.into_iter().filter(|column| is_of(column, "l")) {
        columns.push(column(plan, used)?);
    }
    Ok(columns)
}

/// Returns the columns of `e` that are used, by name.
fn event_columns(plan: &Plan, aggregates: &[AggregateFunction]) -> Result<Vec<Qualified>> {
    let mut used = BTreeSet::new();
    for aggregate in aggregates {
        let params = &aggregate.params;
        let orders = params.order_by.iter().map(|by| &by.expr);
        for expr in params.args.iter().chain(params.filter.as_deref()).chain(orders) {
            used.extend(expr.column_refs().into_iter().filter(|column| is_of(column, "e")));
        }
    }
    used.into_iter().map(|used| column(plan, used)).collect()
}

fn column(plan: &Plan, column: &Column) -> Result<Qualified> {
    let index = plan
        .joined
        .maybe_index_of_column(column)
        .ok_or_else(|| DataFusionError::Internal(format!("no column `{column}` in the joined rows")))?;
    let (relation, field) = plan.joined.qualified_field(index);
    Ok((relation.cloned(), Arc::new(field.as_ref().clone().with_nullable(true))))
}

fn schema(columns: &[Qualified]) -> Result<DFSchema> {
    DFSchema::new_with_metadata(columns.to_vec(), Default::default())
}
