//! The demo's project folder: the files that a user would write, as they are found in the repository.

use std::path::Path;

use anyhow::{Context, Result};

/// Path in the project folder, and content.
const FILES: [(&str, &str); 15] = [
    ("sources/lead.sql", include_str!("../../template/sources/lead.sql")),
    ("sources/lead.history.sql", include_str!("../../template/sources/lead.history.sql")),
    ("sources/event.crm.sql", include_str!("../../template/sources/event.crm.sql")),
    ("sources/event.marketing.sql", include_str!("../../template/sources/event.marketing.sql")),
    ("sources/event.internal.sql", include_str!("../../template/sources/event.internal.sql")),
    ("sources/outcome.crm.sql", include_str!("../../template/sources/outcome.crm.sql")),
    ("sources/outcome.internal.sql", include_str!("../../template/sources/outcome.internal.sql")),
    ("sources/identity.sql", include_str!("../../template/sources/identity.sql")),
    ("features/1-behaviour.sql", include_str!("../../template/features/1-behaviour.sql")),
    ("features/2-profile.sql", include_str!("../../template/features/2-profile.sql")),
    ("features/3-rates.sql", include_str!("../../template/features/3-rates.sql")),
    ("features/1-behaviour.toml", include_str!("../../template/features/1-behaviour.toml")),
    ("features/2-profile.toml", include_str!("../../template/features/2-profile.toml")),
    ("features/3-rates.toml", include_str!("../../template/features/3-rates.toml")),
    ("rules.csv", include_str!("../../template/rules.csv")),
];

const PLUMB_TOML: &str = include_str!("../../template/plumb.toml");
const INTERNAL_SQLITE: &str = "kind = \"sqlite\"\nurl = \"internal.db\"\n";
const INTERNAL_POSTGRES: &str = "kind = \"postgres\"\nurl = \"${INTERNAL_DB_URL}\"\n";

/// Writes the project's files, `plumb.toml` last: a folder that has it is complete.
pub(super) fn write(folder: &Path, internal_is_postgres: bool) -> Result<()> {
    for (file, content) in FILES {
        write_file(folder, file, content)?;
    }
    let config = if internal_is_postgres {
        PLUMB_TOML.replace(INTERNAL_SQLITE, INTERNAL_POSTGRES)
    } else {
        PLUMB_TOML.to_owned()
    };
    write_file(folder, "plumb.toml", &config)
}

fn write_file(folder: &Path, file: &str, content: &str) -> Result<()> {
    let path = folder.join(file);
    let writing = || format!("cannot write `{}`", path.display());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(writing)?;
    }
    std::fs::write(&path, content).with_context(writing)
}

#[cfg(test)]
mod tests {
    use plumb_lead::Language;

    use super::*;
    use crate::project::Project;

    /// Returns what is filled into a template: of `{value|call|calls}` the `value`.
    fn placeholders(template: &str) -> impl Iterator<Item = &str> {
        let parts = template.split('{').skip(1);
        parts.map(|part| part.split(['|', '}']).next().unwrap_or_default().trim_end_matches(".average"))
    }

    #[test]
    fn every_feature_is_worded_in_both_languages() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), false).expect("the folder can be written");
        let book =
            Project::open(folder.path()).and_then(|project| project.message_catalog()).expect("nothing is missing");
        assert_eq!(book.languages, [Language::En, Language::De]);
        let sql: String =
            FILES.iter().filter(|(file, _)| file.starts_with("features/")).map(|(_, text)| *text).collect();
        for (name, wording) in &book.features {
            assert!(sql.contains(&format!(" AS {name}")), "`{name}` is no feature");
            let german = &wording.languages[&Language::De];
            for sentences in [&wording.sentences, german] {
                assert!(!sentences.label.is_empty() && !sentences.say.is_empty(), "`{name}` says nothing");
                for template in [&sentences.say, &sentences.say_not, &sentences.say_missing] {
                    let known =
                        |filled: &str| ["value", "average"].contains(&filled) || book.features.contains_key(filled);
                    assert!(placeholders(template).all(known), "`{name}`: `{template}`");
                }
            }
            assert!(german.values.len() >= wording.sentences.values.len(), "`{name}`: words of values are missing");
        }
        let worded = sql.matches(" AS ").count();
        assert_eq!(book.features.len(), worded, "each feature is worded");
    }

    #[test]
    fn the_url_of_postgresql_stays_in_the_environment() {
        assert_eq!(PLUMB_TOML.matches(INTERNAL_SQLITE).count(), 1);
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), true).expect("the folder can be written");
        let config = std::fs::read_to_string(folder.path().join("plumb.toml")).expect("it was written");
        assert!(config.contains("${INTERNAL_DB_URL}") && !config.contains("internal.db"), "{config}");
    }
}
