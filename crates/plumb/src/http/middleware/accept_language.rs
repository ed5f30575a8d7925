//! `Accept-Language` and `Content-Language`.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use plumb_lead::Language;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Type};
use utoipa::{IntoParams, openapi::Required};

use crate::serving::PreferredLanguages;

/// The languages that the caller prefers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::http) struct AcceptLanguage(pub(in crate::http) PreferredLanguages);

impl AcceptLanguage {
    /// Reads the header.
    pub(in crate::http) fn of(headers: &HeaderMap) -> AcceptLanguage {
        let values = headers.get_all(ACCEPT_LANGUAGE).iter();
        let texts: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        AcceptLanguage(PreferredLanguages::parse(texts.iter().map(|text| &**text)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AcceptLanguage {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<AcceptLanguage, Infallible> {
        Ok(AcceptLanguage::of(&parts.headers))
    }
}

impl IntoParams for AcceptLanguage {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The preferred languages of the reasons, as `de, en;q=0.5`: the best that the model has is used, else its own.";
        let parameter = ParameterBuilder::new()
            .name(ACCEPT_LANGUAGE_NAME)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(description))
            .schema(Some(Object::with_type(Type::String)));
        vec![parameter.build()]
    }
}

/// The header's name as it is usually written.
const ACCEPT_LANGUAGE_NAME: &str = "Accept-Language";

/// Returns the headers that name the languages of a response: none if they are not known.
pub(in crate::http) fn content_language(languages: impl IntoIterator<Item = Language>) -> HeaderMap {
    let mut tags: Vec<&str> = Vec::new();
    for language in languages {
        if !tags.contains(&language.tag()) {
            tags.push(language.tag());
        }
    }
    let mut headers = HeaderMap::new();
    if let Ok(tags) = HeaderValue::from_str(&tags.join(", "))
        && !tags.is_empty()
    {
        headers.insert(CONTENT_LANGUAGE, tags);
        headers.insert(VARY, HeaderValue::from_static("accept-language"));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_of_unknown_languages_has_no_headers_of_them() {
        assert!(content_language([]).is_empty());
        let both = content_language([Language::De, Language::En, Language::De]);
        assert_eq!(both[CONTENT_LANGUAGE], "de, en");
    }
}
