//! `features/*.sql`: one `SELECT` list a file, taken apart far enough to supply what Plumbline supplies.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, Select, SelectItem, SetExpr,
    Statement, Value, visit_expressions, visit_expressions_mut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use crate::{Error, SqlFile};

/// The parsed features of one file.
pub(crate) struct SelectList {
    /// Name and expression of each feature, in order; `outcome_rate` is already told its column and moment.
    pub(crate) items: Vec<(String, String)>,
    /// The columns of `l` that are used.
    pub(crate) lead_columns: BTreeSet<String>,
    /// `target` and column of each `outcome_rate`.
    pub(crate) rates: BTreeSet<(String, String)>,
}

/// Parses a file. Everything but named expressions is refused, because Plumbline supplies it.
pub(crate) fn parse(file: &SqlFile) -> Result<SelectList, Error> {
    let select = only_select(file)?;
    let mut list = SelectList { items: Vec::new(), lead_columns: BTreeSet::new(), rates: BTreeSet::new() };
    for (index, item) in select.projection.into_iter().enumerate() {
        let (name, mut expression) = match item {
            SelectItem::ExprWithAlias { expr, alias } => (column_name(&alias), expr),
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(path)) if path.len() == 2 => {
                (column_name(&path[1]), Expr::CompoundIdentifier(path))
            }
            other => return Err(file.wrong(format!("feature {} has no name: expected `{other} AS name`", index + 1))),
        };
        let rewritten =
            visit_expressions_mut(&mut expression, |expression| match rewrite_rate(expression, &mut list.rates) {
                Ok(()) => ControlFlow::Continue(()),
                Err(problem) => ControlFlow::Break(problem),
            });
        if let ControlFlow::Break(problem) = rewritten {
            return Err(file.wrong(format!("feature `{name}`: {problem}")));
        }
        let _: ControlFlow<()> = visit_expressions(&expression, |expression| {
            if let Expr::CompoundIdentifier(path) = expression
                && path.len() == 2
                && column_name(&path[0]) == "l"
            {
                list.lead_columns.insert(column_name(&path[1]));
            }
            ControlFlow::Continue(())
        });
        list.items.push((name, expression.to_string()));
    }
    Ok(list)
}

fn only_select(file: &SqlFile) -> Result<Select, Error> {
    let mut statements = Parser::parse_sql(&GenericDialect {}, &file.sql).map_err(|error| file.wrong(error))?;
    let expected = "expected one `SELECT expression AS name, ...` and nothing else: \
                    FROM, WHERE and GROUP BY are supplied, for each lead at its moment";
    let (Some(Statement::Query(query)), true) = (statements.pop(), statements.is_empty()) else {
        return Err(file.wrong(expected));
    };
    let SetExpr::Select(select) = *query.body else { return Err(file.wrong(expected)) };
    let supplied = !select.from.is_empty()
        || select.selection.is_some()
        || select.having.is_some()
        || select.distinct.is_some()
        || !matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty())
        || query.order_by.is_some()
        || query.limit_clause.is_some()
        || query.with.is_some();
    if supplied { Err(file.wrong(expected)) } else { Ok(*select) }
}

/// Turns `outcome_rate('target', l.column)` into `outcome_rate('target', 'column', l.column, o.as_of)`, so that the
/// function knows which table to look in and up to which day.
fn rewrite_rate(expression: &mut Expr, rates: &mut BTreeSet<(String, String)>) -> Result<(), String> {
    let Expr::Function(function) = expression else { return Ok(()) };
    if !function.name.to_string().eq_ignore_ascii_case("outcome_rate") {
        return Ok(());
    }
    let expected = || "expected `outcome_rate('target', l.column)`".to_owned();
    let (target, path) = rate_arguments(function).ok_or_else(expected)?;
    let column = column_name(&path[1]);
    let text = |text: &str| Expr::Value(Value::SingleQuotedString(text.to_owned()).into());
    let arguments = [
        text(&target),
        text(&column),
        Expr::Cast {
            kind: datafusion::sql::sqlparser::ast::CastKind::Cast,
            expr: Box::new(Expr::CompoundIdentifier(path)),
            data_type: datafusion::sql::sqlparser::ast::DataType::Varchar(None),
            format: None,
            array: false,
        },
        Expr::CompoundIdentifier(vec![Ident::new("o"), Ident::new("as_of")]),
    ];
    if let FunctionArguments::List(list) = &mut function.args {
        list.args =
            arguments.into_iter().map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))).collect();
    }
    rates.insert((target, column));
    Ok(())
}

fn rate_arguments(function: &Function) -> Option<(String, Vec<Ident>)> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(target)), FunctionArg::Unnamed(FunctionArgExpr::Expr(column))] =
        list.args.as_slice()
    else {
        return None;
    };
    let Expr::Value(target) = target else { return None };
    let Value::SingleQuotedString(target) = &target.value else { return None };
    let Expr::CompoundIdentifier(path) = column else { return None };
    (path.len() == 2 && column_name(&path[0]) == "l").then(|| (target.clone(), path.clone()))
}

/// Returns the name that the engine knows an identifier by: in lower case unless quoted.
fn column_name(identifier: &Ident) -> String {
    match identifier.quote_style {
        None => identifier.value.to_lowercase(),
        Some(_) => identifier.value.clone(),
    }
}
