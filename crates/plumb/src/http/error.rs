//! Why a request fails: a status, a code, a message, and perhaps a field and a hint. There is a constructor for each mistake
//! of a caller. A failure of the server is logged here, once, with its chain; the response says no more than that.
//!
//! A handler returns an [`Error`], and the layer of its protocol's router (`middleware::protocol`) writes it in the format of
//! that protocol.

use std::fmt;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::{BytesRejection, FormRejection, PathRejection, QueryRejection};
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::{scoring, serving};

/// What a caller can do whose request asks for too much.
const FEWER: &str = "send fewer rows at a time, or score files by `plumb score FILE`";

/// The longest message and the longest name of a field, in bytes. Both may repeat what the caller sent.
const TEXT_BYTES_MAX: usize = 2_000;

/// Why a request fails.
#[derive(Clone, Debug)]
pub struct Error {
    pub(super) status: StatusCode,
    /// One word for programs.
    code: &'static str,
    pub(super) message: String,
    pub(super) field: Option<String>,
    pub(super) hint: Option<String>,
    /// The exception of the AWS SDKs, where the status alone does not determine it.
    pub(super) aws_type: Option<&'static str>,
    /// After so many seconds a retry is worth it, where the status alone does not determine it.
    retry_after_s: Option<NonZeroU16>,
    source: Option<Arc<anyhow::Error>>,
}

impl Error {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Error {
        Error {
            status,
            code,
            message: shortened(message.into()),
            field: None,
            hint: None,
            aws_type: None,
            retry_after_s: None,
            source: None,
        }
    }

