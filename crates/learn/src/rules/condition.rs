//! Conditions: when a rule applies.

use plumb_lead::FeatureKind;
use serde::{Deserialize, Serialize};

use super::quantity::Quantity;
use super::value_test::ValueTest;

/// When a rule applies. A missing value meets [`Condition::Missing`] alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// `any` or `is not empty`: there is a value.
    Any,
    /// `missing` or `is empty`: there is none.
    Missing,
    /// `fintech` or `a, b`: the value is one of these words, in any case; `yes` and `no` for a flag.
    OneOf(Vec<String>),
    /// `contains x`: the word contains this, in any case.
    Contains(String),
    /// `starts with x`.
    StartsWith(String),
    /// `ends with x`.
    EndsWith(String),
    /// `> 5`.
    Above(f32),
    /// `>= 5`, `5+`.
    AtLeast(f32),
    /// `< 5`.
    Below(f32),
    /// `<= 5`.
    AtMost(f32),
    /// `11-50`: a number from the first to the second; of a category, the level of this name.
    Range {
        /// The first number that meets it.
        low: f32,
        /// The last.
        high: f32,
        /// As it was written.
        text: String,
    },
    /// Of something that a lead does: it was done. A flag is yes, a number is not 0.
    Done,
    /// `not …`: there is a value, and it does not meet this.
    Not(Box<Condition>),
}

impl Condition {
    /// Returns the test of the values of a feature, or why the condition does not fit them.
    pub(super) fn bind(&self, kind: &FeatureKind) -> Result<ValueTest, String> {
        if let Condition::Not(inner) = self {
            return Ok(ValueTest::Not(Box::new(inner.bind(kind)?)));
        }
        match kind {
            FeatureKind::Category { levels } => self.of_levels(levels),
            FeatureKind::Number => self.of_numbers(|word| Quantity::read(word)?.plain()),
            FeatureKind::Flag => self.of_numbers(flag),
        }
    }

    fn of_levels(&self, levels: &[String]) -> Result<ValueTest, String> {
        // A word that training never saw is no mistake: the rule never applies.
        let of = |holds: &dyn Fn(&str) -> bool| {
            Ok(ValueTest::Levels(levels.iter().map(|level| holds(&level.to_lowercase())).collect()))
        };
        match self {
            Condition::Any => Ok(ValueTest::Any),
            Condition::Missing => Ok(ValueTest::Missing),
            Condition::OneOf(words) => of(&|level| words.iter().any(|word| word.to_lowercase() == level)),
            Condition::Contains(part) => of(&|level| level.contains(part.as_str())),
            Condition::StartsWith(part) => of(&|level| level.starts_with(part.as_str())),
            Condition::EndsWith(part) => of(&|level| level.ends_with(part.as_str())),
            Condition::Range { text, .. } => of(&|level| text.to_lowercase() == level),
            Condition::Done if !levels.is_empty() && levels.iter().all(|level| flag(level).is_some()) => {
                of(&|level| flag(level) == Some(1.0))
            }
            Condition::Done => Err("it is not yes or no; expected words".to_owned()),
            _ => Err("it cannot be more or less than a number; expected words".to_owned()),
        }
    }

    fn of_numbers(&self, read: impl Fn(&str) -> Option<f32>) -> Result<ValueTest, String> {
        Ok(match self {
            Condition::Any => ValueTest::Any,
            Condition::Missing => ValueTest::Missing,
            Condition::Above(number) => ValueTest::Above(*number),
            Condition::AtLeast(number) => ValueTest::AtLeast(*number),
            Condition::Below(number) => ValueTest::Below(*number),
            Condition::AtMost(number) => ValueTest::AtMost(*number),
            Condition::Range { low, high, .. } => ValueTest::Range(*low, *high),
            Condition::Done => ValueTest::Not(Box::new(ValueTest::Numbers(vec![0.0]))),
            Condition::OneOf(words) if words.len() == 1 && words[0].eq_ignore_ascii_case("unknown") => {
                ValueTest::Missing
            }
            Condition::OneOf(words) => {
                let numbers: Result<Vec<f32>, String> =
                    words.iter().map(|word| read(word).ok_or_else(|| format!("it is never `{word}`"))).collect();
                ValueTest::Numbers(numbers?)
            }
            _ => return Err("it has no words in it; expected a comparison".to_owned()),
        })
    }
}

fn flag(word: &str) -> Option<f32> {
    match word.to_lowercase().as_str() {
        "yes" | "true" | "1" | "y" | "x" | "✓" => Some(1.0),
        "no" | "false" | "0" | "n" => Some(0.0),
        _ => None,
    }
}
