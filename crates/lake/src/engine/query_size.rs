//! How deep and how large a parsed query is, once each WITH is put in place, and whether it only reads.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    ArrayElemTypeDef, DataType, Expr, ObjectName, Query, Select, Statement, Value, ValueWithSpan, Visit, Visitor,
};

use super::limits::{CONSTANT_BYTES_MAX, NESTING_MAX, PARTS_MAX, bytes, too_deep};

/// What is wrong with a query.
pub(super) struct Problem {
    pub(super) text: String,
    /// Whether it is wrong where it is deepest.
    pub(super) is_of_depth: bool,
}

/// Checks a query.
pub(super) fn check_size(query: &Query) -> Result<(), Problem> {
    match query.visit(&mut Size::default()) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(problem) => Err(problem),
    }
}

/// Walks a query.
#[derive(Default)]
struct Size {
    /// Expressions around the current one.
    depth: usize,
    /// Queries around the current one, innermost last.
    queries: Vec<OpenQuery>,
}

/// A query that is being walked.
#[derive(Default)]
struct OpenQuery {
    /// Its SELECTs and tables.
    parts: u64,
    /// The parts of the queries of its WITH, by name.
    with: HashMap<String, u64>,
    /// Addresses and names of the queries of its WITH.
    names: Vec<(usize, String)>,
}

impl Size {
    fn add(&mut self, parts: u64) -> ControlFlow<Problem> {
        let Some(query) = self.queries.last_mut() else { return ControlFlow::Continue(()) };
        query.parts = query.parts.saturating_add(parts);
        if query.parts <= PARTS_MAX {
            return ControlFlow::Continue(());
        }
        wrong(too_many_parts())
    }
}

impl Visitor for Size {
    type Break = Problem;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Problem> {
        let with = query.with.iter().flat_map(|with| &with.cte_tables);
        let names = with.map(|table| (address(&table.query), table.alias.name.value.to_lowercase())).collect();
        self.queries.push(OpenQuery { names, ..OpenQuery::default() });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<Problem> {
        let Some(closed) = self.queries.pop() else { return ControlFlow::Continue(()) };
        let Some(around) = self.queries.last_mut() else { return ControlFlow::Continue(()) };
        match around.names.iter().find(|(known, _)| *known == address(query)) {
            // It counts where it is used.
            Some((_, name)) => {
                around.with.insert(name.clone(), closed.parts);
                ControlFlow::Continue(())
            }
            None => self.add(closed.parts),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Problem> {
        if select.into.is_some() {
            return wrong("`INTO`: expected a SELECT that only reads".into());
        }
        self.add(1)
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Problem> {
        let name = relation.to_string().replace('"', "").to_lowercase();
        let with = self.queries.iter().rev().find_map(|query| query.with.get(&name).copied());
        self.add(with.unwrap_or(1))
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Problem> {
        let text = statement.to_string();
        let word = text.split_whitespace().next().unwrap_or_default();
        wrong(format!("`{word}` inside of a query: expected SELECTs, which only read"))
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<Problem> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            let text = too_deep(format!("{NESTING_MAX} operators and calls inside each other"));
            return ControlFlow::Break(Problem { text, is_of_depth: true });
        }
        match expression {
            Expr::Cast { data_type, .. } if has_fixed_size(data_type) => wrong(format!(
                "a cast to {data_type}: expected a list without a number of elements; \
                 each missing value would take the memory of that many"
            )),
            _ => ControlFlow::Continue(()),
        }
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<Problem> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<Problem> {
        let length = match &value.value {
            Value::Number(digits, _) => digits.len(),
            other => other.clone().into_string().map_or(0, |text| text.len()),
        };
        if length as u64 <= CONSTANT_BYTES_MAX {
            return ControlFlow::Continue(());
        }
        let (found, limit) = (bytes(length as u64), bytes(CONSTANT_BYTES_MAX));
        wrong(format!("a constant of {found}: expected at most {limit}; put data into a source, not into SQL"))
    }
}

/// Returns what is wrong with a query of too many parts.
pub(super) fn too_many_parts() -> String {
    format!(
        "it has more than {PARTS_MAX} SELECTs and tables, each WITH counted wherever it is used: expected fewer; \
         use a WITH once, or take part of the work into another file"
    )
}

fn wrong(text: String) -> ControlFlow<Problem> {
    ControlFlow::Break(Problem { text, is_of_depth: false })
}

/// Tells queries apart while they are borrowed.
fn address(query: &Query) -> usize {
    std::ptr::from_ref(query) as usize
}

fn has_fixed_size(data_type: &DataType) -> bool {
    match data_type {
        DataType::Array(ArrayElemTypeDef::SquareBracket(_, Some(_))) => true,
        DataType::Array(ArrayElemTypeDef::SquareBracket(inner, None) | ArrayElemTypeDef::AngleBracket(inner))
        | DataType::Array(ArrayElemTypeDef::Parenthesis(inner)) => has_fixed_size(inner),
        _ => false,
    }
}
