//! The values of JSON bodies: plain values, timestamps, text that is not empty.

use std::fmt;

use chrono::{DateTime, Utc};
use plumb_lead::FieldValue;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::openapi::schema::{AnyOfBuilder, Object, Type};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// Returns the number if a model can use it: larger ones would become infinite in its 32-bit input.
pub(in crate::http) fn usable(number: f64) -> Option<f64> {
    (number.is_finite() && number.abs() <= f64::from(f32::MAX)).then_some(number)
}

/// Text, a number, true, false or null.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::http) struct PlainValue(pub(in crate::http) FieldValue);

/// A timestamp of RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::http) struct Timestamp(pub(in crate::http) DateTime<Utc>);

/// Text that is not empty.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::http) struct Text(pub(in crate::http) String);

struct PlainValueVisitor;

impl<'de> Visitor<'de> for PlainValueVisitor {
    type Value = PlainValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text, a number, true, false or null")
    }

    fn visit_unit<E: Error>(self) -> Result<PlainValue, E> {
        Ok(PlainValue(FieldValue::Missing))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<PlainValue, E> {
        Ok(PlainValue(FieldValue::Flag(flag)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PlainValue, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<PlainValue, E> {
        Ok(PlainValue(FieldValue::Text(text)))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<PlainValue, E> {
        self.visit_f64(number as f64)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<PlainValue, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<PlainValue, E> {
        let usable = usable(number).map(|number| PlainValue(FieldValue::Number(number)));
        usable.ok_or_else(|| E::invalid_value(Unexpected::Float(number), &"a number that 32 bits can hold"))
    }
}

impl<'de> Deserialize<'de> for PlainValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PlainValue, D::Error> {
        deserializer.deserialize_any(PlainValueVisitor)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = DateTime::parse_from_rfc3339(&text);
        let expected = &"a timestamp as `2026-11-23T14:00:00Z` (RFC 3339)";
        parsed
            .map(|timestamp| Timestamp(timestamp.to_utc()))
            .map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), expected))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.trim().is_empty() {
            return Err(D::Error::invalid_value(Unexpected::Str(&text), &"text that is not empty"));
        }
        Ok(Text(text))
    }
}

impl PartialSchema for PlainValue {
    fn schema() -> RefOr<Schema> {
        let types = [Type::String, Type::Number, Type::Boolean, Type::Null].map(Object::with_type);
        let any = types.into_iter().fold(AnyOfBuilder::new(), AnyOfBuilder::item);
        any.description(Some("Text, a number, true, false or null.")).into()
    }
}

impl ToSchema for PlainValue {
    fn name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }
}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        let format = Some(SchemaFormat::KnownFormat(KnownFormat::DateTime));
        ObjectBuilder::new().schema_type(Type::String).format(format).into()
    }
}

impl ToSchema for Timestamp {}

impl PartialSchema for Text {
    fn schema() -> RefOr<Schema> {
        Object::with_type(Type::String).into()
    }
}

impl ToSchema for Text {}
