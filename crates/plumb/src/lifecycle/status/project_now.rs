//! The project as it is now: what models and the ground are compared with.

use std::collections::BTreeMap;

use anyhow::Result;
use plumb_lake::{FeatureExpression, SqlFile, feature_expressions, hashes_of};
use plumb_lead::MessageCatalog;

use super::outcome::{Changed, Stale};
use crate::project::Project;

/// What the project's files say now. What cannot be read is `None`, and is among the `unreadable`.
pub(super) struct ProjectNow<'a> {
    pub(super) project: &'a Project,
    pub(super) source_sql: Option<Vec<SqlFile>>,
    pub(super) features: Option<Vec<FeatureExpression>>,
    pub(super) messages: Option<MessageCatalog>,
    pub(super) rules: Option<Option<String>>,
    /// The hashes of the sources' SQL that the ground was derived by.
    pub(super) ingested_sql: BTreeMap<String, String>,
    pub(super) unreadable: Vec<Stale>,
}

impl ProjectNow<'_> {
    /// Reads the files of a project. One that cannot be read keeps nobody from knowing the rest.
    pub(super) fn read(project: &Project) -> ProjectNow<'_> {
        let mut unreadable = Vec::new();
        let features = project.feature_sql().and_then(|sql| Ok(feature_expressions(&sql.files)?));
        ProjectNow {
            project,
            source_sql: noted(project.source_sql(), &mut unreadable),
            features: noted(features, &mut unreadable),
            messages: noted(project.message_catalog(), &mut unreadable),
            rules: noted(project.rules_hash(), &mut unreadable),
            ingested_sql: BTreeMap::new(),
            unreadable,
        }
    }

    /// Returns the hash of each of the sources' files of SQL.
    pub(super) fn source_hashes(&self) -> Option<BTreeMap<String, String>> {
        self.source_sql.as_deref().map(hashes_of)
    }

    /// Returns the feature of this name.
    pub(super) fn feature(&self, name: &str) -> Option<&FeatureExpression> {
        self.features.iter().flatten().find(|feature| feature.name == name)
    }
}

fn noted<T>(read: Result<T>, unreadable: &mut Vec<Stale>) -> Option<T> {
    let note = |error: anyhow::Error| Stale {
        changed: Changed::Unreadable,
        names: Vec::new(),
        target: None,
        model_id: None,
        why: format!("{error:#}"),
        way_out: "mend the file: until then nobody can tell what it has changed".to_owned(),
    };
    read.map_err(|error| unreadable.push(note(error))).ok()
}

/// Returns the keys whose values differ between two maps, those that only one has among them.
pub(super) fn differing(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let mut keys: Vec<&String> = before.keys().chain(now.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter().filter(|key| before.get(*key) != now.get(*key)).cloned().collect()
}

/// Returns names for a sentence.
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(SHOWN);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_only_one_has_differ_too() {
        let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let before = map(&[("same", "1"), ("other", "1"), ("gone", "1")]);
        assert_eq!(differing(&before, &map(&[("same", "1"), ("other", "2"), ("new", "1")])), ["gone", "new", "other"]);
        assert_eq!(differing(&before, &before), Vec::<String>::new());
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let names: Vec<String> = (0..10).map(|number| format!("f{number}")).collect();
        assert!(listed(&names).ends_with("`f7` and 2 more"), "{}", listed(&names));
        assert_eq!(listed(&names[..2]), "`f0`, `f1`");
    }
}
