//! `features/*.toml`: the messages of features, in each language of the project.
//!
//! `[calls]` has the sentences of the default language, and what is of no language; `[calls.de]` the same sentences in
//! German. A sentence that one language has and another lacks is an error, and not a notice: a model lives for weeks,
//! nobody reads a notice of its training, and a rep would read two languages at once. It is an error where models are
//! made and nowhere else, so that no server is kept from starting by a translation.

use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use plumb_lead::{FeatureMessages, Language, MessageCatalog, Sentences};
use toml::{Table, Value};

use crate::files::read_text;

/// The one table of a feature that is no language.
const VALUES: &str = "values";

/// Reads files of messages. The first of the languages is the default.
pub(crate) fn read(paths: &[PathBuf], languages: &[Language]) -> Result<MessageCatalog> {
    let mut catalog = MessageCatalog { languages: languages.to_vec(), ..MessageCatalog::default() };
    let mut missing = Vec::new();
    for path in paths {
        let wrong = || format!("`{}` is wrong", path.display());
        let text = read_text(path, "a catalog of messages")?;
        let features: Table = toml::from_str(&text).with_context(wrong)?;
        for (feature, value) in features {
            let messages = messages(&feature, value, languages).with_context(wrong)?;
            missing.extend(untranslated(path, &feature, &messages, languages));
            match catalog.features.entry(feature) {
                Entry::Vacant(free) => free.insert(messages),
                Entry::Occupied(known) => bail!(
                    "`{}`: feature `{}` has messages in another file too: expected it once",
                    path.display(),
                    known.key()
                ),
            };
        }
    }
    ensure!(
        missing.is_empty(),
        "sentences are missing in languages that plumb.toml names; write them, or take the language out of \
         `languages`:\n{}",
        missing.join("\n")
    );
    Ok(catalog)
}

/// Reads the messages of one feature.
fn messages(feature: &str, value: Value, languages: &[Language]) -> Result<FeatureMessages> {
    let Value::Table(table) = value else {
        bail!("feature `{feature}` is `{value}`: expected a table `[{feature}]`");
    };
    let (of_languages, others): (Table, Table) =
        table.into_iter().partition(|(name, value)| value.is_table() && name != VALUES);
    let mut messages: FeatureMessages =
        Value::Table(others).try_into().with_context(|| format!("the messages of feature `{feature}` are wrong"))?;
    for (tag, sentences) in of_languages {
        let language = named(feature, &tag, languages)?;
        let wrong = || format!("the messages of feature `{feature}` in `{tag}` are wrong");
        messages.languages.insert(language, sentences.try_into().with_context(wrong)?);
    }
    Ok(messages)
}

/// Returns the language of a feature's table, if it is one of the project's others.
fn named(feature: &str, tag: &str, languages: &[Language]) -> Result<Language> {
    let language: Language =
        tag.parse().with_context(|| format!("feature `{feature}` has a table `[{feature}.{tag}]`"))?;
    match languages.iter().position(|known| *known == language) {
        None => bail!(
            "feature `{feature}` has messages in `{tag}`, which `languages` in plumb.toml does not name: expected it there \
             after the default, as in `languages = [\"en\", \"de\"]`"
        ),
        Some(0) => bail!(
            "feature `{feature}` has a table `[{feature}.{tag}]`, and `{tag}` is the default: expected its sentences in \
             `[{feature}]` itself"
        ),
        Some(_) => Ok(language),
    }
}

/// Returns a line for each language that lacks a sentence of the default. Names of values may be left out: many are the
/// same in all languages.
fn untranslated(path: &Path, feature: &str, messages: &FeatureMessages, languages: &[Language]) -> Vec<String> {
    let nothing = Sentences::default();
    let line_of = |language: &Language| {
        let missing = messages.languages.get(language).unwrap_or(&nothing).missing(&messages.sentences);
        let (tag, missing_names) = (language.tag(), missing.join("`, `"));
        let line =
            format!("  `{}`: feature `{feature}` has no `{missing_names}` in `[{feature}.{tag}]`", path.display());
        (!missing.is_empty()).then_some(line)
    };
    languages.iter().skip(1).filter_map(line_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Language; 2] = [Language::En, Language::De];

    fn catalog(text: &str, languages: &[Language]) -> Result<MessageCatalog> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("1.toml");
        std::fs::write(&path, text).expect("the folder can be written");
        read(&[path], languages)
    }

    #[track_caller]
    fn refuses(text: &str, languages: &[Language], expected: &str) {
        let error = format!("{:#}", catalog(text, languages).expect_err("it is wrong"));
        assert!(error.contains(expected) && error.contains("1.toml"), "`{error}` does not say `{expected}`");
    }

    #[test]
    fn a_feature_has_messages_in_each_language() {
        let text = "[calls]\nlabel = \"Calls\"\nsay = \"{value|call|calls}\"\nactionable = true\n\
                    [calls.de]\nlabel = \"Anrufe\"\nsay = \"{value|Anruf|Anrufe}\"\n\
                    [channel]\nsay = \"by {value}\"\nvalues = { ads = \"an ad\" }\n\
                    [channel.de]\nsay = \"über {value}\"\nvalues = { ads = \"eine Anzeige\" }\n";
        let catalog = catalog(text, &BOTH).expect("it is right");
        let calls = catalog.messages_of("calls");
        assert_eq!((calls.sentences.label.as_str(), calls.actionable), ("Calls", true));
        assert_eq!(calls.languages[&Language::De].say, "{value|Anruf|Anrufe}");
        assert_eq!(catalog.messages_of("channel").languages[&Language::De].values["ads"], "eine Anzeige");
        assert_eq!(catalog.messages_of("nobody's"), FeatureMessages::default());
        assert_eq!(catalog.languages, BOTH);
    }

    #[test]
    fn missing_and_unknown_messages_are_named() {
        let calls = "[calls]\nlabel = \"Calls\"\nsay = \"calls\"\nsay_missing = \"none\"\n";
        refuses(calls, &BOTH, "feature `calls` has no `label`, `say`, `say_missing` in `[calls.de]`");
        let half = format!("{calls}[calls.de]\nlabel = \"Anrufe\"\nsay = \"Anrufe\"\n");
        refuses(&half, &BOTH, "feature `calls` has no `say_missing` in `[calls.de]`");
        refuses(&half, &[], "messages in `de`, which `languages` in plumb.toml does not name");
        refuses(&half, &[Language::De], "`de` is the default: expected its sentences in `[calls]` itself");
        refuses("[calls.xx]\nsay = \"\"\n", &BOTH, "`xx` is not a language: expected one of de, en");
        refuses("[calls.languages]\n", &BOTH, "`languages` is not a language");
        refuses("[calls]\nsya = \"calls\"\n", &[], "the messages of feature `calls` are wrong: unknown field `sya`");
        refuses("[calls.de]\nactionable = true\n", &BOTH, "in `de` are wrong: unknown field `actionable`");
        refuses("calls = 1\n", &[], "feature `calls` is `1`: expected a table `[calls]`");
    }
}