    /// The request as a whole cannot be understood.
    pub(super) fn request(message: impl Into<String>) -> Error {
        Error::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// A field of the request is wrong; `field` is its path, as `lead.created_at`.
    pub(super) fn field(field: impl Into<String>, problem: &str) -> Error {
        let field = shortened(field.into());
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

    /// The caller accepts no media type that is written here.
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

    /// A target has no champion. Not a 503, which SDKs would retry at once.
    pub(super) fn no_champion(target: &str) -> Error {
        Error::new(StatusCode::CONFLICT, "no_champion", format!("no model answers for target `{target}` yet"))
            .hint("run `plumb train`, then `plumb promote`")
    }

    /// No variant of a target serves such a model.
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

    /// There is no such alert.
    pub(super) fn unknown_alert(alert_id: &str) -> Error {
        Error::new(StatusCode::NOT_FOUND, "unknown_alert", format!("there is no alert `{alert_id}`"))
            .at("alert_id")
            .hint("expected the `id` of an alert of `GET /v1/watch`")
    }

    /// The server runs without the lead data that the request needs.
    pub(super) fn no_leads() -> Error {
        Error::new(StatusCode::CONFLICT, "no_leads", "this server runs without lead data")
            .hint("serve a project folder that `plumb ingest` has run in, or send `features`")
    }

    /// A page of another site made the browser send this request.
    pub(super) fn cross_site(from: &str) -> Error {
        Error::new(StatusCode::FORBIDDEN, "cross_site", format!("a post from `{from}` is refused"))
            .hint("post from a page of this server, or from a program that sends no Origin header")
    }

    /// The request is addressed to a name that is not this machine's, where callers need no credentials.
    pub(super) fn wrong_host(name: &str) -> Error {
        let message = format!("this server does not answer for host `{name}`");
        Error { field: Some("host".to_owned()), ..Error::new(StatusCode::MISDIRECTED_REQUEST, "wrong_host", message) }
            .hint(
                "call it by `localhost` or a loopback address, name the host by `plumb serve --allow-host`, or have callers \
                 prove who they are",
            )
    }

    /// Too many wrong credentials came from an address, and none is looked at for a while.
    pub(super) fn too_many_failures(pause: Duration) -> Error {
        Error::too_often("too_many_failures", "too many wrong credentials came from your address", pause)
    }

    /// A caller sends more requests than it may.
    pub(super) fn too_many_requests(whose: &str, pause: Duration) -> Error {
        Error::too_often("too_many_requests", &format!("too many requests came from your {whose}"), pause)
    }

    fn too_often(code: &'static str, message: &str, pause: Duration) -> Error {
        // Up to a whole second: a retry that comes too early is one more.
        let whole = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
        let seconds = NonZeroU16::new(u16::try_from(whole).unwrap_or(u16::MAX)).unwrap_or(NonZeroU16::MIN);
        let error = Error::new(StatusCode::TOO_MANY_REQUESTS, code, message);
        Error { aws_type: Some("ThrottlingException"), retry_after_s: Some(seconds), ..error }
            .hint(format!("try again in {seconds} s"))
    }

    /// The server answers, and cannot record answers now.
    pub(super) fn not_ready(why: &str) -> Error {
        Error::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", format!("the server is not ready: {why}"))
            .hint("make room on the disk of the data folder; it is ready again by itself")
    }

    /// The signature is missing or wrong. `aws_type` is the exception of the AWS SDKs.
    pub(super) fn signature(aws_type: &'static str, message: impl Into<String>) -> Error {
        Error { aws_type: Some(aws_type), ..Error::new(StatusCode::FORBIDDEN, "signature", message) }
    }

    /// The request carries no credentials, or wrong ones.
    pub(super) fn unauthorized(message: &str) -> Error {
        let aws_type = Some("MissingAuthenticationTokenException");
        Error { aws_type, ..Error::new(StatusCode::UNAUTHORIZED, "unauthorized", message) }.hint(
            "sign the request by AWS Signature Version 4, or send the token as `Authorization: Bearer` or as the password \
             of a sign-in",
        )
    }

    /// The body is larger than the limit.
    pub(super) fn too_large(bytes_max: usize) -> Error {
        let message = format!("the body is larger than {bytes_max} bytes");
        Error::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message).hint(FEWER)
    }

    /// The request asks for more rows, or the like, than one may; `what` is such as `rows`.
    pub(super) fn too_many(what: &str, count_max: usize) -> Error {
        let message = format!("the request has more than {count_max} {what}");
        Error::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many", message).hint(FEWER)
    }

    /// The request could never have the memory that it needs.
    pub(super) fn too_costly(what: &str, needed: usize, bytes_max: usize) -> Error {
        let (needed, most) = (needed.div_ceil(1 << 20), bytes_max >> 20);
        let message = format!("{what} may need {needed} MiB of memory: a request may have {most} MiB here");
        Error::new(StatusCode::PAYLOAD_TOO_LARGE, "too_costly", message).hint(FEWER)
    }

    /// The answer would be larger than the limit.
    pub(super) fn answer_too_large(bytes_max: usize) -> Error {
        let message = format!("the answer would be larger than {bytes_max} bytes");
        Error::new(StatusCode::PAYLOAD_TOO_LARGE, "answer_too_large", message).hint(FEWER)
    }

    /// The predictions of the request would take more of the disk than the limit.
    pub(super) fn record_too_large(rows: usize, bytes_max: usize) -> Error {
        let message =
            format!("the predictions of {rows} rows are more to record than the {} MiB of a request", bytes_max >> 20);
        Error::new(StatusCode::PAYLOAD_TOO_LARGE, "record_too_large", message).hint(FEWER)
    }

    /// The server has no memory for the request now.
    pub(super) fn no_room() -> Error {
        Error::busy("the memory for requests is taken")
    }

    /// The body did not come in time.
    pub(super) fn too_slow(time_max: Duration) -> Error {
        Error::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "the body did not come in time")
            .hint(format!("send the whole body within {} seconds", time_max.as_secs()))
    }

    /// The body is compressed.
    pub(super) fn content_encoding(found: &str) -> Error {
        let message = format!("content encoding `{found}` is not read here");
        Error::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_encoding", message).hint("send the body as it is")
    }

