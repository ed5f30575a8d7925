//! `features/*.sql` with `features/*.toml`.

use super::config::hash;
use super::parts::Parts;
use crate::features::Feature;
use crate::proposed_file::ProposedFile;
use crate::sql::{comment, item, select};

/// Returns the files of features that there are.
pub(super) fn files(parts: &Parts<'_>) -> Vec<ProposedFile> {
    let features = parts.features;
    let groups = [
        (
            "1-behaviour",
            "What happened between the lead and us. `e` holds only what was known by `as_of`.",
            &features.behaviour,
        ),
        ("2-profile", "Who the lead is, as known at `as_of`.", &features.profile),
        ("3-rates", "How others of the same kind fared, by what was known before the day of `as_of`.", &features.rates),
    ];
    groups
        .into_iter()
        .filter(|(.., features)| !features.is_empty())
        .flat_map(|(name, said, features)| group(name, said, features))
        .collect()
}

fn group(name: &str, said: &str, features: &[Feature]) -> [ProposedFile; 2] {
    let items: Vec<_> = features.iter().map(|feature| item(feature.expression.clone(), &feature.name)).collect();
    let mut whys: Vec<String> = Vec::new();
    for feature in features {
        let line = whys.iter_mut().find(|line| line.ends_with(&format!(": {}.", feature.why)));
        match line {
            Some(line) => {
                let names = line.len() - feature.why.len() - 3;
                line.insert_str(names, &format!(", `{}`", feature.name));
            }
            None => whys.push(format!("`{}`: {}.", feature.name, feature.why)),
        }
    }
    let sql = comment(&format!("{said}\nWhy these:\n  {}", whys.join("\n  "))) + &select(&items);
    let head = "How each feature is told to a rep: `say` is the sentence of a value, `say_not` of a flag that is not set, `say_missing` \
                where there is no value.";
    let wording: Vec<String> =
        features.iter().map(|feature| format!("[{}]\n{}", feature.name, feature.wording)).collect();
    let wording = format!("{}\n{}", hash(head), wording.join("\n"));
    [
        ProposedFile::new(
            &format!("features/{name}.sql"),
            sql,
            &format!("{} features: {}", features.len(), said.trim_end_matches('.')),
        ),
        ProposedFile::new(&format!("features/{name}.toml"), wording, "the sentences of those features"),
    ]
}
