//! The rows of a body, and their values, each checked before anything is stored.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use plumb_lead::FieldValue;
use serde_json::{Map, Value};

use super::response::ReadRow;
use crate::http::error::Error;
use crate::http::limits::{FIELDS_MAX, LEAD_ID_BYTES_MAX, NAME_BYTES_MAX};
use crate::posted::{Refusal, RowToPost};

/// How far ahead of our clock a time may be.
const AT_AHEAD_MAX: TimeDelta = TimeDelta::minutes(5);

/// The rows of a body.
pub(super) struct BodyRows {
    pub(super) rows: Vec<Value>,
    /// Whether the body is the row itself.
    pub(super) is_single: bool,
}

/// The fields of a row that is being read.
pub(super) struct RowFields(pub(super) Map<String, Value>);

/// Returns the rows of a body: itself, a list, or the list under `name`.
pub(super) fn rows_of(body: Value, name: &str, rows_max: usize) -> Result<BodyRows, Error> {
    let rows = match body {
        Value::Array(rows) => BodyRows { rows, is_single: false },
        Value::Object(mut object) => match object.get_mut(name).map(Value::take) {
            Some(Value::Array(rows)) if object.len() == 1 => BodyRows { rows, is_single: false },
            Some(Value::Array(_)) => {
                return Err(Error::request(format!("the body has other fields beside `{name}`: expected it alone")));
            }
            Some(_) => return Err(Error::field(name, "is no list: expected a list of objects")),
            None => BodyRows { rows: vec![Value::Object(object)], is_single: true },
        },
        _ => return Err(Error::request("the body is neither an object nor a list of objects")),
    };
    if rows.rows.len() > rows_max {
        return Err(Error::too_many(name, rows_max));
    }
    if rows.rows.is_empty() {
        return Err(Error::request(format!("the body has no {name}: expected at least one")));
    }
    Ok(rows)
}

/// Reads a row that has an id under `id_name`: what is wrong with it is said of that id.
pub(super) fn read_row(
    row: Value,
    id_name: &str,
    read: impl FnOnce(RowFields, String) -> Result<RowToPost, Refusal>,
) -> ReadRow {
    let mut fields = RowFields::of(row).map_err(|refusal| (None, refusal))?;
    let id = fields.text(id_name).map_err(|refusal| (None, refusal))?;
    let of_id = |refusal| (Some(id.clone()), refusal);
    fields.refuse_known_at().map_err(of_id)?;
    read(fields, id.clone()).map_err(of_id)
}

impl RowFields {
    fn of(row: Value) -> Result<RowFields, Refusal> {
        match row {
            Value::Object(fields) if fields.len() > FIELDS_MAX => {
                Err(Refusal::new("", format!("has {} fields: expected at most {FIELDS_MAX}", fields.len())))
            }
            Value::Object(fields) => Ok(RowFields(fields)),
            other => Err(Refusal::new("", format!("is {}: expected an object", word(&other)))),
        }
    }

    /// Takes a text that is not empty.
    pub(super) fn text(&mut self, name: &str) -> Result<String, Refusal> {
        match self.0.remove(name) {
            Some(Value::String(text)) if text.trim().is_empty() => Err(Refusal::new(name, "is empty: expected text")),
            Some(Value::String(text)) if text.len() > LEAD_ID_BYTES_MAX => {
                Err(Refusal::new(name, format!("has {} bytes: expected at most {LEAD_ID_BYTES_MAX}", text.len())))
            }
            Some(Value::String(text)) => Ok(text),
            None | Some(Value::Null) => Err(Refusal::new(name, "is missing: expected text")),
            Some(other) => Err(Refusal::new(name, format!("is {}: expected text", word(&other)))),
        }
    }

    /// Takes a timestamp that is not still to come, if there is one.
    pub(super) fn time(&mut self, name: &str, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Refusal> {
        let expected = "expected a timestamp as `2026-11-23T14:00:00Z` (RFC 3339)";
        let text = match self.0.remove(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text,
            Some(other) => return Err(Refusal::new(name, format!("is {}: {expected}", word(&other)))),
        };
        let Ok(time) = DateTime::parse_from_rfc3339(&text) else {
            return Err(Refusal::new(name, format!("is `{text}`: {expected}")));
        };
        check_time(name, time.to_utc(), now).map(Some)
    }

    /// Refuses what only the server says.
    fn refuse_known_at(&self) -> Result<(), Refusal> {
        match self.0.contains_key("known_at") {
            true => Err(Refusal::new("known_at", "cannot be sent: a row is known from when the server receives it")),
            false => Ok(()),
        }
    }

    /// Returns all that is left, as plain values.
    pub(super) fn rest(self) -> Result<BTreeMap<String, FieldValue>, Refusal> {
        self.0.into_iter().map(|(name, value)| plain(&name, &value).map(|value| (name, value))).collect()
    }
}

/// Returns a time unless it is still to come.
pub(in crate::http::v1) fn check_time(
    name: &str,
    time: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Refusal> {
    if time > now + AT_AHEAD_MAX {
        let (time, now, minutes) = (time.to_rfc3339(), now.to_rfc3339(), AT_AHEAD_MAX.num_minutes());
        return Err(Refusal::new(
            name,
            format!("is {time}, and it is {now}: expected at most {minutes} minutes ahead"),
        ));
    }
    Ok(time)
}

fn plain(name: &str, value: &Value) -> Result<FieldValue, Refusal> {
    if name.len() > NAME_BYTES_MAX {
        let problem = format!("has a name of {} bytes: expected at most {NAME_BYTES_MAX}", name.len());
        return Err(Refusal::new("", problem));
    }
    Ok(match value {
        Value::Null => FieldValue::Missing,
        Value::Bool(flag) => FieldValue::Flag(*flag),
        Value::String(text) => FieldValue::Text(text.clone()),
        Value::Number(number) => match number.as_f64().filter(|number| number.is_finite()) {
            Some(number) => FieldValue::Number(number),
            None => return Err(Refusal::new(name, "is a number that 64 bits cannot hold")),
        },
        other => {
            let problem = format!("is {}: expected text, a number, true, false or null", word(other));
            return Err(Refusal::new(name, problem));
        }
    })
}

fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
