//! Whether a file of SQL maps the rows of one raw table one by one: then what it gave of earlier rows is kept, and it runs
//! over new ones alone.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};

use super::queries::Queries;
use super::query_rows::tables;
use super::raw_tables::RowsSeen;
use crate::error::Error;
use crate::raw::State;
use crate::sql_file::SqlFile;

/// Returns the raw table whose rows a file maps one by one, or why it does not.
pub(super) async fn mapped_table(
    queries: &Queries,
    state: &State,
    file: &SqlFile,
) -> Result<std::result::Result<String, &'static str>, Error> {
    if RowsSeen::by(file) != RowsSeen::default() {
        return Ok(Err("it asks for rows that were deleted or changed"));
    }
    let mut tables = tables(file, queries.local(file))?;
    let (Some(table), true) = (tables.pop(), tables.is_empty()) else {
        return Ok(Err("it does not read one table alone"));
    };
    let Some(of_table) = state.tables.get(&table) else { return Ok(Err("its table has no rows yet")) };
    if of_table.has_versions {
        return Ok(Err("some rows of its table are newer versions of others"));
    }
    Ok(queries.plan(file, why_not).await?.map_or(Ok(table), Err))
}

/// Returns why a plan does not map the rows of one table one by one; `None` if it does.
fn why_not(plan: &LogicalPlan) -> Option<&'static str> {
    let (mut why, mut scans) = (None, 0);
    let walked = plan.apply(|node| {
        why = why.or(match node {
            LogicalPlan::Projection(_) | LogicalPlan::Filter(_) | LogicalPlan::SubqueryAlias(_) => None,
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => None,
            LogicalPlan::TableScan(scan) if scan.fetch.is_none() => {
                scans += 1;
                None
            }
            _ => Some("it joins, aggregates or limits rows"),
        });
        node.apply_expressions(|expression| {
            expression.apply(|part| {
                why = why.or(match part {
                    Expr::ScalarFunction(call) if call.func.signature().volatility != Volatility::Immutable => {
                        Some("it calls a function that may give something else another time")
                    }
                    Expr::Exists(_)
                    | Expr::InSubquery(_)
                    | Expr::ScalarSubquery(_)
                    | Expr::OuterReferenceColumn(..) => Some("it has a query within an expression"),
                    Expr::AggregateFunction(_) | Expr::WindowFunction(_) | Expr::Unnest(_) => {
                        Some("it joins, aggregates or limits rows")
                    }
                    _ => None,
                });
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    match walked {
        Ok(_) => why.or((scans != 1).then_some("it does not read one table alone")),
        Err(_) => Some("its plan cannot be read"),
    }
}
