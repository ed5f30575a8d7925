//! The test of a condition on the numbers of one feature.

use serde::{Deserialize, Serialize};

/// A condition on the numbers of one feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ValueTest {
    Any,
    Missing,
    Above(f32),
    AtLeast(f32),
    Below(f32),
    AtMost(f32),
    Range(f32, f32),
    Numbers(Vec<f32>),
    Levels(Vec<bool>),
    Not(Box<ValueTest>),
}

impl ValueTest {
    pub(super) fn holds(&self, value: f32) -> bool {
        if value.is_nan() {
            return matches!(self, ValueTest::Missing);
        }
        match self {
            ValueTest::Any => true,
            ValueTest::Missing => false,
            ValueTest::Above(number) => value > *number,
            ValueTest::AtLeast(number) => value >= *number,
            ValueTest::Below(number) => value < *number,
            ValueTest::AtMost(number) => value <= *number,
            ValueTest::Range(low, high) => (*low..=*high).contains(&value),
            ValueTest::Numbers(numbers) => numbers.contains(&value),
            ValueTest::Levels(levels) => levels.get(value as usize).copied().unwrap_or(false),
            ValueTest::Not(test) => !test.holds(value),
        }
    }
}
