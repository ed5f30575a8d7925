//! Messages of features, in the languages of a team.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::Language;

/// A team's messages of its features: `features/*.toml`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageCatalog {
    /// The languages, the default first. Empty: the language is not known.
    pub languages: Vec<Language>,
    /// The messages of each feature that has some, by its name.
    pub features: HashMap<String, FeatureMessages>,
}

/// The messages of a feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct FeatureMessages {
    /// Sentences in the default language.
    pub sentences: Sentences,
    /// Sentences in the others.
    pub languages: BTreeMap<Language, Sentences>,
    /// The source field whose contributions are added up before they are shown. Empty: the feature's name.
    pub field: String,
    /// Whether a rep can do something about it.
    pub actionable: bool,
    /// The direction in which the score may move with the value.
    pub monotone: Monotone,
    /// Whether it is monitored for drift. `false` for what moves by its nature, such as the month.
    pub watch: bool,
}

/// Sentences of a feature in one language.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentences {
    /// A few words for a heading. Empty: the feature's name is used.
    #[serde(default)]
    pub label: String,
    /// The sentence of a present value. Filled in are `{value}`, `{average}` over the training rows and
    /// `{other_feature}` of the same row, or `{other_feature.average}`; each may be written as `{value|percent}` or
    /// `{value|month}`, or counted as in `{value|call|calls}` or `{value|# day ago|# days ago|today}`.
    #[serde(default)]
    pub say: String,
    /// The sentence of a flag that is not set.
    #[serde(default)]
    pub say_not: String,
    /// The sentence of a missing value.
    #[serde(default)]
    pub say_missing: String,
    /// Names of a category's values, where their own words are not shown to people.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

/// The direction in which the score may move with a feature's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monotone {
    /// Either.
    #[default]
    Free,
    /// A larger value never lowers the score.
    Increasing,
    /// A larger value never raises the score.
    Decreasing,
}

impl MessageCatalog {
    /// Returns the messages of a feature, which may be empty.
    pub fn messages_of(&self, feature: &str) -> FeatureMessages {
        self.features.get(feature).cloned().unwrap_or_default()
    }
}

impl Sentences {
    /// Returns the names of the sentences that another language has and this one lacks.
    pub fn missing(&self, other: &Sentences) -> Vec<&'static str> {
        let each = [
            ("label", &self.label, &other.label),
            ("say", &self.say, &other.say),
            ("say_not", &self.say_not, &other.say_not),
            ("say_missing", &self.say_missing, &other.say_missing),
        ];
        let missing = each.into_iter().filter(|(_, here, there)| here.is_empty() && !there.is_empty());
        missing.map(|(name, _, _)| name).collect()
    }
}

impl Default for FeatureMessages {
    fn default() -> Self {
        let (sentences, languages) = (Sentences::default(), BTreeMap::new());
        FeatureMessages {
            sentences,
            languages,
            field: String::new(),
            actionable: false,
            monotone: Monotone::Free,
            watch: true,
        }
    }
}

/// Messages as they are stored: the default language's sentences stand beside what is of no language. The order of the
/// fields is that of the models' files, whose names are their hashes.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(default)]
    label: String,
    #[serde(default)]
    field: String,
    #[serde(default)]
    say: String,
    #[serde(default)]
    say_not: String,
    #[serde(default)]
    say_missing: String,
    #[serde(default)]
    actionable: bool,
    #[serde(default)]
    monotone: Monotone,
    #[serde(default = "yes")]
    watch: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    languages: BTreeMap<Language, Sentences>,
}

impl From<Stored> for FeatureMessages {
    fn from(stored: Stored) -> FeatureMessages {
        let Stored { label, field, say, say_not, say_missing, actionable, monotone, watch, values, languages } = stored;
        let sentences = Sentences { label, say, say_not, say_missing, values };
        FeatureMessages { sentences, languages, field, actionable, monotone, watch }
    }
}

impl From<FeatureMessages> for Stored {
    fn from(messages: FeatureMessages) -> Stored {
        let FeatureMessages { sentences, languages, field, actionable, monotone, watch } = messages;
        let Sentences { label, say, say_not, say_missing, values } = sentences;
        Stored { label, field, say, say_not, say_missing, actionable, monotone, watch, values, languages }
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_one_language_are_stored_as_in_version_0_1_0() {
        let text = "{\"label\":\"Calls\",\"field\":\"\",\"say\":\"{value|call|calls}\",\"say_not\":\"\",\"say_missing\":\"\",\
                    \"actionable\":true,\"monotone\":\"free\",\"watch\":true}";
        let messages: FeatureMessages = serde_json::from_str(text).expect("as version 0.1.0 stored it");
        assert_eq!((messages.sentences.label.as_str(), messages.actionable, messages.watch), ("Calls", true, true));
        assert_eq!(serde_json::to_string(&messages).expect("plain data"), text);
    }

    #[test]
    fn messages_of_several_languages_survive_a_round_trip() {
        let german = Sentences { label: "Anrufe".into(), ..Sentences::default() };
        let messages =
            FeatureMessages { languages: BTreeMap::from([(Language::De, german)]), ..FeatureMessages::default() };
        let text = serde_json::to_string(&messages).expect("plain data");
        assert_eq!(serde_json::from_str::<FeatureMessages>(&text).expect("our own"), messages);
        serde_json::from_str::<FeatureMessages>("{\"sya\":\"\"}").expect_err("a word that is mistyped");
    }
}
