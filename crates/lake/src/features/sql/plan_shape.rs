//! The one shape of plan that is accepted: expressions over the results of aggregates over the joined rows.

use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan, Projection};

/// The parts of an accepted plan.
pub(super) struct PlanShape<'a> {
    pub(super) aggregate: &'a Aggregate,
    pub(super) outputs: Vec<Expr>,
}

/// Returns the parts of a plan, or the position of a feature of another shape.
pub(super) fn plan_shape(plan: &LogicalPlan, features: usize) -> Result<PlanShape<'_>, usize> {
    let LogicalPlan::Projection(Projection { input, expr, .. }) = plan else { return Err(0) };
    let unusual = |expr: &Expr| {
        expr.exists(|expr| {
            Ok(matches!(
                expr,
                Expr::WindowFunction(_)
                    | Expr::ScalarSubquery(_)
                    | Expr::Exists(_)
                    | Expr::InSubquery(_)
                    | Expr::SetComparison(_)
                    | Expr::OuterReferenceColumn(..)
                    | Expr::AggregateFunction(_)
                    | Expr::GroupingSet(_)
                    | Expr::Unnest(_)
            ))
        })
        .unwrap_or(true)
    };
    // The first is the observation's row.
    let exprs = &expr[1..];
    if let Some(index) = exprs.iter().position(unusual) {
        return Err(index);
    }
    let LogicalPlan::Aggregate(aggregate) = input.as_ref() else {
        let between = exprs.iter().position(|expr| expr.column_refs().iter().any(|column| column.relation.is_none()));
        return Err(between.unwrap_or(0));
    };
    let plain = aggregate.group_expr.iter().all(|expr| matches!(expr, Expr::Column(_)));
    if !plain || !matches!(aggregate.input.as_ref(), LogicalPlan::Join(_)) || exprs.len() != features {
        return Err(0);
    }
    Ok(PlanShape { aggregate, outputs: exprs.iter().map(|expr| expr.clone().unalias()).collect() })
}