    /// The server is at its limit.
    pub(super) fn busy(message: &str) -> Error {
        Error::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).hint("try again in a second")
    }

    /// So many posted rows wait for an ingestion that no more are taken.
    pub(super) fn posted_full(waiting: usize) -> Error {
        Error::busy(&format!("{waiting} posted rows wait for an ingestion, and there is no memory for more of them"))
            .hint("run `plumb ingest`, and send this again; nothing of it is stored")
    }

    /// A webhook is not configured.
    pub(super) fn no_webhook(name: &str) -> Error {
        Error::new(StatusCode::NOT_FOUND, "no_webhook", format!("this server takes no webhooks of `{name}`")).hint(
            format!("add `[webhook.{name}]` with `secret = \"${{NAME}}\"` to plumb.toml, export that variable, and start the server again"),
        )
    }

    /// The signature of a webhook is missing or wrong.
    pub(super) fn webhook_signature(message: &str, hint: &str) -> Error {
        Error::new(StatusCode::UNAUTHORIZED, "webhook_signature", message).hint(hint)
    }

    /// A feature of SageMaker is not supported.
    pub(super) fn unsupported(what: &str, instead: &str) -> Error {
        Error::request(format!("{what} are not supported by this server")).hint(instead)
    }

    /// A known path does not take the method.
    pub(super) fn wrong_method(method: &Method, path: &str) -> Error {
        let other = if method == Method::POST { "GET" } else { "POST" };
        let message = format!("`{path}` does not take {method}");
        Error::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message).hint(format!("try {other}"))
    }

    /// There is nothing at a path.
    pub(super) fn unknown_path(path: &str) -> Error {
        Error::new(StatusCode::NOT_FOUND, "unknown_path", format!("there is nothing at `{path}`")).hint(
            "POST /v1/score, /v1/events, /v1/leads, /v1/feedback, /endpoints/{target}/invocations; \
             GET /v1/leads, /v1/models, /v1/watch, /v1/runs, /v1/health, /v1/openapi.json; pages at /",
        )
    }

    /// Returns the error with the field that it is about.
    fn at(mut self, field: &str) -> Error {
        self.field = Some(field.to_owned());
        self
    }

    /// Returns the error with what the caller can do about it.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    /// Logs a failure of the server. Called once, where the error becomes a response.
    pub(super) fn logged(self) -> Error {
        if let Some(source) = &self.source {
            tracing::error!("a request failed: {source:#}");
        }
        self
    }

    /// Returns the error as our own API writes it: `{"error": {"code", "message", "field"?, "hint"?}}`.
    pub(super) fn body(&self) -> Value {
        let mut error = Map::from_iter([
            ("code".to_owned(), Value::from(self.code)),
            ("message".to_owned(), Value::from(self.message.as_str())),
        ]);
        error.extend(self.field.as_deref().map(|field| ("field".to_owned(), Value::from(field))));
        error.extend(self.hint.as_deref().map(|hint| ("hint".to_owned(), Value::from(hint))));
        json!({ "error": error })
    }

    /// Returns the response of our own API.
    pub(super) fn json_response(self) -> Response {
        (self.status, self.headers(), Json(self.body())).into_response()
    }

    /// Returns the headers of a status: when to retry, and how to sign in.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let otherwise = (self.status == StatusCode::SERVICE_UNAVAILABLE).then_some(NonZeroU16::MIN);
        if let Some(seconds) = self.retry_after_s.or(otherwise) {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.get()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Plumbline\", charset=\"UTF-8\""));
        }
        headers
    }

    /// Returns the message and the hint in one line.
    pub(super) fn sentence(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{}; {hint}", self.message),
            None => self.message.clone(),
        }
    }
}

/// Returns a text, cut off where it is too long to be read.
fn shortened(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

/// The response carries the error as an extension, for the layer of the protocol's router to write.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.extensions_mut().insert(self.logged());
        response
    }
}

impl From<anyhow::Error> for Error {
    fn from(source: anyhow::Error) -> Error {
        let message = "the server failed; its log has the reason";
        Error { source: Some(Arc::new(source)), ..Error::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message) }
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

impl From<serving::Error> for Error {
    fn from(error: serving::Error) -> Error {
        match error {
            serving::Error::UnknownTarget { target, targets } => Error::unknown_target(&target, &targets),
            serving::Error::NoChampion { target } => Error::no_champion(&target),
            serving::Error::NoLeadData => Error::no_leads(),
            serving::Error::PostedFull { waiting } => Error::posted_full(waiting),
            serving::Error::Scoring(error) => error.into(),
            serving::Error::Internal(source) => source.into(),
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

impl From<FormRejection> for Error {
    fn from(rejection: FormRejection) -> Error {
        Error::request(rejection.body_text())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence())
    }
}

impl std::error::Error for Error {}
