//! Refuses expressions before they are planned: unknown names, what sees past `as_of`, and what is not deterministic.

use std::ops::ControlFlow;

use datafusion::execution::SessionState;
use datafusion::logical_expr::Volatility;
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Spanned, visit_expressions,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::identifier::column_name;
use super::nearest::nearest;
use super::vocabulary::Vocabulary;

/// What is wrong, and where.
pub(super) struct Finding {
    pub(super) at: Location,
    pub(super) problem: String,
}

/// Why a feature has no query inside.
const NO_SUBQUERY: &str = "expected no subquery: it would see what was learned after `as_of`";

/// Columns that no feature may use, with the reason.
const REFUSED: [(&str, &str, &str); 4] = [
    ("l", "known_to", "it is known only after `as_of`"),
    ("l", "known_from", "a lead in a request has none: use `l.created_at`"),
    ("e", "known_to", "it is known only after `as_of`"),
    ("e", "event_id", "an event in a request has none: count `e.at`"),
];

/// Checks a feature's expression.
pub(super) fn lint(expression: &Expr, vocabulary: &Vocabulary<'_>) -> Result<(), Finding> {
    let visited = visit_expressions(expression, |expression| match check(expression, vocabulary) {
        Ok(()) => ControlFlow::Continue(()),
        Err(problem) => ControlFlow::Break(Finding { at: expression.span().start, problem }),
    });
    match visited {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(finding) => Err(finding),
    }
}

fn check(expression: &Expr, vocabulary: &Vocabulary<'_>) -> Result<(), String> {
    match expression {
        Expr::Identifier(name) => check_bare(name, vocabulary),
        Expr::CompoundIdentifier(path) => check_column(path, vocabulary),
        Expr::Function(function) => check_function(function, vocabulary),
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => Err(NO_SUBQUERY.into()),
        _ => Ok(()),
    }
}

fn check_bare(name: &Ident, vocabulary: &Vocabulary<'_>) -> Result<(), String> {
    let name = column_name(name);
    if name == "as_of" {
        return Ok(());
    }
    let relations = [("l", vocabulary.lead), ("e", vocabulary.event)];
    let meant: Vec<String> = relations
        .iter()
        .filter(|(_, schema)| schema.column_with_name(&name).is_some())
        .map(|(relation, _)| format!("`{relation}.{name}`"))
        .collect();
    let hint = match meant.is_empty() {
        true => "`l.column` of the lead, `e.column` of its events, or `as_of`".to_owned(),
        false => meant.join(" or "),
    };
    Err(format!("`{name}`: expected {hint}"))
}

fn check_column(path: &[Ident], vocabulary: &Vocabulary<'_>) -> Result<(), String> {
    let written: Vec<String> = path.iter().map(column_name).collect();
    let of = |relation: &str| match relation {
        "l" => Some(vocabulary.lead),
        "e" => Some(vocabulary.event),
        _ => None,
    };
    let [relation, name] = written.as_slice() else {
        return Err(format!("`{}`: expected `l.column` or `e.column`", written.join(".")));
    };
    let Some(schema) = of(relation) else {
        return Err(format!(
            "`{relation}.{name}`: expected `l.` for the lead, `e.` for its events, or `as_of`; \
             nothing else is known at `as_of`"
        ));
    };
    if let Some((.., reason)) = REFUSED.iter().find(|(of, column, _)| of == relation && column == name) {
        return Err(format!("`{relation}.{name}`: {reason}"));
    }
    if schema.column_with_name(name).is_some() {
        return Ok(());
    }
    let refused = |column: &str| REFUSED.iter().any(|(of, refused, _)| of == relation && *refused == column);
    let known = schema.fields().iter().map(|field| field.name().as_str()).filter(|column| !refused(column));
    Err(format!("no column `{relation}.{name}`: {}", nearest(name, known)))
}

fn check_function(function: &Function, vocabulary: &Vocabulary<'_>) -> Result<(), String> {
    let name = function.name.to_string().to_lowercase();
    if let FunctionArguments::Subquery(_) = function.args {
        return Err(NO_SUBQUERY.into());
    }
    let state = vocabulary.state;
    let (scalar, aggregate) = (state.scalar_functions().get(&name), state.aggregate_functions().get(&name));
    if function.over.is_some() || (scalar.is_none() && aggregate.is_none() && is_window(&name, state)) {
        return Err(format!("`{name}` over a window: expected an aggregate of the lead's events, with FILTER"));
    }
    if scalar.is_some_and(|function| function.signature().volatility != Volatility::Immutable) {
        return Err(format!("`{name}` is not deterministic: expected `as_of` for the current time"));
    }
    if name == "count" && has_wildcard(function) {
        return Err("`count(*)`: expected `count(e.at)`, which is 0 for a lead without events".into());
    }
    if scalar.is_some() || aggregate.is_some() || name == "outcome_rate" {
        return Ok(());
    }
    let known = state.scalar_functions().keys().chain(state.aggregate_functions().keys()).map(String::as_str);
    Err(format!("no function `{name}`: {}", nearest(&name, known.chain(["outcome_rate"]))))
}

fn is_window(name: &str, state: &SessionState) -> bool {
    state.window_functions().contains_key(name)
}

fn has_wildcard(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    list.args.iter().any(|arg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Wildcard)))
}
