//! `features/*.sql`: one `SELECT` list a file, parsed so that FROM, WHERE and GROUP BY can be supplied.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, Ident, Select, SelectItem, SetExpr, Spanned, Statement, visit_expressions, visit_expressions_mut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Location;

use super::identifier::column_name;
use super::lint::lint;
use super::rate_call::rewrite_rate;
use super::vocabulary::Vocabulary;
use crate::error::Error;
use crate::features::definition::FeatureSql;
use crate::sql_file::SqlFile;

/// The parsed features of one file.
pub(crate) struct SelectList {
    /// In order.
    pub(crate) features: Vec<Feature>,
}

/// One feature of a file.
pub(crate) struct Feature {
    /// Its name.
    pub(crate) name: String,
    /// Its expression as SQL; calls of `outcome_rate` are rewritten.
    pub(crate) expression: String,
    /// The columns of `l` that are used.
    pub(crate) lead_columns: BTreeSet<String>,
    /// `target` and column of each `outcome_rate`.
    pub(crate) rates: BTreeSet<(String, String)>,
    /// Where its expression begins.
    pub(crate) at: Location,
}

/// Parses all files, in which each feature has a name of its own.
pub(crate) fn parse_all(sql: &FeatureSql, vocabulary: &Vocabulary<'_>) -> Result<Vec<SelectList>, Error> {
    let lists = sql.files.iter().map(|file| parse(file, vocabulary)).collect::<Result<Vec<_>, _>>()?;
    let mut names = BTreeSet::new();
    for (file, list) in sql.files.iter().zip(&lists) {
        for feature in &list.features {
            if !names.insert(&feature.name) {
                let problem = format!("feature `{}` is there twice: expected each name once", feature.name);
                return Err(file.error_at(feature.at, problem));
            }
        }
    }
    Ok(lists)
}

/// Parses a file. Everything but named expressions is refused, because it is supplied, and so is every expression that is
/// known to be slow or wrong.
fn parse(file: &SqlFile, vocabulary: &Vocabulary<'_>) -> Result<SelectList, Error> {
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
                return Err(file.error_at(other.span().start, problem));
            }
        };
        features.push(feature(file, vocabulary, &alias, expression)?);
    }
    Ok(SelectList { features })
}

fn feature(file: &SqlFile, vocabulary: &Vocabulary<'_>, alias: &Ident, mut expression: Expr) -> Result<Feature, Error> {
    let name = column_name(alias);
    // A constant has no location of its own.
    let at = Some(expression.span().start).filter(|at| at.line > 0).unwrap_or(alias.span.start);
    let wrong = |found: Location, problem: String| {
        let at = if found.line > 0 { found } else { at };
        file.error_at(at, format!("feature `{name}`: {problem}"))
    };
    lint(&expression, vocabulary).map_err(|finding| wrong(finding.at, finding.problem))?;
    let mut rates = BTreeSet::new();
    let rewritten = visit_expressions_mut(&mut expression, |expression| {
        let location = expression.span().start;
        match rewrite_rate(expression, &mut rates) {
            Ok(()) => ControlFlow::Continue(()),
            Err(problem) => ControlFlow::Break((location, problem)),
        }
    });
    if let ControlFlow::Break((location, problem)) = rewritten {
        return Err(wrong(location, problem));
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
    let mut statements = Parser::parse_sql(&GenericDialect {}, &file.sql).map_err(|error| file.error(error))?;
    let expected = "expected one `SELECT expression AS name, ...` and nothing else: \
                    FROM, WHERE and GROUP BY are supplied, for each lead at its `as_of`";
    let (Some(Statement::Query(query)), true) = (statements.pop(), statements.is_empty()) else {
        return Err(file.error(expected));
    };
    let SetExpr::Select(select) = *query.body else { return Err(file.error(expected)) };
    let supplied = !select.from.is_empty()
        || select.selection.is_some()
        || select.having.is_some()
        || select.qualify.is_some()
        || select.distinct.is_some()
        || !matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty())
        || query.order_by.is_some()
        || query.limit_clause.is_some()
        || query.with.is_some();
    if supplied { Err(file.error(expected)) } else { Ok(*select) }
}
