//! Which records to explain: the JMESPath expression of the header `X-Amzn-SageMaker-Enable-Explanations`, such as
//! `` `true` `` or `` [0]>`0.8` ``.
//!
//! Functions are refused: they fail on records of another type, and a condition has to hold of each record or not.

use jmespath::ast::{Ast, KeyValuePair};
use jmespath::{Expression, Variable};
use serde_json::Value;

/// A JMESPath expression that was parsed once: as the library's own is not [`Send`], it is parsed again where it is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(String);

impl Condition {
    /// Parses a condition; an error names the place.
    pub fn parse(text: &str) -> Result<Condition, String> {
        let parsed = jmespath::parse(text).map_err(|error| {
            let reason = error.reason.to_string();
            let reason = reason.strip_prefix("Parse error: ").unwrap_or(&reason);
            format!("is no condition at character {}: {reason}", error.offset + 1)
        })?;
        match function(&parsed) {
            None => Ok(Condition(text.to_owned())),
            Some(name) => Err(format!("calls `{name}`: functions are not known here")),
        }
    }

    /// Returns whether each of some records meets the condition: in JMESPath all is true but `false`, `null`, and what is
    /// empty.
    pub fn holds(&self, records: impl IntoIterator<Item = Value>) -> Vec<bool> {
        let compiled = jmespath::compile(&self.0).ok();
        let met = |record: Value| compiled.as_ref().is_some_and(|compiled| is_met(compiled, &record));
        records.into_iter().map(met).collect()
    }
}

/// A record that the expression fails on does not meet it.
fn is_met(expression: &Expression, record: &Value) -> bool {
    let found = Variable::try_from(record).and_then(|record| expression.search(record));
    found.is_ok_and(|value| value.is_truthy())
}

/// Returns the name of a function that an expression calls.
fn function(expression: &Ast) -> Option<&str> {
    match expression {
        Ast::Function { name, .. } => Some(name),
        Ast::Identity { .. } | Ast::Field { .. } | Ast::Index { .. } | Ast::Slice { .. } | Ast::Literal { .. } => None,
        Ast::Expref { ast, .. } => function(ast),
        Ast::Not { node, .. } | Ast::Flatten { node, .. } | Ast::ObjectValues { node, .. } => function(node),
        Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. }
        | Ast::Comparison { lhs, rhs, .. } => function(lhs).or_else(|| function(rhs)),
        Ast::Condition { predicate, then, .. } => function(predicate).or_else(|| function(then)),
        Ast::MultiList { elements, .. } => elements.iter().find_map(function),
        Ast::MultiHash { elements, .. } => elements.iter().find_map(|KeyValuePair { value, .. }| function(value)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(text: &str, record: &Value, expected: bool) {
        let holds = Condition::parse(text).map(|condition| condition.holds([record.clone()]));
        assert_eq!(holds, Ok(vec![expected]), "{text}");
    }

    #[test]
    fn conditions_that_callers_send() {
        let (row, line) = (json!([0.8]), json!({ "score": 0.8, "word": "yes", "inner": { "list": [1, 2] } }));
        for record in [&row, &line] {
            check("`true`", record, true);
            check("`false`", record, false);
            check("`null`", record, false);
        }
        check("[0]>`0.5`", &row, true);
        check("[0] > `0.8`", &row, false);
        check("[-1]>=`0.8`", &row, true);
        check("[1]>`0.5`", &row, false);
        check("score<`0.5`", &line, false);
        check("score!=`0.5` && word=='yes'", &line, true);
        check("!(score<`0.5`) && (`false` || inner.list[1]==`2`)", &line, true);
        check("\"score\"", &line, true);
        check("missing", &line, false);
        check("word > `1`", &line, false);
        check("inner.list[?@ > `1`]", &line, true);
    }

    #[test]
    fn malformed_conditions_are_refused_with_their_place() {
        for (text, expected) in [
            ("", "at character 1"),
            ("[0]>", "at character 5"),
            ("`tru", "Unclosed ` delimiter"),
            ("`tru`", "Unable to parse literal JSON"),
            ("[0", "at character 3"),
            ("(score", "at character 7"),
            ("contains(score, 'a')", "calls `contains`"),
            ("inner.list[?contains(@, 'a')]", "calls `contains`"),
            ("[*].{a: length(@)}", "calls `length`"),
            ("score score", "at character 7"),
            ("[99999999999999999999]", "Expected valid number"),
        ] {
            let problem = Condition::parse(text).expect_err(text);
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
