//! The JSON shapes: what is read, field by field so that each error can name its field, and what is answered.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use chrono::{DateTime, Utc};
use plumb_lead::{FieldValue, Interval, Prediction, Reason};
use serde::Serialize;
use serde_json::{Map, Value};

use super::error::Error;
use super::told::Told;

/// A body that is not empty and not too large, with the request's headers.
pub(super) struct Body {
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Body, Error> {
        let (mut parts, body) = request.into_parts();
        let headers = std::mem::take(&mut parts.headers);
        let bytes = Bytes::from_request(Request::from_parts(parts, body), state).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::empty_body());
        }
        Ok(Body { headers, bytes })
    }
}

impl Body {
    /// Returns the content type without its parameters, in lower case.
    pub(super) fn content_type(&self) -> Option<String> {
        let text = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// Returns the fields of a JSON object.
    pub(super) fn json(&self) -> Result<Fields, Error> {
        match self.content_type().as_deref() {
            Some("application/json") => {}
            other => return Err(Error::content_type(other, "a JSON object (application/json)")),
        }
        let value = serde_json::from_slice(&self.bytes)
            .map_err(|error| Error::request(format!("the body is not JSON: {error}")))?;
        Fields::of(value, "")
    }
}

/// The fields of a JSON object that have not been read yet.
pub(super) struct Fields {
    path: String,
    fields: Map<String, Value>,
    known: Vec<&'static str>,
}

impl Fields {
    /// Returns the fields of an object that stands at `path` in the body.
    pub(super) fn of(value: Value, path: &str) -> Result<Fields, Error> {
        match value {
            Value::Object(fields) => Ok(Fields { path: path.to_owned(), fields, known: Vec::new() }),
            other if path.is_empty() => {
                Err(Error::request(format!("the body is {}: expected a JSON object", kind(&other))))
            }
            other => Err(Error::field(path, &format!("is {}: expected an object", kind(&other)))),
        }
    }

    /// Returns the path of a field of this object.
    pub(super) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Takes a field out; `null` is as good as absent.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    /// Takes a text.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(Error::field(self.path_of(name), &format!("is {}: expected text", kind(&other)))),
        }
    }

    /// Takes a text that must be there and not be empty.
    pub(super) fn text_needed(&mut self, name: &'static str) -> Result<String, Error> {
        match self.text(name)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            Some(_) => Err(Error::field(self.path_of(name), "is empty: expected text")),
            None => Err(Error::field(self.path_of(name), "is missing: expected text")),
        }
    }

    /// Takes a moment.
    pub(super) fn moment(&mut self, name: &'static str) -> Result<Option<DateTime<Utc>>, Error> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match DateTime::parse_from_rfc3339(&text) {
            Ok(moment) => Ok(Some(moment.to_utc())),
            Err(_) => {
                let problem = format!("is `{text}`: expected a moment as `2026-11-23T14:00:00Z` (RFC 3339)");
                Err(Error::field(self.path_of(name), &problem))
            }
        }
    }

    /// Takes a moment that must be there.
    pub(super) fn moment_needed(&mut self, name: &'static str) -> Result<DateTime<Utc>, Error> {
        let path = self.path_of(name);
        self.moment(name)?
            .ok_or_else(|| Error::field(path, "is missing: expected a moment as `2026-11-23T14:00:00Z` (RFC 3339)"))
    }

    /// Takes a list.
    pub(super) fn list(&mut self, name: &'static str) -> Result<Option<Vec<Value>>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(list)) => Ok(Some(list)),
            Some(other) => Err(Error::field(self.path_of(name), &format!("is {}: expected a list", kind(&other)))),
        }
    }

    /// Takes an object.
    pub(super) fn object(&mut self, name: &'static str) -> Result<Option<Fields>, Error> {
        let path = self.path_of(name);
        self.take(name).map(|value| Fields::of(value, &path)).transpose()
    }

    /// Returns all fields that were not taken as plain values.
    pub(super) fn values(self) -> Result<BTreeMap<String, FieldValue>, Error> {
        let Fields { path, fields, .. } = self;
        fields
            .into_iter()
            .map(|(name, value)| {
                let of_field = || if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let value = field_value(value, of_field)?;
                Ok((name, value))
            })
            .collect()
    }

    /// Refuses fields that were not taken.
    pub(super) fn no_more(self) -> Result<(), Error> {
        match self.fields.keys().next() {
            None => Ok(()),
            Some(name) => {
                let problem = format!("is not known here: expected `{}`", self.known.join("`, `"));
                Err(Error::field(self.path_of(name), &problem))
            }
        }
    }
}

