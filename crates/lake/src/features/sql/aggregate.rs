//! Aggregates that give the same bits in a batch and in a request.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::TreeNode;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;

/// Returns an aggregate, or why a batch and a request could give different bits.
pub(super) fn checked(expr: &Expr, joined: &DFSchema) -> Result<AggregateFunction, String> {
    let Expr::AggregateFunction(aggregate) = expr.clone().unalias_nested().data else {
        return Err(format!("`{expr}`: expected an aggregate"));
    };
    let (name, params) = (aggregate.func.name(), &aggregate.params);
    let is_nested =
        |expr: &Expr| matches!(expr, Expr::AggregateFunction(_) | Expr::ScalarSubquery(_) | Expr::Exists(_));
    let mut parts = params.args.iter().chain(params.filter.as_deref());
    let problem = if parts.any(|part| part.exists(|expr| Ok(is_nested(expr))).unwrap_or(true)) {
        "expected no aggregate or subquery inside"
    } else if params.distinct && name != "count" {
        "expected DISTINCT in `count` only: the order of values is not fixed for others"
    } else if params.distinct && !params.args.iter().all(|arg| arg.get_type(joined).is_ok_and(|kind| is_single(&kind)))
    {
        "expected a number, a timestamp, a flag or text to count DISTINCT"
    } else if !params.order_by.is_empty() && aggregate.func.order_sensitivity().hard_requires() {
        "expected no ORDER BY here: events come ordered by `at`"
    } else {
        return Ok(aggregate);
    };
    Err(format!("`{name}`: {problem}"))
}

/// Whether values of a type are single values, not lists.
fn is_single(kind: &DataType) -> bool {
    kind.is_primitive() || kind.is_string() || matches!(kind, DataType::Boolean | DataType::Null)
}

/// Simplifies the arguments of an aggregate, never the aggregate: `sum(x + 1)` must stay this sum of fractions.
pub(super) fn simplified(
    simplify: &ExprSimplifier,
    mut aggregate: AggregateFunction,
) -> Result<AggregateFunction, DataFusionError> {
    let params = &mut aggregate.params;
    params.args =
        std::mem::take(&mut params.args).into_iter().map(|arg| simplify.simplify(arg)).collect::<Result<_, _>>()?;
    params.filter = params.filter.take().map(|filter| simplify.simplify(*filter)).transpose()?.map(Box::new);
    Ok(aggregate)
}
