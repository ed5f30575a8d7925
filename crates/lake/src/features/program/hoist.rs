//! Hoists parts of aggregates' arguments out of the joined rows: they are computed once for each observation or once for
//! each event, and not once for each pair of them.
//!
//! Nothing that can fail is hoisted: an event that is joined to no observation must not fail the others. `compile` decides
//! where the parts are computed.

use std::sync::Arc;

use datafusion::arrow::array::{Array, RecordBatch, new_null_array};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, DataFusionError};
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Expr, ExprSchemable};

use super::infallible::cannot_fail;
use super::qualified::{Qualified, is_of};

/// Parts that are computed in one stage. A column takes their place.
pub(super) struct Hoisted {
    /// The prefix of the columns' names, before their number.
    name: &'static str,
    /// Each part once, however often it occurs.
    pub(super) parts: Vec<Expr>,
    /// Of each part, the first feature that needs it, for messages.
    pub(super) owners: Vec<usize>,
}

impl Hoisted {
    pub(super) fn new(name: &'static str) -> Hoisted {
        Hoisted { name, parts: Vec::new(), owners: Vec::new() }
    }

    /// Hoists the largest parts that belong here out of the arguments, the filter and the order of a feature's aggregate.
    pub(super) fn take_from(
        &mut self,
        mut aggregate: AggregateFunction,
        owner: usize,
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
        self.owners.resize(self.parts.len(), owner);
        Ok(aggregate)
    }

    /// Returns the columns of the parts' results.
    pub(super) fn columns(&self, joined: &DFSchema) -> Result<Vec<Qualified>> {
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

/// Returns whether an expression depends on `l` and `as_of` alone and can be computed for every observation.
pub(super) fn is_of_observation(expr: &Expr, joined: &DFSchema) -> bool {
    let columns = expr.column_refs();
    !columns.is_empty() && !columns.iter().any(|column| is_of(column, "e")) && cannot_fail(expr, joined)
}

/// Returns whether an expression depends on these columns of `e` alone and can be computed for every event.
///
/// In the joined row of an observation without events all of `e` is NULL, and so is the column that takes the
/// expression's place. So the expression must be NULL there itself, as `e.kind = 'touch'` is and `e.kind IS NULL` is not.
/// Hoisting a column alone gains nothing.
pub(super) fn is_of_event(expr: &Expr, events: &DFSchema, state: &SessionState) -> Result<bool> {
    let columns = expr.column_refs();
    let depends_on_events = !columns.is_empty() && columns.iter().all(|column| is_of(column, "e"));
    if !depends_on_events || matches!(expr, Expr::Column(_)) || !cannot_fail(expr, events) {
        return Ok(false);
    }
    let missing = events.fields().iter().map(|field| new_null_array(field.data_type(), 1)).collect();
    let no_event = RecordBatch::try_new(events.inner().clone(), missing).map_err(DataFusionError::from)?;
    let value = state.create_physical_expr(expr.clone(), events)?.evaluate(&no_event)?.into_array(1)?;
    Ok(value.is_null(0))
}
