//! Scores in the form that the caller asked for.

use anyhow::Context;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use plumb_lead::{Prediction, Unseen};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::form::Form;
use super::recordio;
use super::style::Style;
use crate::http::error::Error;
use crate::http::wire::{PredictionAnswer, UnseenAnswer};

/// All that is known of each row, in the request's order.
#[derive(Serialize)]
struct Full {
    predictions: Vec<PredictionAnswer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<UnseenAnswer>,
}

/// Returns the scores in a style. `threshold` is the score from which on the model calls a row positive.
pub(super) fn bytes(form: Form, style: &Style, threshold: f64, predictions: &[Prediction]) -> Vec<u8> {
    match form {
        Form::RecordIo => recordio::labels(predictions.iter().map(|prediction| style.of(prediction, threshold))),
        form => text(form, style, threshold, predictions).into_bytes(),
    }
}

/// Returns all that is known of the rows, as JSON.
pub(super) fn full(predictions: &[Prediction], unseen: &[Unseen]) -> Result<Vec<u8>, Error> {
    let predictions = predictions.iter().cloned().map(PredictionAnswer::from).collect();
    let unseen = unseen.iter().cloned().map(UnseenAnswer::from).collect();
    Ok(serde_json::to_vec(&Full { predictions, unseen }).context("cannot write predictions as JSON")?)
}

/// Returns what the style has to say of predictions, as text; a form that is no text is written as JSON.
pub(super) fn text(form: Form, style: &Style, threshold: f64, predictions: &[Prediction]) -> String {
    let rows = predictions.iter().map(|prediction| style.of(prediction, threshold));
    match form {
        Form::Csv => rows.map(|row| csv(&row)).collect::<Vec<_>>().join(style.between_rows()),
        Form::JsonLines => rows.map(|row| format!("{}\n", object(row))).collect(),
        Form::Json | Form::RecordIo | Form::Plumb => {
            json!({ "predictions": rows.map(object).collect::<Vec<_>>() }).to_string()
        }
    }
}

fn object(row: Vec<(&str, Value)>) -> Value {
    row.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>().into()
}

/// A line of CSV; a list is one cell, in quotes, as the XGBoost container writes it.
fn csv(row: &[(&str, Value)]) -> String {
    let number = |value: &Value| value.as_f64().map(|number| number.to_string()).unwrap_or_default();
    let cell = |(_, value): &(&str, Value)| match value {
        Value::Array(list) => format!("\"[{}]\"", list.iter().map(number).collect::<Vec<_>>().join(", ")),
        value => number(value),
    };
    row.iter().map(cell).collect::<Vec<_>>().join(",")
}

/// Returns an answer of a media type.
pub(in crate::http) fn of_type(media_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
