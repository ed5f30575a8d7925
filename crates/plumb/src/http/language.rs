//! The language of an answer: `Accept-Language` against what a model speaks, and `Content-Language`.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;

use anyhow::Context;
use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use plumb_lead::{FeatureSet, Language, Prediction};
use tokio::task::spawn_blocking;

use super::error::Error;
use super::subject::Scored;
use crate::scoring::{REASONS_MAX, Scorer, row_of};

/// Rows that are told of in another language where the request is: some 10 µs each.
const TOLD_AT_ONCE: usize = 32;

/// The languages that a caller asks for, as tags in lower case, the one liked best first. None: whatever there is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Liked(Vec<String>);

impl Liked {
    /// Reads `Accept-Language`. What cannot be read asks for nothing: no caller is refused for it.
    pub(super) fn of(headers: &HeaderMap) -> Liked {
        let mut ranges: Vec<(f32, String)> = Vec::new();
        for header in headers.get_all(ACCEPT_LANGUAGE) {
            let text = String::from_utf8_lossy(header.as_bytes());
            for range in text.split(',') {
                let mut parts = range.split(';');
                let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
                let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.trim().parse::<f32>().ok());
                let weight = weight.unwrap_or(1.0);
                if !tag.is_empty() && weight > 0.0 {
                    ranges.push((weight, tag));
                }
            }
        }
        // Of the same weight, the one that is named first.
        ranges.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        Liked(ranges.into_iter().map(|(_, tag)| tag).collect())
    }

    /// Returns whether any language is as good as another.
    pub(super) fn is_any(&self) -> bool {
        self.0.first().is_none_or(|tag| tag == "*")
    }

    /// Returns the language that people are told of features in: the best liked that the model speaks, as RFC 4647 looks
    /// it up (`de-AT` is content with `de`), else the model's own. `None` if nobody said which languages it speaks.
    pub(super) fn choose(&self, features: &FeatureSet) -> Option<Language> {
        let own = features.languages.first().copied();
        let spoken = |tag: &str| {
            // A tag of ours has no parts, so that all but the first may be cut off.
            let primary = tag.split('-').next().unwrap_or_default();
            features.languages.iter().copied().find(|language| language.tag() == primary)
        };
        let chosen = self.0.iter().find_map(|tag| if tag == "*" { own } else { spoken(tag) });
        chosen.or(own)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Liked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Liked, Infallible> {
        Ok(Liked::of(&parts.headers))
    }
}

/// Returns what was scored with its reasons in the language that is liked. What is kept of it stays in the model's own.
pub(super) async fn tell<'a>(
    scored: &'a Scored,
    scorer: &Arc<Scorer>,
    liked: &Liked,
) -> Result<Cow<'a, [Prediction]>, Error> {
    let features = &scorer.artifact.model.features;
    let language = liked.choose(features).unwrap_or_else(|| features.language());
    if language == features.language() {
        return Ok(Cow::Borrowed(&scored.predictions));
    }
    let mut predictions = scored.predictions.clone();
    if predictions.len() <= TOLD_AT_ONCE {
        tell_all(&mut predictions, &scored.contributions, scorer, language);
        return Ok(Cow::Owned(predictions));
    }
    // Many rows keep a processor busy for longer than an async thread may be.
    let (contributions, scorer) = (scored.contributions.clone(), scorer.clone());
    let telling = spawn_blocking(move || {
        tell_all(&mut predictions, &contributions, &scorer, language);
        predictions
    });
    Ok(Cow::Owned(telling.await.context("the telling of reasons broke off")?))
}

fn tell_all(predictions: &mut [Prediction], contributions: &[Vec<f64>], scorer: &Scorer, language: Language) {
    for (prediction, contributions) in predictions.iter_mut().zip(contributions) {
        prediction.reasons = scorer.tell(&row_of(&prediction.provenance.inputs), contributions, REASONS_MAX, language);
    }
}

/// Returns the headers that name the languages of an answer: none if nobody said which it is.
pub(super) fn headers(languages: impl IntoIterator<Item = Language>) -> HeaderMap {
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

    #[track_caller]
    fn check(accept: &str, spoken: &[Language], expected: Option<Language>) {
        let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, HeaderValue::from_str(accept).expect("a header"))]);
        let features = FeatureSet { features: Vec::new(), languages: spoken.to_vec() };
        assert_eq!(Liked::of(&headers).choose(&features), expected, "{accept}");
    }

    #[test]
    fn the_language_that_is_liked_best_is_spoken() {
        let spoken = [Language::En, Language::De, Language::Fr];
        check("", &spoken, Some(Language::En));
        check("*", &spoken, Some(Language::En));
        check("de", &spoken, Some(Language::De));
        check("DE-at", &spoken, Some(Language::De));
        check("es, fr;q=0.3, de;q=0.8", &spoken, Some(Language::De));
        check("de, fr", &spoken, Some(Language::De));
        check("de;q=0, fr;q=0.1", &spoken, Some(Language::Fr));
        check("es, *;q=0.5", &spoken, Some(Language::En));
        check("deutsch, ;;q=x,-", &spoken, Some(Language::En));
        check("de", &[], None);
    }

    #[test]
    fn an_answer_of_no_named_language_has_no_headers_of_it() {
        assert!(headers([]).is_empty());
        let both = headers([Language::De, Language::En, Language::De]);
        assert_eq!(both[CONTENT_LANGUAGE], "de, en");
    }
}
