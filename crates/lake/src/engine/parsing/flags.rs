//! Flags of a query's own columns, so that a text which is none rejects its row: a flag has no value that could stand for it,
//! and so the query returns a code in its place.

use datafusion::common::Result;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection, ScalarUDF};
use std::sync::Arc;

use super::functions::{Parsing, ParsingFunction};

/// What follows the name of a column of codes.
pub(crate) const FLAG_CODE_SUFFIX: &str = "\u{1}flag";

/// Returns a query whose own columns `parse_flag(…)` are codes, as numbers under their name and [`FLAG_CODE_SUFFIX`].
/// Flags within an expression or an inner query stay: they are missing if they cannot be read, and noted.
pub(crate) fn with_flag_codes(plan: LogicalPlan) -> Result<LogicalPlan> {
    let LogicalPlan::Projection(projection) = &plan else { return Ok(plan) };
    let coded: Vec<Option<Expr>> = projection.expr.iter().map(code_of).collect();
    if coded.iter().all(Option::is_none) {
        return Ok(plan);
    }
    let columns = projection.expr.iter().zip(coded).map(|(column, code)| code.unwrap_or_else(|| column.clone()));
    Ok(LogicalPlan::Projection(Projection::try_new(columns.collect(), Arc::clone(&projection.input))?))
}

fn code_of(column: &Expr) -> Option<Expr> {
    let Expr::Alias(alias) = column else { return None };
    let Expr::ScalarFunction(call) = alias.expr.as_ref() else { return None };
    let function = call.func.inner().downcast_ref::<ParsingFunction>()?;
    if function.parsing != Parsing::Flag {
        return None;
    }
    let code = ScalarUDF::from(ParsingFunction::new(Parsing::FlagCode, &function.faults));
    let call = Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(code), call.args.clone()));
    Some(call.alias(format!("{}{FLAG_CODE_SUFFIX}", alias.name)))
}
