//! `features/*.sql`: one `SELECT` list a file, taken apart far enough to supply what Plumbline supplies.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, Select,
    SelectItem, SetExpr, Spanned, Statement, Value, visit_expressions, visit_expressions_mut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Location;

use crate::lint::{Vocabulary, lint};
use crate::{Error, SqlFile};

/// The parsed features of one file.
pub(crate) struct SelectList {
    /// In order.
    pub(crate) features: Vec<Feature>,
}

/// One feature of a file.
pub(crate) struct Feature {
    /// Its name.
    pub(crate) name: String,
    /// Its expression as SQL; `outcome_rate` is already told its column and moment.
    pub(crate) expression: String,
    /// The columns of `l` that are used.
    pub(crate) lead_columns: BTreeSet<String>,
    /// `target` and column of each `outcome_rate`.
    pub(crate) rates: BTreeSet<(String, String)>,
    /// Where its expression begins.
    pub(crate) at: Location,
}

/// Parses a file. Everything but named expressions is refused, because Plumbline supplies it, and so is every
/// expression that is known to be slow or wrong.
pub(crate) fn parse(file: &SqlFile, vocabulary: &Vocabulary<'_>) -> Result<SelectList, Error> {
    let select = only_select(file)?;
    let mut features = Vec::with_capacity(select.projection.len());
    for (index, item) in select.projection.into_iter().enumerate() {
        let (alias, expression) = match item {
            SelectItem::ExprWithAlias { expr, alias } => (alias, expr),
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(path)) if path.len() == 2 => {
                (path[1].clone(), Expr::CompoundIdentifier(path))
            }
            other => {
                let problem = format!("feature {} has no name: expected `{other} AS name`", index + 1);
                return Err(file.wrong_at(other.span().start, problem));
            }
        };
        features.push(feature(file, vocabulary, &alias, expression)?);
    }
    Ok(SelectList { features })
}

fn feature(file: &SqlFile, vocabulary: &Vocabulary<'_>, alias: &Ident, mut expression: Expr) -> Result<Feature, Error> {
    let name = column_name(alias);
    // A constant has no place of its own.
    let at = Some(expression.span().start).filter(|at| at.line > 0).unwrap_or(alias.span.start);
    let wrong = |found: Location, problem: String| {
        let at = if found.line > 0 { found } else { at };
        file.wrong_at(at, format!("feature `{name}`: {problem}"))
    };
    lint(&expression, vocabulary).map_err(|finding| wrong(finding.at, finding.problem))?;
    let mut rates = BTreeSet::new();
    let rewritten = visit_expressions_mut(&mut expression, |expression| {
        let place = expression.span().start;
        match rewrite_rate(expression, &mut rates) {
            Ok(()) => ControlFlow::Continue(()),
            Err(problem) => ControlFlow::Break((place, problem)),
        }
    });
    if let ControlFlow::Break((place, problem)) = rewritten {
        return Err(wrong(place, problem));
    }
    let mut lead_columns = BTreeSet::new();
    let _: ControlFlow<()> = visit_expressions(&expression, |expression| {
        if let Expr::CompoundIdentifier(path) = expression
            && column_name(&path[0]) == "l"
        {
            lead_columns.insert(column_name(&path[1]));
        }
        ControlFlow::Continue(())
    });
    Ok(Feature { name, expression: expression.to_string(), lead_columns, rates, at })
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
        || select.qualify.is_some()
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
            kind: CastKind::Cast,
            expr: Box::new(Expr::CompoundIdentifier(path)),
            data_type: DataType::Varchar(None),
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
pub(crate) fn column_name(identifier: &Ident) -> String {
    match identifier.quote_style {
        None => identifier.value.to_lowercase(),
        Some(_) => identifier.value.clone(),
    }
}
