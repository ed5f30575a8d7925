//! One stage of a program while it is compiled: values over some columns, each step computed once.

use std::collections::HashMap;

use datafusion::common::DFSchema;
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::physical_expr::aggregate::LoweredAggregateBuilder;

use super::infallible::cannot_fail;
use super::stages::{AggregateSteps, Steps};

/// A stage while it is compiled: values over some columns, in shared steps.
pub(super) struct StageBuilder<'a> {
    state: &'a SessionState,
    pub(super) schema: DFSchema,
    pub(super) steps: Steps,
    step_of: HashMap<Expr, usize>,
    value_of: HashMap<Vec<usize>, usize>,
}

impl<'a> StageBuilder<'a> {
    pub(super) fn new(state: &'a SessionState, schema: DFSchema) -> StageBuilder<'a> {
        let steps =
            Steps { columns: schema.inner().clone(), expressions: Vec::new(), owners: Vec::new(), values: Vec::new() };
        StageBuilder { state, schema, steps, step_of: HashMap::new(), value_of: HashMap::new() }
    }

    /// Adds the arguments and the filter of an aggregate of a feature.
    pub(super) fn aggregate(
        &mut self,
        mut aggregate: AggregateFunction,
        name: &str,
        owner: usize,
    ) -> Result<AggregateSteps> {
        let filter = aggregate.params.filter.take().map(|filter| self.value(&filter, owner)).transpose()?;
        let arguments = aggregate.params.args.iter().map(|arg| self.value(arg, owner));
        let mut arguments = arguments.collect::<Result<Vec<_>>>()?;
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
        // Ordered aggregates get their sort keys behind their arguments.
        if !function.order_bys().is_empty() {
            for by in &order_by {
                arguments.push(self.value(&by.expr, owner)?);
            }
        }
        Ok(AggregateSteps { function, arguments, filter, owner })
    }

    /// Adds the value of an expression of a feature, even a known one.
    pub(super) fn add(&mut self, expr: &Expr, owner: usize) -> Result<()> {
        let steps = self.steps_of(expr, owner)?;
        self.steps.values.push(steps);
        Ok(())
    }

    /// Returns the position of the value of an expression.
    fn value(&mut self, expr: &Expr, owner: usize) -> Result<usize> {
        let steps = self.steps_of(expr, owner)?;
        if let Some(known) = self.value_of.get(&steps) {
            return Ok(*known);
        }
        let values = &mut self.steps.values;
        values.push(steps.clone());
        self.value_of.insert(steps, values.len() - 1);
        Ok(values.len() - 1)
    }

    fn steps_of(&mut self, expr: &Expr, owner: usize) -> Result<Vec<usize>> {
        let parts = split_conjunction(expr);
        let parts = if parts.iter().all(|part| cannot_fail(part, &self.schema)) { parts } else { vec![expr] };
        parts.into_iter().map(|part| self.step(part, owner)).collect()
    }

    fn step(&mut self, expr: &Expr, owner: usize) -> Result<usize> {
        if let Some(known) = self.step_of.get(expr) {
            return Ok(*known);
        }
        let expressions = &mut self.steps.expressions;
        expressions.push(self.state.create_physical_expr(expr.clone(), &self.schema)?);
        self.steps.owners.push(owner);
        self.step_of.insert(expr.clone(), self.steps.expressions.len() - 1);
        Ok(self.steps.expressions.len() - 1)
    }
}
