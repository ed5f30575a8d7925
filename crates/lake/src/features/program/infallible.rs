//! Which expressions can be computed on any row without an error.
//!
//! Those may be computed early or in any order: in `x <> 0 AND 10 / x > 1` the division must not run before its condition.
//! A timestamp shifted by an interval counts as safe: it fails only beyond the year 292,000.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ExprSchema;
use datafusion::logical_expr::{Expr, ExprSchemable, Operator};

/// Returns whether an expression gives a value, if only NULL, for every row.
pub(super) fn cannot_fail(expr: &Expr, schema: &dyn ExprSchema) -> bool {
    let all = |parts: &[Expr]| parts.iter().all(|part| cannot_fail(part, schema));
    match expr {
        Expr::Column(_) | Expr::Literal(..) => true,
        Expr::Alias(alias) => cannot_fail(&alias.expr, schema),
        Expr::Not(inner)
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::IsTrue(inner)
        | Expr::IsFalse(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsNotFalse(inner)
        | Expr::IsUnknown(inner)
        | Expr::IsNotUnknown(inner) => cannot_fail(inner, schema),
        Expr::Between(between) => {
            [&between.expr, &between.low, &between.high].into_iter().all(|part| cannot_fail(part, schema))
        }
        Expr::InList(list) => cannot_fail(&list.expr, schema) && all(&list.list),
        Expr::Like(like) => {
            // A pattern that is not a constant may be malformed.
            matches!(like.pattern.as_ref(), Expr::Literal(..)) && cannot_fail(&like.expr, schema)
        }
        Expr::BinaryExpr(binary) => {
            cannot_fail(&binary.left, schema)
                && cannot_fail(&binary.right, schema)
                && operator_cannot_fail(binary.op, expr, schema)
        }
        Expr::Cast(cast) => {
            cast.field.data_type() == &DataType::Float64
                && is_of(&cast.expr, schema, |kind| kind.is_integer() || kind.is_floating())
                && cannot_fail(&cast.expr, schema)
        }
        Expr::ScalarFunction(call) => call.name() == "date_diff_days" && all(&call.args),
        _ => false,
    }
}

fn operator_cannot_fail(operator: Operator, expr: &Expr, schema: &dyn ExprSchema) -> bool {
    match operator {
        Operator::And
        | Operator::Or
        | Operator::Eq
        | Operator::NotEq
        | Operator::Lt
        | Operator::LtEq
        | Operator::Gt
        | Operator::GtEq
        | Operator::IsDistinctFrom
        | Operator::IsNotDistinctFrom => true,
        Operator::Plus | Operator::Minus => {
            is_of(expr, schema, |kind| kind.is_floating() || matches!(kind, DataType::Timestamp(..)))
        }
        Operator::Multiply | Operator::Divide => is_of(expr, schema, DataType::is_floating),
        _ => false,
    }
}

fn is_of(expr: &Expr, schema: &dyn ExprSchema, fits: impl Fn(&DataType) -> bool) -> bool {
    expr.get_type(schema).is_ok_and(|kind| fits(&kind))
}
