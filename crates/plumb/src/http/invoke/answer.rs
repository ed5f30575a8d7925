//! Scores in the form that the caller asked for.

use anyhow::Context;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use plumb_lead::{Prediction, Unseen};
use serde::Serialize;
use serde_json::json;

use super::form::Form;
use crate::http::error::Error;
use crate::http::wire::{PredictionAnswer, UnseenAnswer};

/// All that is known of each row, in the request's order.
#[derive(Serialize)]
struct Full {
    predictions: Vec<PredictionAnswer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<UnseenAnswer>,
}

/// Returns all that is known of the rows, as text.
pub(super) fn full(predictions: &[Prediction], unseen: &[Unseen]) -> Result<String, Error> {
    let predictions = predictions.iter().cloned().map(PredictionAnswer::from).collect();
    let unseen = unseen.iter().cloned().map(UnseenAnswer::from).collect();
    Ok(serde_json::to_string(&Full { predictions, unseen }).context("cannot write predictions as JSON")?)
}

/// Returns nothing but the scores, as text.
pub(super) fn scores(form: Form, predictions: &[Prediction]) -> String {
    let each = |write: fn(f64) -> String| predictions.iter().map(move |prediction| write(prediction.score.get()));
    match form {
        Form::Csv => each(|score| score.to_string()).collect::<Vec<_>>().join("\n"),
        Form::JsonLines => each(|score| format!("{}\n", json!({ "score": score }))).collect(),
        Form::Json | Form::Plumb => {
            let scores: Vec<_> = predictions.iter().map(|one| json!({ "score": one.score.get() })).collect();
            json!({ "predictions": scores }).to_string()
        }
    }
}

/// Returns an answer of a media type.
pub(in crate::http) fn of_text(media_type: &'static str, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
