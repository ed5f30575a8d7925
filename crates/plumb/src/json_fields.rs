//! JSON values, read into typed structs with errors that name the field, what was found and what was expected.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

/// Why a value cannot be read.
#[derive(Debug, PartialEq)]
pub(crate) struct FieldError {
    /// The field, as `events[0].at`; empty for the value itself.
    pub(crate) path: String,
    /// What is wrong with it, as `is a number: expected text`.
    pub(crate) problem: String,
}

/// Reads a value that stands at `place` in a document; the document itself has no place.
pub(crate) fn read<T: DeserializeOwned>(value: Value, place: &str) -> Result<T, FieldError> {
    serde_path_to_error::deserialize(JsonValue(value)).map_err(|error| {
        let path = match error.path().to_string() {
            path if path == "." => place.to_owned(),
            path => join(place, &path),
        };
        error.into_inner().at(path)
    })
}

fn join(place: &str, path: &str) -> String {
    match place {
        "" => path.to_owned(),
        place if path.starts_with('[') => format!("{place}{path}"),
        place => format!("{place}.{path}"),
    }
}

/// What is wrong with a field.
#[derive(Debug)]
enum Problem {
    /// It has another type or value than expected.
    Unexpected { found: String, expected: String },
    /// It is missing.
    Missing(&'static str),
    /// It is not known.
    Unknown { name: String, known: &'static [&'static str] },
    /// Anything else.
    Other(String),
}

impl Problem {
    /// Returns the error of a field at a path.
    fn at(self, path: String) -> FieldError {
        match self {
            Problem::Unexpected { found, expected } => {
                FieldError { path, problem: format!("is {found}: expected {expected}") }
            }
            Problem::Missing(name) => FieldError { path: join(&path, name), problem: "is missing".to_owned() },
            Problem::Unknown { name, known } => {
                let path = if path.is_empty() { name } else { path };
                FieldError { path, problem: format!("is not known here: expected `{}`", known.join("`, `")) }
            }
            Problem::Other(problem) => FieldError { path, problem },
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

impl std::error::Error for Problem {}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Problem {
        Problem::Other(message.to_string())
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> Problem {
        Problem::Unexpected { found: kind(found).to_owned(), expected: in_words(expected) }
    }

    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> Problem {
        let found = match found {
            Unexpected::Str(text) => format!("`{text}`"),
            Unexpected::Float(number) => format!("`{number}`"),
            Unexpected::Unsigned(number) => format!("`{number}`"),
            Unexpected::Signed(number) => format!("`{number}`"),
            other => kind(other).to_owned(),
        };
        Problem::Unexpected { found, expected: in_words(expected) }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Problem {
        let expected = format!("one of `{}`", expected.join("`, `"));
        Problem::Unexpected { found: format!("`{variant}`"), expected }
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Problem {
        Problem::Unknown { name: name.to_owned(), known }
    }

    fn missing_field(name: &'static str) -> Problem {
        Problem::Missing(name)
    }
}

/// Returns the type of a value, as callers know it from JSON.
fn kind(value: Unexpected) -> &'static str {
    match value {
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Bool(_) => "true or false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
        Unexpected::Str(_) | Unexpected::Char(_) => "text",
        Unexpected::Seq => "a list",
        _ => "an object",
    }
}

/// Returns what was expected, in the same words.
fn in_words(expected: &dyn Expected) -> String {
    match expected.to_string().as_str() {
        "a string" => "text".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        "a boolean" => "true or false".to_owned(),
        text if text.starts_with("struct ") => "an object".to_owned(),
        text => text.to_owned(),
    }
}

/// A JSON value, deserialized with [`Problem`]s.
struct JsonValue(Value);

impl<'de> Deserializer<'de> for JsonValue {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(flag),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (None, Some(number), _) => visitor.visit_i64(number),
                (None, None, number) => visitor.visit_f64(number.unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(list) => visitor.visit_seq(SeqDeserializer::new(list.into_iter().map(JsonValue))),
            Value::Object(fields) => visitor
                .visit_map(MapDeserializer::new(fields.into_iter().map(|(name, value)| (name, JsonValue(value))))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    /// Reads an object only: by default the fields of a struct may come as a list, too.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        if self.0.is_array() {
            Err(de::Error::invalid_type(Unexpected::Seq, &visitor))
        } else {
            self.deserialize_any(visitor)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match self.0 {
            Value::String(text) => text.into_deserializer().deserialize_enum(name, variants, visitor),
            other => JsonValue(other).deserialize_any(Text(visitor)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Problem> for JsonValue {
    type Deserializer = JsonValue;

    fn into_deserializer(self) -> JsonValue {
        self
    }
}

/// Expects text, which the words of an enum are.
struct Text<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Text<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use plumb_lead::Complaint;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(rename = "name")]
        _name: String,
        #[serde(rename = "inner")]
        _inner: Option<Inner>,
        #[serde(rename = "complaint")]
        _complaint: Option<Complaint>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(rename = "list")]
        _list: Vec<BTreeMap<String, bool>>,
    }

    #[track_caller]
    fn check(value: Value, place: &str, expected: &str) {
        let error = read::<Outer>(value, place).expect_err(expected);
        assert_eq!(format!("`{}` {}", error.path, error.problem), expected);
    }

    #[test]
    fn an_error_names_the_field_what_was_found_and_what_was_expected() {
        check(json!([1]), "", "`` is a list: expected an object");
        check(json!([1]), "line 2", "`line 2` is a list: expected an object");
        check(json!({}), "", "`name` is missing");
        check(json!({}), "line 2", "`line 2.name` is missing");
        check(json!({ "name": 3 }), "", "`name` is a number: expected text");
        check(json!({ "name": null }), "", "`name` is null: expected text");
        check(json!({ "name": "a", "inner": 3 }), "", "`inner` is a number: expected an object");
        check(json!({ "name": "a", "inner": {} }), "", "`inner.list` is missing");
        check(json!({ "name": "a", "inner": { "list": {} } }), "", "`inner.list` is an object: expected a list");
        let list = json!({ "name": "a", "inner": { "list": [{}, { "x": "yes" }] } });
        check(list, "rows[1]", "`rows[1].inner.list[1].x` is text: expected true or false");
        let known = "is not known here: expected `name`, `inner`, `complaint`";
        check(json!({ "name": "a", "colour": 1 }), "", &format!("`colour` {known}"));
        let inner = json!({ "name": "a", "inner": { "list": [], "colour": 1 } });
        check(inner, "", "`inner.colour` is not known here: expected `list`");
        let words = "one of `too_low`, `too_high`, `wrong_data`, `not_a_lead`";
        let complaint = json!({ "name": "a", "complaint": "bad" });
        check(complaint, "", &format!("`complaint` is `bad`: expected {words}"));
        check(json!({ "name": "a", "complaint": 1 }), "", "`complaint` is a number: expected text");
    }

    #[test]
    fn null_is_as_good_as_absent() {
        read::<Outer>(json!({ "name": "a", "inner": null, "complaint": null }), "").expect("null is no value");
    }
}
