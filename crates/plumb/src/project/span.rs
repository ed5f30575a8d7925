//! Spans of time as `plumb.toml` has them: `48h`, `90d`, `2w`.

use std::borrow::Cow;

use chrono::TimeDelta;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span(pub(super) TimeDelta);

impl Span {
    pub(super) fn parse(text: &str) -> Result<Span, String> {
        let wrong = || {
            format!(
                "`{text}` is no span of time: expected a whole number and a unit, as in `30m`, `48h`, `90d` or `2w`"
            )
        };
        let unit_at = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, unit) = text.split_at(unit_at);
        let number: i64 = number.parse().map_err(|_| wrong())?;
        let span = match unit {
            "m" => TimeDelta::try_minutes(number),
            "h" => TimeDelta::try_hours(number),
            "d" => TimeDelta::try_days(number),
            "w" => TimeDelta::try_weeks(number),
            _ => None,
        };
        // Ten thousand years are beyond any timestamp that can be written.
        span.filter(|span| span.num_days() < 3_650_000).map(Span).ok_or_else(wrong)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        Span::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+[mhdw]$", "examples": ["30m", "48h", "90d", "2w"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_have_a_unit() {
        assert_eq!(Span::parse("90d"), Ok(Span(TimeDelta::days(90))));
        assert_eq!(Span::parse("48h"), Ok(Span(TimeDelta::days(2))));
        assert_eq!(Span::parse("2w"), Ok(Span(TimeDelta::days(14))));
        for text in ["90", "d", "", "-1d", "1.5d", "1 d", "9999999999999999999d", "99999999d"] {
            assert!(Span::parse(text).expect_err("no span").contains("`48h`"), "{text}");
        }
    }
}
