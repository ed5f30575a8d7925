//! Values of a message: by their path, in a lead's key, and under the project's names.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plumb_lead::FieldValue;
use serde_json::{Map, Value};

use crate::http::limits::LEAD_ID_BYTES_MAX;
use crate::posted::Refusal;

/// Returns a message's key: the template with the message's values in place of the names in braces.
pub(super) fn key(template: &str, message: &Map<String, Value>) -> Result<String, Refusal> {
    let (mut key, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        let Some(text) = text_at(message, name) else {
            return Err(Refusal::new(name, format!("is missing: the lead's key is made as `{template}`")));
        };
        key = key + before + &text;
        rest = after;
    }
    key += rest;
    match key.len() {
        0..=LEAD_ID_BYTES_MAX => Ok(key),
        bytes => Err(Refusal::new("", format!("has a key of {bytes} bytes: expected at most {LEAD_ID_BYTES_MAX}"))),
    }
}

/// Returns a text or whole number of a message that is not empty, by its path.
pub(super) fn text_at(message: &Map<String, Value>, path: &str) -> Option<String> {
    let mut names = path.split('.');
    let mut value = message.get(names.next()?)?;
    for name in names {
        value = value.get(name)?;
    }
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns a time of a message in RFC 3339, or in milliseconds since 1970.
pub(super) fn time_of(value: Option<&Value>) -> Option<DateTime<Utc>> {
    match value? {
        Value::String(text) => Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc()),
        Value::Number(number) => DateTime::from_timestamp_millis(number.as_i64()?),
        _ => None,
    }
}

/// Returns fields under the project's names for them.
pub(super) fn renamed(
    fields: BTreeMap<String, FieldValue>,
    names: &BTreeMap<String, String>,
) -> BTreeMap<String, FieldValue> {
    fields.into_iter().map(|(name, value)| (names.get(&name).cloned().unwrap_or(name), value)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_is_made_of_a_messages_values() {
        let Value::Object(message) =
            json!({ "userId": "17", "n": 5, "context": { "traits": { "email": "a@b.org" } }, "no": "" })
        else {
            unreachable!("it is one")
        };
        let check = |template: &str| key(template, &message).map_err(|refusal| refusal.field);
        assert_eq!(check("segment:{userId}"), Ok("segment:17".to_owned()));
        assert_eq!(check("{n}/{context.traits.email}"), Ok("5/a@b.org".to_owned()));
        assert_eq!(check("x:{no}"), Err("no".to_owned()));
        assert_eq!(check("x:{context.traits.phone}"), Err("context.traits.phone".to_owned()));
    }
}
