//! What a request is answered with when it fails: a status and `{"error": {"code", "message", "field"?, "hint"?}}`.
//! A constructor each for what callers can do wrong. What goes wrong on our side is logged here, once, with its chain;
//! the caller is told no more than that.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::scoring;

/// The longest `Message` of an answer to an AWS SDK, in characters.
const MESSAGE_CHARS_MAX: usize = 2_048;

/// Why a request is not answered as its caller hoped.
#[derive(Debug)]
pub(super) struct Error {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) field: Option<String>,
    pub(super) hint: Option<String>,
    /// What AWS SDKs call it, where the status alone does not say.
    aws_type: Option<&'static str>,
    source: Option<anyhow::Error>,
}

impl Error {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Error {
        Error { status, code, message: message.into(), field: None, hint: None, aws_type: None, source: None }
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

    /// A header is wrong.
    pub(super) fn header(name: &HeaderName, problem: &str) -> Error {
        let mut error = Error::new(StatusCode::BAD_REQUEST, "bad_header", format!("header `{name}` {problem}"));
        error.field = Some(name.to_string());
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
            .hint(
                "ask for text/csv, application/json, application/jsonlines, application/x-recordio-protobuf or \
                 application/vnd.plumb+json",
            )
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

    /// No variant of a target answers with such a model.
    pub(super) fn unknown_version(target: &str, version: &str) -> Error {
        let message = format!("`{target}` has no version `{version}` that answers");
        Error::new(StatusCode::NOT_FOUND, "unknown_version", message)
            .hint("versions are models' ids; `GET /v2/models/{model}` lists those that answer")
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

    /// A request that has to be signed is not, or not rightly. `aws_type` is what AWS SDKs call it.
    pub(super) fn signature(aws_type: &'static str, message: impl Into<String>) -> Error {
        Error { aws_type: Some(aws_type), ..Error::new(StatusCode::FORBIDDEN, "signature", message) }
    }

    /// Nobody said who is asking, or not rightly.
    pub(super) fn unauthorized(message: &str) -> Error {
        let aws_type = Some("MissingAuthenticationTokenException");
        Error { aws_type, ..Error::new(StatusCode::UNAUTHORIZED, "unauthorized", message) }.hint(
            "sign the request by AWS Signature Version 4, or send the token as `Authorization: Bearer` or as the password \
             of a sign-in",
        )
    }

    /// The body is larger than is read.
    pub(super) fn too_large() -> Error {
        let message = format!("the body is larger than {} bytes", super::BODY_BYTES_MAX);
        Error::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
            .hint("send fewer rows at a time, or score files by `plumb score`")
    }

    /// The body did not come in time.
    pub(super) fn too_slow(time_max: Duration) -> Error {
        Error::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "the body did not come in time")
            .hint(format!("send the whole body within {} seconds", time_max.as_secs()))
    }

    /// The body is packed.
    pub(super) fn content_encoding(found: &str) -> Error {
        let message = format!("content encoding `{found}` is not read here");
        Error::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_encoding", message).hint("send the body as it is")
    }

    /// There is more to do than the server may take on.
    pub(super) fn busy(message: &str) -> Error {
        Error::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).hint("try again in a second")
    }

    /// Something that callers know from elsewhere is not to be had here.
    pub(super) fn not_here(what: &str, instead: &str) -> Error {
        Error::request(format!("{what} are not to be had from this server")).hint(instead)
    }

