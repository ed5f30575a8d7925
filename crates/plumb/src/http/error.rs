//! What a request is answered with when it fails: a status and `{"error": {"code", "message", "field"?, "hint"?}}`.
//! A constructor each for what callers can do wrong. What goes wrong on our side is logged here, once, with its chain;
//! the caller is told no more than that.

use axum::Json;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::scoring;

#[derive(Debug)]
pub(super) struct Error {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) field: Option<String>,
    pub(super) hint: Option<String>,
    source: Option<anyhow::Error>,
}

impl Error {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Error {
        Error { status, code, message: message.into(), field: None, hint: None, source: None }
    }

    /// The request as a whole cannot be understood.
    pub(super) fn request(message: impl Into<String>) -> Error {
        Error::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// A field of the request is wrong; `field` is its path, as `lead.created_at`.
    pub(super) fn field(field: impl Into<String>, problem: &str) -> Error {
        let field = field.into();
        let mut error = Error::new(StatusCode::BAD_REQUEST, "bad_field", format!("field `{field}` {problem}"));
        error.field = Some(field);
        error
    }

    /// The body is empty.
    pub(super) fn empty_body() -> Error {
        Error::new(StatusCode::BAD_REQUEST, "empty_body", "the body is empty")
    }

    /// The body is of a type that is not read here.
    pub(super) fn content_type(found: Option<&str>, expected: &str) -> Error {
        let found = found.map_or("no content type".to_owned(), |found| format!("content type `{found}`"));
        Error::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", format!("{found} is not read here"))
            .hint(format!("send {expected} with the matching Content-Type header"))
    }

    /// The caller wants an answer of a type that is not written here.
    pub(super) fn accept(found: &str) -> Error {
        Error::new(StatusCode::NOT_ACCEPTABLE, "accept", format!("answers of type `{found}` are not written here"))
            .hint("ask for application/json or text/csv in the Accept header")
    }

    /// There is no such target.
    pub(super) fn unknown_target(target: &str, targets: &[String]) -> Error {
        let hint = match targets {
            [] => "there are no targets yet: run `plumb train`, or `plumb quick FILE --target COLUMN`".to_owned(),
            targets => format!("expected one of `{}`", targets.join("`, `")),
        };
        Error::new(StatusCode::NOT_FOUND, "unknown_target", format!("there is no target `{target}`"))
            .at("target")
            .hint(hint)
    }

    /// A target has no model that answers. Not a 503, which SDKs would try again at once.
    pub(super) fn no_champion(target: &str) -> Error {
        Error::new(StatusCode::CONFLICT, "no_champion", format!("no model answers for target `{target}` yet"))
            .hint("run `plumb train`, then `plumb promote`")
    }

    /// There is no such lead.
    pub(super) fn unknown_lead(lead_id: &str) -> Error {
        Error::new(StatusCode::NOT_FOUND, "unknown_lead", format!("there is no lead `{lead_id}`"))
            .at("lead_id")
            .hint("run `plumb ingest` if it is new in the sources, or send the lead itself as `lead` with `events`")
    }

    /// There is no such prediction.
    pub(super) fn unknown_prediction(prediction_id: &str) -> Error {
        Error::new(StatusCode::NOT_FOUND, "unknown_prediction", format!("there is no prediction `{prediction_id}`"))
            .at("prediction_id")
            .hint("expected the `prediction_id` of an answer of this server")
    }

    /// The server runs without the lead data that the request needs.
    pub(super) fn no_leads() -> Error {
        Error::new(StatusCode::CONFLICT, "no_leads", "this server runs without lead data")
            .hint("serve a project folder that `plumb ingest` has run in, or send `features`")
    }

    /// A page of another site made the browser post here.
    pub(super) fn cross_site(from: &str) -> Error {
        Error::new(StatusCode::FORBIDDEN, "cross_site", format!("a post from `{from}` is refused"))
            .hint("post from a page of this server, or from a program that sends no Origin header")
    }

    /// There is nothing at a path.
    pub(super) fn nowhere(path: &str) -> Error {
        Error::new(StatusCode::NOT_FOUND, "unknown_path", format!("there is nothing at `{path}`")).hint(
            "POST /v1/score, /v1/feedback, /endpoints/{target}/invocations; \
             GET /v1/leads, /v1/models, /v1/watch, /v1/health; pages at /",
        )
    }

    /// Returns the error with the field that it is about.
    fn at(mut self, field: &str) -> Error {
        self.field = Some(field.to_owned());
        self
    }

    /// Returns the error with what the caller can do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    /// Logs what went wrong on our side. Called once, where the error is turned into an answer.
    pub(super) fn log(&self) {
        if let Some(source) = &self.source {
            tracing::error!("a request failed: {source:#}");
        }
    }

    fn body(&self) -> Value {
        let mut error = Map::from_iter([
            ("code".to_owned(), Value::from(self.code)),
            ("message".to_owned(), Value::from(self.message.as_str())),
        ]);
        error.extend(self.field.as_deref().map(|field| ("field".to_owned(), Value::from(field))));
        error.extend(self.hint.as_deref().map(|hint| ("hint".to_owned(), Value::from(hint))));
        json!({ "error": error })
    }

    /// Returns the answer as the AWS SDKs read it: the type in a header, the message under `Message` too.
    pub(super) fn into_invocation_response(self) -> Response {
        let kind = if self.status.is_client_error() { "ValidationError" } else { "InternalFailure" };
        let mut body = self.body();
        body["Message"] = match &self.hint {
            Some(hint) => Value::from(format!("{}; {hint}", self.message)),
            None => Value::from(self.message.as_str()),
        };
        self.log();
        let header = (HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_static(kind));
        (self.status, [header], Json(body)).into_response()
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.log();
        (self.status, Json(self.body())).into_response()
    }
}

impl From<anyhow::Error> for Error {
    fn from(source: anyhow::Error) -> Error {
        let message = "something failed on the server's side; its log says what";
        Error { source: Some(source), ..Error::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message) }
    }
}

impl From<scoring::Error> for Error {
    fn from(error: scoring::Error) -> Error {
        match error {
            scoring::Error::UnknownLead { lead_id } => Error::unknown_lead(&lead_id),
            scoring::Error::Input(message) => Error::new(StatusCode::BAD_REQUEST, "bad_field", message),
            scoring::Error::NotFromLeads => {
                Error::request("this target's model was made from a plain table and knows no leads")
                    .hint("send `features`: a value for each column of the table")
            }
            scoring::Error::Internal(source) => source.into(),
        }
    }
}

impl From<BytesRejection> for Error {
    fn from(rejection: BytesRejection) -> Error {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let message = format!("the body is larger than {} bytes", super::BODY_BYTES_MAX);
            return Error::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
                .hint("send fewer rows at a time, or score files by `plumb score`");
        }
        Error::request(format!("the body cannot be read: {}", rejection.body_text()))
    }
}

impl From<QueryRejection> for Error {
    fn from(rejection: QueryRejection) -> Error {
        Error::request(rejection.body_text())
    }
}

impl From<PathRejection> for Error {
    fn from(rejection: PathRejection) -> Error {
        Error::request(rejection.body_text())
    }
}

/// Answers a known path that was asked by the wrong method.
pub(super) async fn wrong_method(method: Method, uri: Uri) -> Error {
    let message = format!("`{}` does not answer to {method}", uri.path());
    let other = if method == Method::POST { "GET" } else { "POST" };
    Error::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message).hint(format!("try {other}"))
}
