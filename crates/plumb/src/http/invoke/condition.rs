//! Which records are to be explained: the part of JMESPath that callers put into the header
//! `X-Amzn-SageMaker-Enable-Explanations`, such as `` `true` `` or `` [0]>`0.8` ``.
//!
//! Names, indices, literals in backticks or single quotes, comparisons, `&&`, `||`, `!` and brackets are read;
//! functions, filters, projections and slices are not, and are refused by name.

use std::cmp::Ordering;

use serde_json::Value;

/// A parsed condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition(Expression);

#[derive(Clone, Debug, PartialEq)]
enum Expression {
    /// The record itself.
    Current,
    Literal(Value),
    Name(Box<Expression>, String),
    Index(Box<Expression>, i64),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Compare(Comparison, Box<Expression>, Box<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// Reads a condition; a text that is none is told where.
    pub(super) fn parse(text: &str) -> Result<Condition, String> {
        let mut parser = Parser { text, at: 0 };
        let expression = parser.either()?;
        match parser.rest().is_empty() {
            true => Ok(Condition(expression)),
            false => Err(parser.wrong("the end, a comparison, `&&` or `||`")),
        }
    }

    /// Returns whether a record meets it: in JMESPath all is true but `false`, `null`, and what is empty.
    pub(super) fn holds(&self, record: &Value) -> bool {
        is_true(&value_of(&self.0, record))
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

fn value_of(expression: &Expression, record: &Value) -> Value {
    match expression {
        Expression::Current => record.clone(),
        Expression::Literal(value) => value.clone(),
        Expression::Name(of, name) => value_of(of, record).get(name).cloned().unwrap_or_default(),
        Expression::Index(of, index) => {
            let of = value_of(of, record);
            let length = of.as_array().map_or(0, Vec::len);
            let index =
                if *index < 0 { length.checked_sub(index.unsigned_abs() as usize) } else { Some(*index as usize) };
            index.and_then(|index| of.get(index).cloned()).unwrap_or_default()
        }
        Expression::Not(of) => Value::Bool(!is_true(&value_of(of, record))),
        Expression::And(one, other) => {
            let one = value_of(one, record);
            if is_true(&one) { value_of(other, record) } else { one }
        }
        Expression::Or(one, other) => {
            let one = value_of(one, record);
            if is_true(&one) { one } else { value_of(other, record) }
        }
        Expression::Compare(comparison, one, other) => {
            compare(*comparison, &value_of(one, record), &value_of(other, record))
        }
    }
}

/// Numbers have an order; all else is equal or not, and any other comparison of it is `null`.
fn compare(comparison: Comparison, one: &Value, other: &Value) -> Value {
    let numbers = one.as_f64().zip(other.as_f64());
    let order = numbers.and_then(|(one, other)| one.partial_cmp(&other));
    let equal = order.map_or(one == other, |order| order == Ordering::Equal);
    match comparison {
        Comparison::Equal => Value::Bool(equal),
        Comparison::Unequal => Value::Bool(!equal),
        _ => order.map_or(Value::Null, |order| {
            Value::Bool(match comparison {
                Comparison::Less => order.is_lt(),
                Comparison::LessOrEqual => order.is_le(),
                Comparison::Greater => order.is_gt(),
                _ => order.is_ge(),
            })
        }),
    }
}

/// Callers above callees: `a || b`, then `a && b`, then comparisons, then `!a`, then paths. The header has at most 64
/// characters, which bounds how deep this goes.
struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn either(&mut self) -> Result<Expression, String> {
        let mut one = self.both()?;
        while self.take("||") {
            one = Expression::Or(Box::new(one), Box::new(self.both()?));
        }
        Ok(one)
    }

    fn both(&mut self) -> Result<Expression, String> {
        let mut one = self.comparison()?;
        while self.take("&&") {
            one = Expression::And(Box::new(one), Box::new(self.comparison()?));
        }
        Ok(one)
    }

    fn comparison(&mut self) -> Result<Expression, String> {
        let one = self.negation()?;
        let signs = [
            ("==", Comparison::Equal),
            ("!=", Comparison::Unequal),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        for (sign, comparison) in signs {
            if self.take(sign) {
                return Ok(Expression::Compare(comparison, Box::new(one), Box::new(self.negation()?)));
            }
        }
        Ok(one)
    }

    fn negation(&mut self) -> Result<Expression, String> {
        if !self.rest().starts_with("!=") && self.take("!") {
            return Ok(Expression::Not(Box::new(self.negation()?)));
        }
        self.path()
    }

    fn path(&mut self) -> Result<Expression, String> {
        let mut path = self.start()?;
        loop {
            if self.take("[") {
                path = Expression::Index(Box::new(path), self.index()?);
            } else if self.take(".") {
                let name = self.name().ok_or_else(|| self.wrong("a name"))?;
                path = Expression::Name(Box::new(path), name);
            } else {
                return Ok(path);
            }
        }
    }

    fn start(&mut self) -> Result<Expression, String> {
        if self.take("(") {
            let inner = self.either()?;
            return if self.take(")") { Ok(inner) } else { Err(self.wrong("`)`")) };
        }
        if self.take("`") {
            let text = self.until('`')?;
            let value = serde_json::from_str(&text).map_err(|_| format!("has `{text}`, which is no JSON literal"))?;
            return Ok(Expression::Literal(value));
        }
        if self.take("'") {
            return Ok(Expression::Literal(Value::String(self.until('\'')?)));
        }
        if self.take("@") || self.rest().starts_with('[') {
            return Ok(Expression::Current);
        }
        let name = self.name().ok_or_else(|| self.wrong("a name, an index or a literal in backticks"))?;
        if self.rest().starts_with('(') {
            return Err(format!("calls `{name}`: functions are not known here"));
        }
        Ok(Expression::Name(Box::new(Expression::Current), name))
    }

    fn index(&mut self) -> Result<i64, String> {
        let digits: String =
            self.rest().chars().take_while(|letter| letter.is_ascii_digit() || *letter == '-').collect();
        let index = digits.parse().map_err(|_| self.wrong("an index"))?;
        self.skip(digits.len());
        if self.take("]") { Ok(index) } else { Err(self.wrong("`]`")) }
    }

    fn name(&mut self) -> Option<String> {
        if self.take("\"") {
            return self.until('"').ok();
        }
        let rest = self.rest();
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let name = rest[..length].to_owned();
        if name.is_empty() || name.starts_with(|letter: char| letter.is_ascii_digit()) {
            return None;
        }
        self.skip(length);
        Some(name)
    }

    fn until(&mut self, end: char) -> Result<String, String> {
        let rest = &self.text[self.at..];
        let length = rest.find(end).ok_or_else(|| format!("has a `{end}` that is never closed"))?;
        let text = rest[..length].to_owned();
        self.at += length + 1;
        Ok(text)
    }

    fn take(&mut self, sign: &str) -> bool {
        let starts = self.rest().starts_with(sign);
        if starts {
            self.skip(sign.len());
        }
        starts
    }

    /// Goes on behind the blanks and so many bytes.
    fn skip(&mut self, bytes: usize) {
        self.at = self.text.len() - self.rest().len() + bytes;
    }

    /// What is not read yet, without the blanks before it.
    fn rest(&self) -> &str {
        self.text[self.at..].trim_start()
    }

    fn wrong(&self, expected: &str) -> String {
        match self.rest() {
            "" => format!("ends where {expected} is expected"),
            rest => format!("has `{rest}` where {expected} is expected"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(text: &str, record: &Value, expected: bool) {
        assert_eq!(Condition::parse(text).map(|condition| condition.holds(record)), Ok(expected), "{text}");
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
    }

    #[test]
    fn what_is_no_condition_is_told_where() {
        for (text, expected) in [
            ("", "ends where a name"),
            ("[0]>", "ends where a name"),
            ("`tru", "never closed"),
            ("`tru`", "no JSON literal"),
            ("[x]", "where an index"),
            ("(score", "ends where `)`"),
            ("contains(score, 'a')", "calls `contains`"),
            ("score score", "has `score` where the end"),
            ("[99999999999999999999]", "where an index"),
        ] {
            let problem = Condition::parse(text).expect_err(text);
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