/// Returns a JSON value as a plain value. Numbers too large for a model's 32-bit input are refused, as they would
/// become infinite there. `path` is where it stands, which only an error has to know.
pub(super) fn field_value(value: Value, path: impl FnOnce() -> String) -> Result<FieldValue, Error> {
    match value {
        Value::Null => Ok(FieldValue::Missing),
        Value::Bool(flag) => Ok(FieldValue::Flag(flag)),
        Value::String(text) => Ok(FieldValue::Text(text)),
        Value::Number(number) => match number.as_f64().and_then(usable) {
            Some(number) => Ok(FieldValue::Number(number)),
            None => Err(Error::field(path(), &format!("is `{number}`: expected a number that 32 bits can hold"))),
        },
        other => {
            let problem = format!("is {}: expected text, a number, true, false or null", kind(&other));
            Err(Error::field(path(), &problem))
        }
    }
}

/// Returns the number if a model can use it.
pub(super) fn usable(number: f64) -> Option<f64> {
    (number.is_finite() && number.abs() <= f64::from(f32::MAX)).then_some(number)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A prediction, as it is answered.
#[derive(Debug, Serialize)]
pub(super) struct PredictionAnswer {
    prediction_id: String,
    lead_id: String,
    target: String,
    model_id: String,
    as_of: DateTime<Utc>,
    score: f64,
    /// Where the probability is with 95 % certainty, by what the model learned from.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<IntervalAnswer>,
    band: &'static str,
    reasons: Vec<ReasonAnswer>,
    /// Whether there were reasons that cannot be told any more.
    #[serde(skip_serializing_if = "is_false")]
    reasons_lost: bool,
    /// What the request said of a lead that is known: it was used, and not what the sources said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    from_request: Vec<String>,
}

/// An interval, as it is answered.
#[derive(Debug, Serialize)]
struct IntervalAnswer {
    low: f64,
    high: f64,
}

/// A reason, as it is answered.
#[derive(Debug, Serialize)]
pub(super) struct ReasonAnswer {
    field: String,
    text: String,
    value: Option<String>,
    contribution: f64,
    actionable: bool,
}

impl From<Prediction> for PredictionAnswer {
    fn from(prediction: Prediction) -> PredictionAnswer {
        PredictionAnswer {
            prediction_id: prediction.prediction_id,
            lead_id: prediction.lead_id,
            target: prediction.target,
            model_id: prediction.model_id,
            as_of: prediction.as_of,
            score: prediction.score.get(),
            interval: prediction.interval.map(|Interval { low, high }| IntervalAnswer { low, high }),
            band: prediction.band.letter(),
            reasons: prediction.reasons.into_iter().map(ReasonAnswer::from).collect(),
            reasons_lost: false,
            from_request: prediction.provenance.overrides,
        }
    }
}

impl From<Told> for PredictionAnswer {
    fn from(told: Told) -> PredictionAnswer {
        PredictionAnswer { reasons_lost: told.reasons_lost, ..told.prediction.into() }
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl From<Reason> for ReasonAnswer {
    fn from(reason: Reason) -> ReasonAnswer {
        let Reason { field, text, value, contribution, actionable } = reason;
        ReasonAnswer { field, text, value, contribution, actionable }
    }
}

/// A category that training never saw and that therefore counted as missing, as it is answered.
#[derive(Debug, Serialize)]
pub(super) struct UnseenAnswer {
    feature: String,
    level: String,
    rows: usize,
}

impl From<plumb_lead::Unseen> for UnseenAnswer {
    fn from(unseen: plumb_lead::Unseen) -> UnseenAnswer {
        UnseenAnswer { feature: unseen.feature, level: unseen.level, rows: unseen.rows }
    }
}
