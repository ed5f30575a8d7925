//! Scores in the media type that the caller asked for.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use plumb_lead::Prediction;
use serde_json::{Map, Value};

use crate::http::answer_writer::AnswerWriter;
use crate::http::error::Error;
use crate::http::instances::write_labels;
use crate::http::media_type::MediaType;
use crate::http::response_format::ResponseFormat;
use crate::http::stale_sources;
use crate::http::v1::{PredictionResponse, UnseenResponse};
use crate::serving::ScoredRequest;

/// Returns the outputs of predictions in a media type. A row is positive from the threshold on.
pub(super) fn bytes(
    media_type: MediaType,
    format: &ResponseFormat,
    threshold: f64,
    predictions: &[Prediction],
    answer: AnswerWriter,
) -> Result<Vec<u8>, Error> {
    match media_type {
        // A score in 32 bits in its frame is shorter than in any text, whose length is bounded.
        MediaType::RecordIo => {
            Ok(write_labels(predictions.iter().map(|prediction| format.outputs(prediction, threshold))))
        }
        media_type => text(media_type, format, threshold, predictions, answer),
    }
}

/// Returns the predictions with their reasons, as JSON.
pub(super) fn full(
    predictions: &[Prediction],
    ScoredRequest { unseen, stale_sources, .. }: &ScoredRequest,
    mut answer: AnswerWriter,
) -> Result<Vec<u8>, Error> {
    answer.put("{\"predictions\":")?;
    answer.put_list(predictions.iter().cloned().map(PredictionResponse::from))?;
    if !unseen.is_empty() {
        answer.put(",\"unseen\":")?;
        answer.put_list(unseen.iter().cloned().map(UnseenResponse::from))?;
    }
    if !stale_sources.is_empty() {
        answer.put(",\"stale_sources\":")?;
        answer.put_list(stale_sources::responses(stale_sources).into_iter())?;
    }
    answer.put("}")?;
    Ok(answer.finish())
}

/// Returns the outputs of predictions as text; a media type that is no text is written as JSON.
pub(super) fn text(
    media_type: MediaType,
    format: &ResponseFormat,
    threshold: f64,
    predictions: &[Prediction],
    mut answer: AnswerWriter,
) -> Result<Vec<u8>, Error> {
    let mut rows = predictions.iter().map(|prediction| format.outputs(prediction, threshold));
    match media_type {
        MediaType::Csv => {
            for (index, row) in rows.enumerate() {
                if index > 0 {
                    answer.put(format.row_separator())?;
                }
                answer.put(csv(&row))?;
            }
        }
        MediaType::JsonLines => rows.try_for_each(|row| {
            answer.put_json(&object(row))?;
            answer.put("\n")
        })?,
        MediaType::Json | MediaType::RecordIo | MediaType::Plumb => {
            answer.put("{\"predictions\":")?;
            answer.put_list(rows.map(object))?;
            answer.put("}")?;
        }
    }
    Ok(answer.finish())
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
