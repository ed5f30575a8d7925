//! The languages that a reader prefers, against those that a model's sentences are in.

use plumb_lead::{FeatureSet, Language};

/// Language tags in lower case, the preferred one first. Empty: any language.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PreferredLanguages(Vec<String>);

impl PreferredLanguages {
    /// Reads the values of `Accept-Language` headers. What cannot be parsed is ignored: no caller is refused for it.
    pub(crate) fn parse<'a>(headers: impl IntoIterator<Item = &'a str>) -> PreferredLanguages {
        let mut ranges: Vec<(f32, String)> = Vec::new();
        for range in headers.into_iter().flat_map(|text| text.split(',')) {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.trim().parse::<f32>().ok());
            let weight = weight.unwrap_or(1.0);
            if !tag.is_empty() && weight > 0.0 {
                ranges.push((weight, tag));
            }
        }
        // Of the same weight, the one that is named first.
        ranges.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        PreferredLanguages(ranges.into_iter().map(|(_, tag)| tag).collect())
    }

    /// Returns whether any language is as good as another.
    pub(crate) fn is_any(&self) -> bool {
        self.0.first().is_none_or(|tag| tag == "*")
    }

    /// Returns whether the chosen language is another than the model's own.
    pub(crate) fn differs(&self, features: &FeatureSet) -> bool {
        self.choose(features).is_some_and(|language| language != features.language())
    }

    /// Returns the language for a model's sentences: the preferred one that the model has, looked up as in RFC 4647 (`de-AT`
    /// finds `de`), else the model's own. `None` if the project does not name its languages.
    pub(crate) fn choose(&self, features: &FeatureSet) -> Option<Language> {
        let own = features.languages.first().copied();
        let available = |tag: &str| {
            // A tag of ours has no parts, so that all but the first may be cut off.
            let primary = tag.split('-').next().unwrap_or_default();
            features.languages.iter().copied().find(|language| language.tag() == primary)
        };
        let chosen = self.0.iter().find_map(|tag| if tag == "*" { own } else { available(tag) });
        chosen.or(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: &str, available: &[Language], expected: Option<Language>) {
        let features = FeatureSet { features: Vec::new(), languages: available.to_vec() };
        assert_eq!(PreferredLanguages::parse([accept]).choose(&features), expected, "{accept}");
    }

    #[test]
    fn the_preferred_available_language_is_chosen() {
        let available = [Language::En, Language::De, Language::Fr];
        check("", &available, Some(Language::En));
        check("*", &available, Some(Language::En));
        check("de", &available, Some(Language::De));
        check("DE-at", &available, Some(Language::De));
        check("es, fr;q=0.3, de;q=0.8", &available, Some(Language::De));
        check("de, fr", &available, Some(Language::De));
        check("de;q=0, fr;q=0.1", &available, Some(Language::Fr));
        check("es, *;q=0.5", &available, Some(Language::En));
        check("deutsch, ;;q=x,-", &available, Some(Language::En));
        check("de", &[], None);
    }
}
