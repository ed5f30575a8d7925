//! The headers of an InvokeEndpoint call, each checked against the service's API model.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::condition::Condition;
use crate::http::error::Error;
use crate::serving::{self, RoutedVariant, Variants};

pub(super) const CUSTOM_ATTRIBUTES: HeaderName = HeaderName::from_static("x-amzn-sagemaker-custom-attributes");
const TARGET_MODEL: HeaderName = HeaderName::from_static("x-amzn-sagemaker-target-model");
const TARGET_VARIANT: HeaderName = HeaderName::from_static("x-amzn-sagemaker-target-variant");
const INFERENCE_ID: HeaderName = HeaderName::from_static("x-amzn-sagemaker-inference-id");
const EXPLAIN: HeaderName = HeaderName::from_static("x-amzn-sagemaker-enable-explanations");

/// Headers for kinds of endpoints that this server has none of. To ignore them would change the meaning of the call.
const UNSUPPORTED: [(HeaderName, &str); 3] = [
    (HeaderName::from_static("x-amzn-sagemaker-target-container-hostname"), "multi-container endpoints"),
    (HeaderName::from_static("x-amzn-sagemaker-inference-component"), "inference components"),
    (HeaderName::from_static("x-amzn-sagemaker-session-id"), "sessions"),
];

/// What the headers of a call ask for.
#[derive(Debug)]
pub(super) struct CallHeaders {
    /// Opaque to the server, and sent back.
    pub(super) custom_attributes: Option<HeaderValue>,
    /// The model that has to score.
    pub(super) target_model: Option<String>,
    /// The variant that has to score.
    pub(super) target_variant: Option<String>,
    /// The caller's own id of this inference.
    pub(super) inference_id: Option<String>,
    /// Which records to explain.
    pub(super) explain: Option<Condition>,
}

impl CallHeaders {
    /// Reads the headers.
    pub(super) fn read(headers: &HeaderMap) -> Result<CallHeaders, Error> {
        for (name, of) in UNSUPPORTED {
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
        Ok(CallHeaders {
            custom_attributes: custom_attributes.and_then(|text| HeaderValue::from_str(&text).ok()),
            target_model: printable(headers, &TARGET_MODEL, 1024)?,
            target_variant: name(headers, &TARGET_VARIANT)?,
            inference_id: printable(headers, &INFERENCE_ID, 64)?,
            explain,
        })
    }

    /// Routes the call: to the named variant, or the one with the named model, or one by weight.
    pub(super) fn route(&self, target: &str, variants: Arc<Variants>) -> Result<RoutedVariant, Error> {
        let variant = match (&self.target_variant, &self.target_model) {
            (Some(name), _) => variants.by_name(name).ok_or_else(|| {
                Error::header(&TARGET_VARIANT, &format!("is `{name}`: expected `{}`", variants.names()))
            })?,
            (None, Some(model)) => variants.by_model(model).ok_or_else(|| {
                Error::header(&TARGET_MODEL, &format!("is `{model}`, which no variant of `{target}` answers with"))
                    .hint("add it by `plumb variants set`")
            })?,
            (None, None) => {
                let no_champion = || serving::Error::NoChampion { target: target.to_owned() };
                return Ok(variants.route().ok_or_else(no_champion)?);
            }
        };
        if let Some(model) = self.target_model.as_ref().filter(|model| **model != variant.scorer.model_id) {
            let problem =
                format!("is `{model}`: variant `{}` answers with `{}`", variant.name, variant.scorer.model_id);
            return Err(Error::header(&TARGET_MODEL, &problem));
        }
        let variant = variant.clone();
        Ok(RoutedVariant::new(variant, variants))
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
