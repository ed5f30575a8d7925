//! Parts of what aggregates are given that are computed before the rows are joined: once for each observation or once
//! for each event, and not once for each pair of them.
//!
//! Nothing that can fail is among them: an event that is joined to no observation must not fail the others. Where they
//! are computed, and what is made of them, is decided in [`crate::compile`].

use std::sync::Arc;

use datafusion::arrow::array::{Array, RecordBatch, new_null_array};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, DataFusionError};
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Expr, ExprSchemable};

use crate::compile::Qualified;
use crate::infallible::cannot_fail;

/// Parts that are computed at one place. Where they were, a column is read instead.
pub(crate) struct Hoisted {
    /// What the columns are called, before their number.
    name: &'static str,
    /// Each part once, however often it was met.
    pub(crate) parts: Vec<Expr>,
}

impl Hoisted {
    pub(crate) fn new(name: &'static str) -> Hoisted {
        Hoisted { name, parts: Vec::new() }
    }

    /// Takes the largest parts that belong here out of an aggregate's arguments, filter and order.
    pub(crate) fn take_from(
        &mut self,
        mut aggregate: AggregateFunction,
        belongs: &impl Fn(&Expr) -> Result<bool>,
    ) -> Result<AggregateFunction> {
        let params = &mut aggregate.params;
        for arg in &mut params.args {
            *arg = self.take(std::mem::take(arg), belongs)?;
        }
        if let Some(filter) = &mut params.filter {
            **filter = self.take(std::mem::take(filter.as_mut()), belongs)?;
        }
        for by in &mut params.order_by {
            by.expr = self.take(std::mem::take(&mut by.expr), belongs)?;
        }
        Ok(aggregate)
    }

    /// Returns the columns of the parts' results.
    pub(crate) fn columns(&self, joined: &DFSchema) -> Result<Vec<Qualified>> {
        let column = |(index, part): (usize, &Expr)| {
            let (_, field) = part.to_field(joined)?;
            let field = field.as_ref().clone().with_name(self.column_name(index)).with_nullable(true);
            Ok((None, Arc::new(field)))
        };
        self.parts.iter().enumerate().map(column).collect()
    }

    fn take(&mut self, expr: Expr, belongs: &impl Fn(&Expr) -> Result<bool>) -> Result<Expr> {
        let taken = expr.transform_down(|expr| {
            if !belongs(&expr)? {
                return Ok(Transformed::no(expr));
            }
            let known = self.parts.iter().position(|known| *known == expr);
            let index = known.unwrap_or_else(|| {
                self.parts.push(expr);
                self.parts.len() - 1
            });
            let column = Expr::Column(Column::new_unqualified(self.column_name(index)));
            Ok(Transformed::new(column, true, TreeNodeRecursion::Jump))
        })?;
        Ok(taken.data)
    }

    fn column_name(&self, index: usize) -> String {
        format!("{}_{index}", self.name)
    }
}

/// Whether an expression hangs on `l` and `as_of` alone and can be computed for every observation.
pub(crate) fn is_of_observation(expr: &Expr, joined: &DFSchema) -> bool {
    let columns = expr.column_refs();
    !columns.is_empty() && !columns.iter().any(|column| is_of(column, "e")) && cannot_fail(expr, joined)
}

/// Whether an expression hangs on these columns of `e` alone and can be computed for every event.
///
/// Beside an observation without events all of `e` is NULL, and so is what is read in place of the expression. So it
/// has to be NULL there itself, which `e.kind = 'touch'` is and `e.kind IS NULL` is not. A column alone gains nothing.
pub(crate) fn is_of_event(expr: &Expr, events: &DFSchema, state: &SessionState) -> Result<bool> {
    let columns = expr.column_refs();
    let hangs_on_events = !columns.is_empty() && columns.iter().all(|column| is_of(column, "e"));
    if !hangs_on_events || matches!(expr, Expr::Column(_)) || !cannot_fail(expr, events) {
        return Ok(false);
    }
    let missing = events.fields().iter().map(|field| new_null_array(field.data_type(), 1)).collect();
    let no_event = RecordBatch::try_new(events.inner().clone(), missing).map_err(DataFusionError::from)?;
    let value = state.create_physical_expr(expr.clone(), events)?.evaluate(&no_event)?.into_array(1)?;
    Ok(value.is_null(0))
}

/// Whether a column is of `o`, `l` or `e`.
pub(crate) fn is_of(column: &Column, relation: &str) -> bool {
    column.relation.as_ref().is_some_and(|known| known.table() == relation)
}
