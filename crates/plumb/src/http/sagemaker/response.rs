//! Scores in the media type that the caller asked for.

use anyhow::Context;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use plumb_lead::{Prediction, Unseen};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::http::error::Error;
use crate::http::instances::write_labels;
use crate::http::media_type::MediaType;
use crate::http::response_format::ResponseFormat;
use crate::http::v1::{PredictionResponse, UnseenResponse};

/// The predictions with their reasons, in the request's order.
#[derive(Serialize)]
struct Full {
    predictions: Vec<PredictionResponse>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<UnseenResponse>,
}

/// Returns the outputs of predictions in a media type. A row is positive from the threshold on.
pub(super) fn bytes(
    media_type: MediaType,
    format: &ResponseFormat,
    threshold: f64,
    predictions: &[Prediction],
) -> Vec<u8> {
    match media_type {
        MediaType::RecordIo => write_labels(predictions.iter().map(|prediction| format.outputs(prediction, threshold))),
        media_type => text(media_type, format, threshold, predictions).into_bytes(),
    }
}

/// Returns the predictions with their reasons, as JSON.
pub(super) fn full(predictions: &[Prediction], unseen: &[Unseen]) -> Result<Vec<u8>, Error> {
    let predictions = predictions.iter().cloned().map(PredictionResponse::from).collect();
    let unseen = unseen.iter().cloned().map(UnseenResponse::from).collect();
    Ok(serde_json::to_vec(&Full { predictions, unseen }).context("cannot write predictions as JSON")?)
}

/// Returns the outputs of predictions as text; a media type that is no text is written as JSON.
pub(super) fn text(
    media_type: MediaType,
    format: &ResponseFormat,
    threshold: f64,
    predictions: &[Prediction],
) -> String {
    let rows = predictions.iter().map(|prediction| format.outputs(prediction, threshold));
    match media_type {
        MediaType::Csv => rows.map(|row| csv(&row)).collect::<Vec<_>>().join(format.row_separator()),
        MediaType::JsonLines => rows.map(|row| format!("{}\n", object(row))).collect(),
        MediaType::Json | MediaType::RecordIo | MediaType::Plumb => {
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

/// Returns a response with its content type.
pub(super) fn of_type(content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
