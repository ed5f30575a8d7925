//! Errors as SageMaker writes them: for the AWS SDKs, the exception in a header and the message under `Message`; in a
//! container, text.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::http::error::Error;

/// The longest `Message` that the SDKs take, in characters.
const MESSAGE_CHARS_MAX: usize = 2_048;

/// The header with the exception's name.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// Writes an error of the endpoint.
pub(super) fn endpoint_error(error: Error) -> Response {
    let (status, exception) = match (error.status, error.aws_type) {
        // AWS answers 403 where the web has 401.
        (StatusCode::UNAUTHORIZED, Some(exception)) => (StatusCode::FORBIDDEN, exception),
        (status, Some(exception)) => (status, exception),
        (status @ (StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT), None) => (status, "ValidationError"),
        (StatusCode::SERVICE_UNAVAILABLE, None) => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
        (status, None) if status.is_client_error() => (StatusCode::BAD_REQUEST, "ValidationError"),
        (status, None) => (status, "InternalFailure"),
    };
    let message = error.sentence();
    aws_response(&error, status, exception, message, Map::new())
}

/// Writes an error of the model behind an endpoint. A mistake of the caller's is a `ModelError`, which no SDK retries.
pub(super) fn model_error(error: Error) -> Response {
    // A limit is the endpoint's, and not the model's.
    if !error.status.is_client_error() || error.status == StatusCode::PAYLOAD_TOO_LARGE {
        return endpoint_error(error);
    }
    let (original, status) = (error.sentence(), error.status.as_u16());
    let message = format!("Received client error ({status}) from primary with message \"{original}\"");
    let more = Map::from_iter([
        ("OriginalStatusCode".to_owned(), Value::from(status)),
        ("OriginalMessage".to_owned(), Value::from(cut(original))),
        ("LogStreamArn".to_owned(), Value::from("")),
    ]);
    aws_response(&error, StatusCode::FAILED_DEPENDENCY, "ModelError", message, more)
}

/// Writes an error of a container: its message as text.
pub(super) fn text_error(error: Error) -> Response {
    (error.status, error.headers(), error.sentence()).into_response()
}

fn aws_response(
    error: &Error,
    status: StatusCode,
    exception: &'static str,
    message: String,
    more: Map<String, Value>,
) -> Response {
    let mut body = error.body();
    body["Message"] = Value::from(cut(message));
    if let Some(body) = body.as_object_mut() {
        body.extend(more);
    }
    let header = (ERROR_TYPE, HeaderValue::from_static(exception));
    (status, error.headers(), [header], Json(body)).into_response()
}

/// Cuts a message to the length that the SDKs take.
fn cut(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARS_MAX) {
        message.truncate(end);
    }
    message
}
