//! JSON bodies, read into typed structs. An error names the field, what was found and what was expected.
//!
//! A body is parsed into a JSON value first, so that of a repeated name the last one counts, as in most parsers.

use std::fmt;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::error::Error;

/// The media type of JSON.
pub(super) const JSON: &str = "application/json";

/// Reads a body of JSON, whose content type has to say so.
pub(super) fn read_body<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Error> {
    check_content_type(headers)?;
    read(parse(body)?, "")
}

/// Refuses a body that is not announced as JSON.
pub(super) fn check_content_type(headers: &HeaderMap) -> Result<(), Error> {
    match media_type(headers).as_deref() {
        Some(JSON) => Ok(()),
        other => Err(Error::content_type(other, "a JSON object (application/json)")),
    }
}

/// Returns the content type without its parameters, in lower case.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Parses a body of JSON.
pub(super) fn parse(body: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(body).map_err(|error| Error::request(format!("the body is not JSON: {error}")))
}

/// Reads a value that stands at `place` in a body; the body itself has no place.
pub(super) fn read<T: DeserializeOwned>(value: Value, place: &str) -> Result<T, Error> {
    serde_path_to_error::deserialize(JsonValue(value)).map_err(|error| {
        let path = match (place, error.path().to_string()) {
            (place, path) if path == "." => place.to_owned(),
            ("", path) => path,
            (place, path) if path.starts_with('[') => format!("{place}{path}"),
            (place, path) => format!("{place}.{path}"),
        };
        error.into_inner().at(path)
    })
}

/// What is wrong with a field.
#[derive(Debug)]
enum FieldError {
    /// It has another type or value than expected.
    Unexpected { found: String, expected: String },
    /// It is missing.
    Missing(&'static str),
    /// It is not known.
    Unknown { name: String, known: &'static [&'static str] },
    /// Anything else.
    Other(String),
}

impl FieldError {
    /// Returns the error of a field at a path.
    fn at(self, path: String) -> Error {
        match self {
            FieldError::Unexpected { found, .. } if path.is_empty() => {
                Error::request(format!("the body is {found}: expected a JSON object"))
            }
            FieldError::Unexpected { found, expected } => {
                Error::field(path, &format!("is {found}: expected {expected}"))
            }
            FieldError::Missing(name) if path.is_empty() => Error::field(name, "is missing"),
            FieldError::Missing(name) => Error::field(format!("{path}.{name}"), "is missing"),
            FieldError::Unknown { name, known } => {
                let path = if path.is_empty() { name } else { path };
                Error::field(path, &format!("is not known here: expected `{}`", known.join("`, `")))
            }
            FieldError::Other(message) if path.is_empty() => Error::request(message),
            FieldError::Other(message) => Error::field(path, &message),
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

impl std::error::Error for FieldError {}

impl de::Error for FieldError {
    fn custom<T: fmt::Display>(message: T) -> FieldError {
        FieldError::Other(message.to_string())
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> FieldError {
        FieldError::Unexpected { found: kind(found).to_owned(), expected: in_words(expected) }
    }

    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> FieldError {
        let found = match found {
            Unexpected::Str(text) => format!("`{text}`"),
            Unexpected::Float(number) => format!("`{number}`"),
            Unexpected::Unsigned(number) => format!("`{number}`"),
            Unexpected::Signed(number) => format!("`{number}`"),
            other => kind(other).to_owned(),
        };
        FieldError::Unexpected { found, expected: in_words(expected) }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> FieldError {
        let expected = format!("one of `{}`", expected.join("`, `"));
        FieldError::Unexpected { found: format!("`{variant}`"), expected }
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> FieldError {
        FieldError::Unknown { name: name.to_owned(), known }
    }

    fn missing_field(name: &'static str) -> FieldError {
        FieldError::Missing(name)
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

/// A JSON value, deserialized with [`FieldError`]s.
struct JsonValue(Value);

impl<'de> Deserializer<'de> for JsonValue {
    type Error = FieldError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
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

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        match self.0 {
            Value::String(text) => text.into_deserializer().deserialize_enum(name, variants, visitor),
            other => JsonValue(other).deserialize_any(Text(visitor)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, FieldError> for JsonValue {
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
        assert_eq!(error.message, expected);
    }

    #[test]
    fn an_error_names_the_field_what_was_found_and_what_was_expected() {
        check(json!([1]), "", "the body is a list: expected a JSON object");
        check(json!([1]), "line 2", "field `line 2` is a list: expected an object");
        check(json!({}), "", "field `name` is missing");
        check(json!({}), "line 2", "field `line 2.name` is missing");
        check(json!({ "name": 3 }), "", "field `name` is a number: expected text");
        check(json!({ "name": null }), "", "field `name` is null: expected text");
        check(json!({ "name": "a", "inner": 3 }), "", "field `inner` is a number: expected an object");
        check(json!({ "name": "a", "inner": {} }), "", "field `inner.list` is missing");
        check(json!({ "name": "a", "inner": { "list": {} } }), "", "field `inner.list` is an object: expected a list");
        let list = json!({ "name": "a", "inner": { "list": [{}, { "x": "yes" }] } });
        check(list, "rows[1]", "field `rows[1].inner.list[1].x` is text: expected true or false");
        let known = "is not known here: expected `name`, `inner`, `complaint`";
        check(json!({ "name": "a", "colour": 1 }), "", &format!("field `colour` {known}"));
        let inner = json!({ "name": "a", "inner": { "list": [], "colour": 1 } });
        check(inner, "", "field `inner.colour` is not known here: expected `list`");
        let words = "one of `too_low`, `too_high`, `wrong_data`, `not_a_lead`";
        let complaint = json!({ "name": "a", "complaint": "bad" });
        check(complaint, "", &format!("field `complaint` is `bad`: expected {words}"));
        check(json!({ "name": "a", "complaint": 1 }), "", "field `complaint` is a number: expected text");
    }

    #[test]
    fn null_is_as_good_as_absent_and_the_last_of_a_repeated_name_counts() {
        read::<Outer>(json!({ "name": "a", "inner": null, "complaint": null }), "").expect("null is no value");
        let value = parse(b"{\"name\":1,\"name\":\"a\"}").expect("JSON");
        read::<Outer>(value, "").expect("the last name is text");
    }
}