    /// There is nothing at a path.
    pub(super) fn nowhere(path: &str) -> Error {
        Error::new(StatusCode::NOT_FOUND, "unknown_path", format!("there is nothing at `{path}`")).hint(
            "POST /v1/score, /v1/feedback, /endpoints/{target}/invocations; \
             GET /v1/leads, /v1/models, /v1/watch, /v1/health, /v1/openapi.json; pages at /",
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

    /// Returns the answer as callers of a path read it: for what stands before the handlers.
    pub(super) fn into_response_at(self, path: &str) -> Response {
        match path {
            "/invocations" => self.into_text_response(),
            path if path == "/v2" || path.starts_with("/v2/") => self.into_v2_response(),
            path if path.starts_with("/endpoints/") => self.into_endpoint_response(),
            _ => self.into_response(),
        }
    }

    /// Returns the answer of an endpoint, as the AWS SDKs read it: the type in a header, the message under `Message`.
    pub(super) fn into_endpoint_response(self) -> Response {
        self.log();
        let (status, kind) = match (self.status, self.aws_type) {
            // AWS answers 403 where the web has 401.
            (StatusCode::UNAUTHORIZED, Some(kind)) => (StatusCode::FORBIDDEN, kind),
            (status, Some(kind)) => (status, kind),
            (status @ (StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT), None) => {
                (status, "ValidationError")
            }
            (StatusCode::SERVICE_UNAVAILABLE, None) => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
            (status, None) if status.is_client_error() => (StatusCode::BAD_REQUEST, "ValidationError"),
            (status, None) => (status, "InternalFailure"),
        };
        self.aws_response(status, kind, Map::new())
    }

    /// Returns the answer of the model behind an endpoint. A mistake of the caller's is a `ModelError`, which no SDK
    /// tries again.
    pub(super) fn into_model_response(self) -> Response {
        if !self.status.is_client_error() {
            return self.into_endpoint_response();
        }
        let original = self.sentence();
        let more = Map::from_iter([
            ("OriginalStatusCode".to_owned(), Value::from(self.status.as_u16())),
            ("OriginalMessage".to_owned(), Value::from(cut(original))),
            ("LogStreamArn".to_owned(), Value::from("")),
        ]);
        self.log();
        self.aws_response(StatusCode::FAILED_DEPENDENCY, "ModelError", more)
    }

    /// Returns the answer as MLflow's scoring server writes it.
    pub(super) fn into_mlflow_response(self) -> Response {
        self.log();
        let code = if self.status.is_client_error() { "BAD_REQUEST" } else { "INTERNAL_ERROR" };
        let body = json!({ "error_code": code, "message": self.sentence() });
        (self.status, self.more_headers(), Json(body)).into_response()
    }

    /// Returns the answer as the Open Inference Protocol has it.
    pub(super) fn into_v2_response(self) -> Response {
        self.log();
        (self.status, self.more_headers(), Json(json!({ "error": self.sentence() }))).into_response()
    }

    /// Returns the answer of a container: the message as text.
    pub(super) fn into_text_response(self) -> Response {
        self.log();
        (self.status, self.more_headers(), self.sentence()).into_response()
    }

    /// Returns what goes with a status: when to try again, and how to sign in.
    fn more_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Plumbline\", charset=\"UTF-8\""));
        }
        headers
    }

    fn aws_response(&self, status: StatusCode, kind: &'static str, more: Map<String, Value>) -> Response {
        let mut body = self.body();
        body["Message"] = match kind {
            "ModelError" => {
                let original = self.status.as_u16();
                let said = self.sentence();
                Value::from(cut(format!("Received client error ({original}) from primary with message \"{said}\"")))
            }
            _ => Value::from(cut(self.sentence())),
        };
        if let Some(body) = body.as_object_mut() {
            body.extend(more);
        }
        let header = (HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_static(kind));
        (status, self.more_headers(), [header], Json(body)).into_response()
    }

    /// Returns what went wrong and what can be done, in one line.
    fn sentence(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{}; {hint}", self.message),
            None => self.message.clone(),
        }
    }
}

/// Cuts a message to the length that the service's model allows.
fn cut(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARS_MAX) {
        message.truncate(end);
    }
    message
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.log();
        (self.status, self.more_headers(), Json(self.body())).into_response()
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
pub(super) async fn wrong_method(method: Method, uri: Uri) -> Response {
    let message = format!("`{}` does not answer to {method}", uri.path());
    let other = if method == Method::POST { "GET" } else { "POST" };
    let error = Error::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message).hint(format!("try {other}"));
    error.into_response_at(uri.path())
}
