//! How far back a challenger looks, as `plumb.toml` has it: `all`, or a span of time.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::span::Span;

/// How far back a challenger looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// All history.
    All,
    /// So long.
    Recent(Span),
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Window, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "all" {
            return Ok(Window::All);
        }
        Span::parse(&text)
            .map(Window::Recent)
            .map_err(|problem| serde::de::Error::custom(format!("{problem}; or `all`")))
    }
}

impl JsonSchema for Window {
    fn schema_name() -> Cow<'static, str> {
        "Window".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(all|[0-9]+[mhdw])$", "examples": ["all", "365d"] })
    }
}
