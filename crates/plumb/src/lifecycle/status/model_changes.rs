//! What a model was made of and has changed since.

use plumb_lake::{FeatureExpression, FeatureSql, feature_expressions};
use plumb_lead::{FeatureMessages, FeatureSet, MadeOf, ModelCard};

use super::outcome::{Changed, Stale};
use super::project_now::{ProjectNow, differing, listed};
use crate::scoring::{Artifact, Inputs};

/// Compares a model in use with the project as it is now. `role` says what it is used as.
pub(super) fn model_changes(card: &ModelCard, artifact: &Artifact, role: &str, now: &ProjectNow<'_>) -> Vec<Stale> {
    let Inputs::Leads(sql) = &artifact.inputs else { return Vec::new() };
    let changes = Changes { card, role, now };
    let mut stale = changes.of_features(sql, &artifact.model.features);
    stale.extend(changes.of_wording(&artifact.model.features));
    if let Some(made_of) = &card.made_of {
        stale.extend(changes.of_settings(made_of));
        stale.extend(changes.of_rules(made_of));
        stale.extend(changes.of_source_sql(made_of));
    }
    stale
}

struct Changes<'a> {
    card: &'a ModelCard,
    role: &'a str,
    now: &'a ProjectNow<'a>,
}

impl Changes<'_> {
    fn stale(&self, changed: Changed, names: Vec<String>, what: &str, way_out: String) -> Option<Stale> {
        let ModelCard { target, model_id, as_of, .. } = self.card;
        let (role, as_of) = (self.role, as_of.format("%Y-%m-%d"));
        (!names.is_empty()).then(|| Stale {
            changed,
            why: format!("{target}: {what} since the {role} `{model_id}` was trained, as of {as_of}"),
            names,
            target: Some(target.clone()),
            model_id: Some(model_id.clone()),
            way_out,
        })
    }

    fn retrain(&self) -> String {
        format!("run `plumb retrain --anyway --target {}`", self.card.target)
    }

    /// Features that the model sees and that have another definition, or none; and those that came.
    fn of_features(&self, sql: &FeatureSql, seen: &FeatureSet) -> Vec<Stale> {
        let Some(features_now) = &self.now.features else { return Vec::new() };
        // An earlier program may have read what this one refuses.
        let Ok(before) = feature_expressions(&sql.files) else { return Vec::new() };
        let find = |name: &str| before.iter().find(|feature| feature.name == name);
        let (mut changed, mut gone) = (Vec::new(), Vec::new());
        for feature in &seen.features {
            match (find(&feature.name), self.now.feature(&feature.name)) {
                (_, None) => gone.push(feature.name.clone()),
                (Some(before), Some(now)) if before.expression != now.expression => changed.push(feature.name.clone()),
                (_, Some(_)) => {}
            }
        }
        let is_new = |feature: &&FeatureExpression| find(&feature.name).is_none();
        let new: Vec<String> = features_now.iter().filter(is_new).map(|feature| feature.name.clone()).collect();
        let what = |names: &[String], what: &str| {
            let files: Vec<String> =
                names.iter().filter_map(|name| self.now.feature(name)).map(|now| now.file.clone()).collect();
            let file = files.first().map_or_else(String::new, |file| match files.iter().all(|other| other == file) {
                true => format!(" ({file})"),
                false => String::new(),
            });
            let word = if names.len() == 1 { "feature" } else { "features" };
            format!("{word} {}{file} {what}", listed(names))
        };
        let changed_text = what(&changed, "changed");
        let gone_text = what(&gone, if gone.len() == 1 { "was taken out" } else { "were taken out" });
        let new_text = what(&new, if new.len() == 1 { "was added" } else { "were added" });
        [(changed, changed_text), (gone, gone_text), (new, new_text)]
            .into_iter()
            .filter_map(|(names, text)| self.stale(Changed::Feature, names, &text, self.retrain()))
            .collect()
    }

    /// Sentences that the model has otherwise: it keeps its own.
    fn of_wording(&self, seen: &FeatureSet) -> Option<Stale> {
        let messages = self.now.messages.as_ref()?;
        let differs =
            |name: &str, own: &FeatureMessages| self.now.feature(name).is_some() && messages.messages_of(name) != *own;
        let mut names: Vec<String> = seen
            .features
            .iter()
            .filter(|feature| differs(&feature.name, &feature.messages))
            .map(|feature| feature.name.clone())
            .collect();
        let mut what = format!("the wording of {} changed", listed(&names));
        if seen.languages != messages.languages {
            what = if names.is_empty() { "`languages` changed".to_owned() } else { format!("`languages` and {what}") };
            names.push("languages".to_owned());
        }
        let way_out = format!("it applies from the next training on: {}", self.retrain());
        self.stale(Changed::Wording, names, &what, way_out)
    }

    fn of_settings(&self, made_of: &MadeOf) -> Option<Stale> {
        let now = self.now.project.target_settings(&self.card.target).ok()?;
        let before = &made_of.target_settings;
        let names = differing(before, &now);
        let value = |value: Option<&String>| value.map_or_else(|| "not set".to_owned(), |value| format!("`{value}`"));
        let changes = names.iter().map(|key| {
            let (before, now) = (value(before.get(key)), value(now.get(key)));
            format!("`{key}` (was {before}, is {now})")
        });
        let what = format!("{} changed in plumb.toml", changes.collect::<Vec<_>>().join(", "));
        self.stale(Changed::Setting, names, &what, self.retrain())
    }

    fn of_rules(&self, made_of: &MadeOf) -> Option<Stale> {
        let now = self.now.rules.as_ref()?;
        if *now == made_of.rules {
            return None;
        }
        let file = self.now.project.rules_file().ok().flatten();
        let (file, what) = match (file, &made_of.rules) {
            (None, _) => ("rules".to_owned(), "the team's rules were taken out".to_owned()),
            (Some(file), None) => (file.clone(), format!("the team's rules, `{file}`, were added")),
            (Some(file), Some(_)) => (file.clone(), format!("the team's rules, `{file}`, changed")),
        };
        self.stale(Changed::Rules, vec![file], &what, self.retrain())
    }

    fn of_source_sql(&self, made_of: &MadeOf) -> Option<Stale> {
        let now = self.now.source_hashes()?;
        // An earlier program did not note them.
        if made_of.source_sql.is_empty() {
            return None;
        }
        let names = differing(&made_of.source_sql, &now);
        let what = format!("{} changed", listed(&names));
        let way_out = match now == self.now.ingested_sql {
            true => self.retrain(),
            false => format!("run `plumb ingest`, then `plumb retrain --anyway --target {}`", self.card.target),
        };
        self.stale(Changed::SourceSql, names, &what, way_out)
    }
}
