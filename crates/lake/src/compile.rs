//! From the plan to the program: what is computed where, and nothing twice.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, DataFusionError, TableReference};
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::LoweredAggregateBuilder;

use crate::infallible::cannot_fail;
use crate::plan::Plan;
use crate::program::{AggregateSteps, Program};

type Qualified = (Option<TableReference>, FieldRef);

/// Makes the program of a plan.
pub(crate) fn compile(plan: &Plan) -> Result<Program> {
    let mut stage = Observations { joined: &plan.joined, hoisted: Vec::new() };
    let aggregates: Vec<AggregateFunction> =
        plan.aggregates.iter().map(|(aggregate, _)| stage.hoist_from(aggregate.clone())).collect::<Result<_>>()?;
    let observed = observed_columns(plan, &stage.hoisted)?;
    let observed_schema = schema(&observed)?;
    let hoisted = stage
        .hoisted
        .iter()
        .map(|expr| plan.state.create_physical_expr(expr.clone(), &observed_schema))
        .collect::<Result<_>>()?;

    let mut joined = event_columns(plan, &aggregates)?;
    let event_columns = joined.len();
    for (index, expr) in stage.hoisted.iter().enumerate() {
        let (_, field) = expr.to_field(plan.joined.as_ref())?;
        joined.push((None, Arc::new(field.as_ref().clone().with_name(hoisted_name(index)).with_nullable(true))));
    }
    let mut rows = JoinedRows::new(&plan.state, schema(&joined)?);
    let aggregates = aggregates
        .into_iter()
        .zip(&plan.aggregates)
        .map(|(aggregate, (_, field))| rows.aggregate(aggregate, field.name()))
        .collect::<Result<Vec<_>>>()?;

    let mut results = observed.clone();
    for (aggregate, (_, field)) in aggregates.iter().zip(&plan.aggregates) {
        let result = aggregate.function.field().as_ref().clone().with_name(field.name()).with_nullable(true);
        results.push((None, Arc::new(result)));
    }
    let results_schema = schema(&results)?;
    let outputs = plan
        .outputs
        .iter()
        .map(|(_, expr)| plan.state.create_physical_expr(expr.clone(), &results_schema))
        .collect::<Result<_>>()?;
    Ok(Program {
        names: plan.outputs.iter().map(|(name, _)| name.clone()).collect(),
        observed: observed_schema.inner().clone(),
        joined: rows.schema.inner().clone(),
        event_columns,
        hoisted,
        steps: rows.steps,
        values: rows.values,
        aggregates,
        results: results_schema.inner().clone(),
        outputs,
    })
}

/// The first stage: the largest parts of arguments and filters that hang on `l` and `as_of` alone.
struct Observations<'a> {
    joined: &'a DFSchema,
    hoisted: Vec<Expr>,
}

impl Observations<'_> {
    fn hoist_from(&mut self, mut aggregate: AggregateFunction) -> Result<AggregateFunction> {
        let params = &mut aggregate.params;
        for arg in &mut params.args {
            *arg = self.hoist(std::mem::take(arg))?;
        }
        if let Some(filter) = &mut params.filter {
            **filter = self.hoist(std::mem::take(filter.as_mut()))?;
        }
        for by in &mut params.order_by {
            by.expr = self.hoist(std::mem::take(&mut by.expr))?;
        }
        Ok(aggregate)
    }

    fn hoist(&mut self, expr: Expr) -> Result<Expr> {
        let hoisted = expr.transform_down(|expr| {
            let columns = expr.column_refs();
            let of_event = columns.iter().any(|column| is_of(column, "e"));
            if columns.is_empty() || of_event || !cannot_fail(&expr, self.joined) {
                return Ok(Transformed::no(expr));
            }
            let known = self.hoisted.iter().position(|known| *known == expr);
            let index = known.unwrap_or_else(|| {
                self.hoisted.push(expr);
                self.hoisted.len() - 1
            });
            let column = Expr::Column(Column::new_unqualified(hoisted_name(index)));
            Ok(Transformed::new(column, true, TreeNodeRecursion::Jump))
        })?;
        Ok(hoisted.data)
    }
}

/// The second stage: what aggregates are given, in steps that are shared.
struct JoinedRows<'a> {
    state: &'a SessionState,
    schema: DFSchema,
    steps: Vec<Arc<dyn PhysicalExpr>>,
    step_of: HashMap<Expr, usize>,
    values: Vec<Vec<usize>>,
    value_of: HashMap<Vec<usize>, usize>,
}

impl<'a> JoinedRows<'a> {
    fn new(state: &'a SessionState, schema: DFSchema) -> JoinedRows<'a> {
        JoinedRows {
            state,
            schema,
            steps: Vec::new(),
            step_of: HashMap::new(),
            values: Vec::new(),
            value_of: HashMap::new(),
        }
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

    fn value(&mut self, expr: &Expr) -> Result<usize> {
        let parts = split_conjunction(expr);
        let parts = if parts.iter().all(|part| cannot_fail(part, &self.schema)) { parts } else { vec![expr] };
        let steps = parts.into_iter().map(|part| self.step(part)).collect::<Result<Vec<_>>>()?;
        if let Some(known) = self.value_of.get(&steps) {
            return Ok(*known);
        }
        self.values.push(steps.clone());
        self.value_of.insert(steps, self.values.len() - 1);
        Ok(self.values.len() - 1)
    }

    fn step(&mut self, expr: &Expr) -> Result<usize> {
        if let Some(known) = self.step_of.get(expr) {
            return Ok(*known);
        }
        self.steps.push(self.state.create_physical_expr(expr.clone(), &self.schema)?);
        self.step_of.insert(expr.clone(), self.steps.len() - 1);
        Ok(self.steps.len() - 1)
    }
}

/// Returns `o.as_of`, then the columns of `l` that the first or the third stage uses.
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

fn is_of(column: &Column, relation: &str) -> bool {
    column.relation.as_ref().is_some_and(|known| known.table() == relation)
}

fn hoisted_name(index: usize) -> String {
    format!("_of_observation_{index}")
}
