//! The query that features mean: the join of observations with leads and events as they were known.

use std::collections::BTreeSet;

use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{self, Expr, GroupByExpr, Ident, SelectItem, SetExpr};

use super::select_list::Feature;
use crate::engine::select_only;
use crate::sql_file::SqlFile;
use crate::timestamp::timestamp_type;

/// All that a features file leaves out: of the lead, the version known at `as_of`; of the events, those known by then.
const SUPPLIED: &str = "SELECT o._row AS _row
     FROM observation o
     LEFT JOIN lead l ON l.lead_id = o.lead_id AND l.known_from <= o.as_of
         AND (l.known_to IS NULL OR o.as_of < l.known_to)
     LEFT JOIN event e ON e.lead_id = o.lead_id AND e.known_at <= o.as_of
         AND (e.known_to IS NULL OR o.as_of < e.known_to)
     GROUP BY o._row, o.lead_id, o.as_of";

/// Returns the query that the features mean.
///
/// Their expressions become part of it as they were parsed and checked, never as text: what is written again may be read
/// as something else. It is planned and compiled, not run: the rows are joined by `program::joined`.
pub(super) fn query(features: &[&Feature]) -> Statement {
    let supplied = SqlFile { name: String::new(), sql: SUPPLIED.into() };
    let mut query = select_only(&supplied).expect("it is one SELECT").query;
    if let SetExpr::Select(select) = query.body.as_mut() {
        select.projection.extend(features.iter().map(|feature| SelectItem::ExprWithAlias {
            expr: feature.expression.clone(),
            alias: quoted(&feature.name),
        }));
        let columns: BTreeSet<&String> = features.iter().flat_map(|feature| &feature.lead_columns).collect();
        let columns = columns.into_iter().map(|column| Expr::CompoundIdentifier(vec![Ident::new("l"), quoted(column)]));
        if let GroupByExpr::Expressions(by, _) = &mut select.group_by {
            by.extend(columns);
        }
    }
    Statement::Statement(Box::new(ast::Statement::Query(query)))
}

fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

/// Returns the columns of `o`.
pub(super) fn observation_schema() -> Schema {
    Schema::new(vec![
        Field::new("_row", DataType::Int64, false),
        Field::new("lead_id", DataType::Utf8, false),
        Field::new("as_of", timestamp_type(), false),
    ])
}
