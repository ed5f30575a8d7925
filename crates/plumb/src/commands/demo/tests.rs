//! The demo company's project folder is a project that needs no correction.

use plumb_demo::template;
use plumb_lead::Language;

use crate::project::Project;

/// Returns the placeholders of a template: of `{value|call|calls}` the `value`.
fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    let parts = template.split('{').skip(1);
    parts.map(|part| part.split(['|', '}']).next().unwrap_or_default().trim_end_matches(".average"))
}

#[test]
fn every_feature_has_sentences_in_both_languages() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    template::write(folder.path(), false).expect("the folder can be written");
    let catalog =
        Project::open(folder.path()).and_then(|project| project.message_catalog()).expect("nothing is missing");
    assert_eq!(catalog.languages, [Language::En, Language::De]);
    let files = template::FILES.iter();
    let sql: String = files.filter(|(file, _)| file.starts_with("features/")).map(|(_, text)| *text).collect();
    for (name, messages) in &catalog.features {
        assert!(sql.contains(&format!(" AS {name}")), "`{name}` is no feature");
        let german = &messages.languages[&Language::De];
        for sentences in [&messages.sentences, german] {
            assert!(!sentences.label.is_empty() && !sentences.say.is_empty(), "`{name}` says nothing");
            for template in [&sentences.say, &sentences.say_not, &sentences.say_missing] {
                let is_known = |placeholder: &str| {
                    ["value", "average"].contains(&placeholder) || catalog.features.contains_key(placeholder)
                };
                assert!(placeholders(template).all(is_known), "`{name}`: `{template}`");
            }
        }
        assert!(german.values.len() >= messages.sentences.values.len(), "`{name}`: words of values are missing");
    }
    assert_eq!(catalog.features.len(), sql.matches(" AS ").count(), "each feature has sentences");
}
