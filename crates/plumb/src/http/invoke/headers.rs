//! The headers of an InvokeEndpoint call, each held against what the service's own model says of it.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::condition::Condition;
use crate::http::error::Error;
use crate::http::variants::{Chosen, Variants};

pub(super) const CUSTOM_ATTRIBUTES: HeaderName = HeaderName::from_static("x-amzn-sagemaker-custom-attributes");
const TARGET_MODEL: HeaderName = HeaderName::from_static("x-amzn-sagemaker-target-model");
const TARGET_VARIANT: HeaderName = HeaderName::from_static("x-amzn-sagemaker-target-variant");
const INFERENCE_ID: HeaderName = HeaderName::from_static("x-amzn-sagemaker-inference-id");
const EXPLAIN: HeaderName = HeaderName::from_static("x-amzn-sagemaker-enable-explanations");

/// What belongs to kinds of endpoints that this server has none of. To ignore them would be to answer another question
/// than the one that was asked.
const NOT_HERE: [(HeaderName, &str); 3] = [
    (HeaderName::from_static("x-amzn-sagemaker-target-container-hostname"), "multi-container endpoints"),
    (HeaderName::from_static("x-amzn-sagemaker-inference-component"), "inference components"),
    (HeaderName::from_static("x-amzn-sagemaker-session-id"), "sessions"),
];

/// What the headers ask for.
#[derive(Debug)]
pub(super) struct Call {
    /// Opaque to us, and sent back.
    pub(super) custom_attributes: Option<HeaderValue>,
    /// The model that has to answer.
    pub(super) target_model: Option<String>,
    /// The variant that has to answer.
    pub(super) target_variant: Option<String>,
    /// The caller's own name for this inference.
    pub(super) inference_id: Option<String>,
    /// Which records are to be explained.
    pub(super) explain: Option<Condition>,
}

impl Call {
    /// Reads the headers.
    pub(super) fn read(headers: &HeaderMap) -> Result<Call, Error> {
        for (name, of) in NOT_HERE {
            if headers.contains_key(&name) {
                return Err(Error::header(&name, &format!("is for {of}, and this endpoint is none"))
                    .hint("send the call without it"));
            }
        }
        let custom_attributes = printable(headers, &CUSTOM_ATTRIBUTES, 1024)?;
        let explain = match printable(headers, &EXPLAIN, 64)? {
            Some(text) => Some(Condition::parse(&text).map_err(|problem| Error::header(&EXPLAIN, &problem))?),
            None => None,
        };
        Ok(Call {
            custom_attributes: custom_attributes.and_then(|text| HeaderValue::from_str(&text).ok()),
            target_model: printable(headers, &TARGET_MODEL, 1024)?,
            target_variant: name(headers, &TARGET_VARIANT)?,
            inference_id: printable(headers, &INFERENCE_ID, 64)?,
            explain,
        })
    }

    /// Returns the variant that has to answer: the one that is named, or has the model that is named, or one by weight.
    pub(super) fn choose(&self, target: &str, variants: Arc<Variants>) -> Result<Chosen, Error> {
        let answering = match (&self.target_variant, &self.target_model) {
            (Some(name), _) => variants.named(name).ok_or_else(|| {
                Error::header(&TARGET_VARIANT, &format!("is `{name}`: expected `{}`", variants.names()))
            })?,
            (None, Some(model)) => variants.with_model(model).ok_or_else(|| {
                Error::header(&TARGET_MODEL, &format!("is `{model}`, which no variant of `{target}` answers with"))
                    .hint("add it by `plumb variants set`")
            })?,
            (None, None) => return variants.choose().ok_or_else(|| Error::no_champion(target)),
        };
        if let Some(model) = self.target_model.as_ref().filter(|model| **model != answering.scorer.model_id) {
            let problem =
                format!("is `{model}`: variant `{}` answers with `{}`", answering.name, answering.scorer.model_id);
            return Err(Error::header(&TARGET_MODEL, &problem));
        }
        let answering = answering.clone();
        Ok(Chosen::of(answering, variants))
    }
}

/// Returns a header's text. It has to be visible ASCII and blanks, and not to begin with a blank, which keeps line breaks
/// out of our logs and answers.
fn printable(headers: &HeaderMap, header: &HeaderName, chars_max: usize) -> Result<Option<String>, Error> {
    let Some(value) = headers.get(header) else { return Ok(None) };
    let text = value.to_str().map_err(|_| Error::header(header, "has other characters than visible ASCII"))?;
    if text.is_empty() || text.len() > chars_max || text.starts_with([' ', '\t']) {
        let problem = format!("has {} characters: expected 1 to {chars_max}, the first no blank", text.len());
        return Err(Error::header(header, &problem));
    }
    Ok(Some(text.to_owned()))
}

/// Returns a header that holds a name: letters, digits, and hyphens between them. Empty is as good as absent.
fn name(headers: &HeaderMap, header: &HeaderName) -> Result<Option<String>, Error> {
    let Some(value) = headers.get(header).filter(|value| !value.is_empty()) else { return Ok(None) };
    let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
    let inner = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let right = text.len() <= 63 && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-');
    if !right {
        let problem = "is no name: expected at most 63 letters and digits, with hyphens only between them";
        return Err(Error::header(header, problem));
    }
    Ok(Some(text))
}
