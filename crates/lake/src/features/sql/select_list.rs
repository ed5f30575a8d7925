//! `features/*.sql`: one `SELECT` list a file, parsed so that FROM, WHERE and GROUP BY can be supplied.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, Query, SelectItem, SetExpr, Spanned, visit_expressions, visit_expressions_mut,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::identifier::column_name;
use super::lint::lint;
use super::rate_call::rewrite_rate;
use super::vocabulary::Vocabulary;
use crate::engine::{SelectOnly, select_only};
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
    /// Its expression; calls of `outcome_rate` are rewritten.
    pub(crate) expression: Expr,
    /// The columns of `l` that are used.
    pub(crate) lead_columns: BTreeSet<String>,
    /// `target` and column of each `outcome_rate`.
    pub(crate) rates: BTreeSet<(String, String)>,
    /// Where its expression begins.
    pub(crate) at: Location,
}

/// A feature as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureExpression {
    /// The file.
    pub file: String,
    /// The feature's name.
    pub name: String,
    /// Its expression as the parser writes it: comments and layout have no part in it.
    pub expression: String,
}

/// Returns the features of some files as they are written, without looking at what they mean: columns and functions need
/// not exist.
pub fn feature_expressions(files: &[SqlFile]) -> Result<Vec<FeatureExpression>, Error> {
    let mut features = Vec::new();
    for file in files {
        for (index, item) in only_items(file)?.into_iter().enumerate() {
            let (name, expression) = named(file, index, item)?;
            let (file, name) = (file.name.clone(), column_name(&name));
            features.push(FeatureExpression { file, name, expression: expression.to_string() });
        }
    }
    Ok(features)
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

/// Parses the features of a file one by one, and returns what is wrong with each that is wrong; a file that is no list of
/// features is one error.
pub(crate) fn parse_each(file: &SqlFile, vocabulary: &Vocabulary<'_>) -> Vec<Result<Feature, Error>> {
    match only_items(file) {
        Ok(items) => {
            items.into_iter().enumerate().map(|(index, item)| parse_item(file, vocabulary, index, item)).collect()
        }
        Err(error) => vec![Err(error)],
    }
}

/// Parses a file. Everything but named expressions is refused, because it is supplied, and so is every expression that is
/// known to be slow or wrong.
fn parse(file: &SqlFile, vocabulary: &Vocabulary<'_>) -> Result<SelectList, Error> {
    let items = only_items(file)?;
    let mut features = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        features.push(parse_item(file, vocabulary, index, item)?);
    }
    Ok(SelectList { features })
}

/// Returns the name of the item at a position, from 0, and its expression.
fn named(file: &SqlFile, index: usize, item: SelectItem) -> Result<(Ident, Expr), Error> {
    match item {
        SelectItem::ExprWithAlias { expr, alias } => Ok((alias, expr)),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(path)) if path.len() == 2 => {
            Ok((path[1].clone(), Expr::CompoundIdentifier(path)))
        }
        other => {
            let problem = format!("feature {} has no name: expected `{other} AS name`", index + 1);
            Err(file.error_at(other.span().start, problem))
        }
    }
}

fn parse_item(file: &SqlFile, vocabulary: &Vocabulary<'_>, index: usize, item: SelectItem) -> Result<Feature, Error> {
    let (alias, expression) = named(file, index, item)?;
    feature(file, vocabulary, &alias, expression)
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
    Ok(Feature { name, expression, lead_columns, rates, at })
}

/// Returns the items of a file that is a SELECT list and nothing else.
fn only_items(file: &SqlFile) -> Result<Vec<SelectItem>, Error> {
    let SelectOnly { mut query, at } = select_only(file)?;
    let items = match query.body.as_mut() {
        SetExpr::Select(select) => std::mem::take(&mut select.projection),
        _ => Vec::new(),
    };
    if !items.is_empty() && is_bare(&query) {
        return Ok(items);
    }
    let expected = "expected one `SELECT expression AS name, ...` and nothing else: \
                    FROM, WHERE and GROUP BY are supplied, for each lead at its `as_of`";
    Err(file.error_at(at, expected))
}

/// Returns whether a query without its items is like one that never had anything but items: no clause is overlooked.
fn is_bare(query: &Query) -> bool {
    let plain = SqlFile { name: String::new(), sql: "SELECT 1".into() };
    let mut plain = select_only(&plain).expect("it is one SELECT").query;
    if let SetExpr::Select(select) = plain.body.as_mut() {
        select.projection.clear();
    }
    *plain == *query
}
