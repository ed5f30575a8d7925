//! `POST /endpoints/{target}/invocations`, as callers of SageMaker's InvokeEndpoint send it, and `/ping`,
//! `/execution-parameters` and `/invocations` as a SageMaker container has them (`container`).
//!
//! A call goes through two doors, as it does there. At the endpoint (`headers`) a mistake is a `ValidationError`. Behind it
//! is the model: what it cannot read (`rows`), write (`form`) or score is a `ModelError` with the status that the
//! model gave. Both are answered in the shape that the AWS SDKs parse.

mod headers;
mod rows;
mod libsvm;
mod recordio;
mod coded;
mod form;
mod style;
mod answer;
mod clarify;
mod condition;
pub(super) mod container;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Extension, Path, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use chrono::Utc;
use uuid::Uuid;

use super::App;
use super::error::Error;
use super::language::{self, Liked};
use super::request::RequestId;
use super::subject;
use super::variants::Chosen;
use crate::journal::{Capture, Payload};
use crate::scoring::{Explained, REASONS_MAX};
pub(super) use answer::of_type;
use condition::Condition;
use form::Form;
use headers::Call;
pub(super) use rows::WORDS;
#[cfg(test)]
pub(super) use rows::read;
pub(crate) use style::Style;

const INVOKED_VARIANT: HeaderName = HeaderName::from_static("x-amzn-invoked-production-variant");

/// Which door a call did not come through.
enum Failure {
    /// There is no such endpoint, or a header is wrong.
    Endpoint(Error),
    /// The model cannot make anything of the body.
    Model(Error),
}

/// One call, after the endpoint's door.
struct Invocation<'a> {
    chosen: &'a Chosen,
    headers: &'a HeaderMap,
    body: &'a [u8],
    explain: Option<&'a Condition>,
    inference_id: Option<String>,
    request_id: Uuid,
}

pub(super) async fn post(
    State(app): State<Arc<App>>,
    target: Result<Path<String>, PathRejection>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    // The rejections are taken as values, so that they too are answered in the form that SDKs read.
    match invoke(&app, target, request_id, &headers, body).await {
        Ok(response) => response,
        Err(Failure::Endpoint(error)) => error.into_endpoint_response(),
        Err(Failure::Model(error)) => error.into_model_response(),
    }
}

/// Refuses what InvokeEndpointAsync sends.
pub(super) async fn refuse_async() -> Response {
    Error::not_here(
        "asynchronous invocations",
        "call InvokeEndpoint, which answers at once; score files by `plumb score`",
    )
    .into_endpoint_response()
}

/// Refuses what InvokeEndpointWithResponseStream sends.
pub(super) async fn refuse_stream() -> Response {
    Error::not_here("streamed answers", "call InvokeEndpoint, which answers all rows at once").into_endpoint_response()
}

async fn invoke(
    app: &Arc<App>,
    target: Result<Path<String>, PathRejection>,
    request_id: Uuid,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let endpoint = async {
        let (Path(target), body) = (target?, body?);
        let call = Call::read(headers)?;
        tracing::debug!(inference_id = call.inference_id, "invoked");
        let variants = app.variants(&target).await?;
        // Who captures calls tells their ids, so a label may speak of those too.
        let event_id = call.inference_id.clone().or_else(|| app.capture.then(|| request_id.to_string()));
        let chosen = call.choose(&target, variants)?.named(event_id);
        Ok((call, chosen, body))
    };
    let (call, chosen, body) = endpoint.await.map_err(Failure::Endpoint)?;
    let Call { custom_attributes, inference_id, explain, .. } = call;
    let invocation =
        Invocation { chosen: &chosen, headers, body: &body, explain: explain.as_ref(), inference_id, request_id };
    let mut response = evaluate(app, invocation).await.map_err(Failure::Model)?;
    let answered = response.headers_mut();
    answered.extend(HeaderValue::from_str(&chosen.answering.name).ok().map(|name| (INVOKED_VARIANT, name)));
    answered.extend(custom_attributes.map(|value| (headers::CUSTOM_ATTRIBUTES, value)));
    Ok(response)
}

/// What the model itself does with a body: read it, score it, write the answer, and keep both before it is given.
async fn evaluate(app: &Arc<App>, invocation: Invocation<'_>) -> Result<Response, Error> {
    let Invocation { chosen, headers, body, explain, .. } = invocation;
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::empty_body());
    }
    let model = &chosen.answering.scorer.artifact.model;
    let (features, threshold) = (&model.features, model.threshold.score);
    let as_of = app.now();
    let content_type = text(headers, CONTENT_TYPE);
    let (asked, form) = rows::read(content_type.as_deref(), body, chosen, as_of)?;
    let form = Form::negotiate(text(headers, ACCEPT).as_deref(), app.style.form(form))?;
    let explained = match (explain, form) {
        (Some(_), _) => Explained::Contributions,
        (None, Form::Plumb) => Explained::Reasons(REASONS_MAX),
        (None, Form::Csv | Form::Json | Form::JsonLines | Form::RecordIo) => Explained::Not,
    };
    let scored = subject::score(app, chosen, asked, as_of, explained).await?;
    let (scorer, liked) = (&chosen.answering.scorer, Liked::of(headers));
    let has_words = matches!(explained, Explained::Reasons(_));
    let (media_type, answer) = match explain {
        None if has_words => {
            (form.media_type(), answer::full(&language::tell(&scored, scorer, &liked).await?, &scored.unseen)?)
        }
        None => (form.media_type(), answer::bytes(form, &app.style, threshold, &scored.predictions)),
        Some(condition) => ("application/json", clarify::text(form, &scored, features, condition).into_bytes()),
    };
    let capture = app.capture.then(|| Capture {
        endpoint: chosen.answering.scorer.artifact.target.clone(),
        event_id: invocation.request_id.to_string(),
        inference_id: invocation.inference_id,
        at: Utc::now(),
        input: Payload::new(&content_type.unwrap_or_default(), body),
        output: Payload::new(media_type, &answer),
    });
    subject::keep(app, chosen, &scored, capture.as_ref()).await?;
    let mut response = of_type(media_type, answer);
    if has_words {
        response.headers_mut().extend(language::headers(liked.choose(features)));
    }
    Ok(response)
}

/// Returns a header's text; bytes that are none are shown as such, so that they fit no known value.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use plumb_lead::{Feature, FeatureKind, FeatureMessages};

    use super::subject::Subject;

    /// A number and a category of two words.
    pub(super) fn features() -> Vec<Feature> {
        let feature = |name: &str, kind| Feature { name: name.into(), kind, wording: FeatureMessages::default() };
        let levels = ["email", "referral"].map(str::to_owned).to_vec();
        vec![feature("age", FeatureKind::Number), feature("channel", FeatureKind::Category { levels })]
    }

    /// Shows the values of rows that are not missing, as `age=30 channel=email`, with `|` between rows.
    pub(super) fn values_of(subjects: &[Subject]) -> String {
        use plumb_lead::FieldValue::{Flag, Missing, Number, Text};
        let row = |subject: &Subject| {
            let Subject::Features { features, .. } = subject else { panic!("these rows are features") };
            let shown = features.iter().filter_map(|(name, value)| match value {
                Missing => None,
                Number(number) => Some(format!("{name}={number}")),
                Flag(flag) => Some(format!("{name}={flag}")),
                Text(text) => Some(format!("{name}={text}")),
            });
            shown.collect::<Vec<_>>().join(" ")
        };
        subjects.iter().map(row).collect::<Vec<_>>().join("|")
    }
}
