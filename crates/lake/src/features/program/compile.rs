//! Compiles a plan to a program: decides what is computed in which stage, and nothing twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::{Column, DFSchema, DataFusionError};
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::AggregateFunction;

use super::hoist::{Hoisted, is_of_event, is_of_observation};
use super::qualified::{Qualified, is_of};
use super::stage::StageBuilder;
use super::stages::{AggregateSteps, Program};
use crate::features::sql::Plan;

/// Compiles a plan.
pub(crate) fn compile(plan: &Plan) -> Result<Program> {
    let Plan { state, joined, .. } = plan;
    let owners: Vec<usize> = plan.aggregates.iter().map(|(_, field)| owner(plan, field.name())).collect();
    let owned = |aggregates: Vec<AggregateFunction>| aggregates.into_iter().zip(owners.iter().copied());
    let mut of_observations = Hoisted::new("_of_observation");
    let belongs = |expr: &Expr| Ok(is_of_observation(expr, joined));
    let take = |(aggregate, owner)| of_observations.take_from(aggregate, owner, &belongs);
    let aggregates = plan.aggregates.iter().map(|(aggregate, _)| aggregate.clone()).collect();
    let aggregates = owned(aggregates).map(take).collect::<Result<Vec<_>>>()?;
    let observed = observed_columns(plan, &of_observations.parts)?;
    let mut observations = StageBuilder::new(state, schema(&observed)?);
    for (part, owner) in of_observations.parts.iter().zip(&of_observations.owners) {
        observations.add(part, *owner)?;
    }

    let mut events = StageBuilder::new(state, schema(&event_columns(plan, &aggregates)?)?);
    let mut of_events = Hoisted::new("_of_event");
    let belongs = |expr: &Expr| is_of_event(expr, &events.schema, state);
    let take = |(aggregate, owner)| of_events.take_from(aggregate, owner, &belongs);
    let aggregates = owned(aggregates).map(take).collect::<Result<Vec<_>>>()?;
    for (part, owner) in of_events.parts.iter().zip(&of_events.owners) {
        events.add(part, *owner)?;
    }

    let mut rows = event_columns(plan, &aggregates)?;
    let joined_event_columns = rows
        .iter()
        .map(|(_, field)| Ok(events.schema.as_arrow().index_of(field.name())?))
        .collect::<Result<Vec<usize>>>()?;
    rows.extend(of_events.columns(joined)?);
    rows.extend(of_observations.columns(joined)?);
    let mut rows = StageBuilder::new(state, schema(&rows)?);
    let aggregates = owned(aggregates)
        .zip(&plan.aggregates)
        .map(|((aggregate, owner), (_, field))| rows.aggregate(aggregate, field.name(), owner))
        .collect::<Result<Vec<_>>>()?;

    let results_schema = schema(&result_columns(plan, observed, &aggregates))?;
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
        places: plan.places.clone(),
    })
}

/// Returns the first feature that uses the result of an aggregate.
fn owner(plan: &Plan, result: &str) -> usize {
    let result = Column::new_unqualified(result);
    plan.outputs.iter().position(|(_, output)| output.column_refs().contains(&result)).unwrap_or(0)
}

/// Returns the columns of the observations, then the aggregates' results.
fn result_columns(plan: &Plan, observed: Vec<Qualified>, aggregates: &[AggregateSteps]) -> Vec<Qualified> {
    let mut results = observed;
    for (aggregate, (_, field)) in aggregates.iter().zip(&plan.aggregates) {
        let result = aggregate.function.field().as_ref().clone().with_name(field.name()).with_nullable(true);
        results.push((None, Arc::new(result)));
    }
    results
}

/// Returns `o.as_of`, then the columns of `l` that the first or the last stage uses.
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
