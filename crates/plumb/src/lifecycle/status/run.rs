//! Gathers the status of a project. It changes nothing.

use std::path::Path;

use anyhow::{Context, Result};
use chrono::Utc;
use plumb_lake::{FailedSource, FileChange, GroundStatus, ground_status};
use plumb_lead::ModelCard;

use super::datasets::datasets;
use super::model_changes::model_changes;
use super::outcome::{Changed, FeatureStatus, ModelStatus, Stale, Status, TargetStatus};
use super::project_now::{ProjectNow, differing, listed};
use crate::lifecycle::jobs::overview;
use crate::lifecycle::retrain;
use crate::lifecycle::workspace::{ProjectPaths, load_model};
use crate::project::Project;
use crate::registry;
use crate::store::Store;

/// The most models of a target that are looked through for data sets.
const MODELS_MAX: usize = 10_000;

/// Returns what a project has, and what of it is stale.
pub(crate) async fn status(paths: &ProjectPaths) -> Result<Status> {
    let project = Project::open(&paths.project)?;
    let mut now = ProjectNow::read(&project);
    let files = now.source_sql.clone().unwrap_or_default();
    let (data, folder, sources) = (paths.data.clone(), paths.project.clone(), project.sources().clone());
    let ground = tokio::task::spawn_blocking(move || ground_status(&data, &folder, &sources, &files));
    let ground = ground.await.context("looking at the data folder ended early")??;
    now.ingested_sql = ground.as_ref().map(|ground| ground.source_sql.clone()).unwrap_or_default();
    let mut stale = now.unreadable.clone();
    stale.extend(ground.iter().flat_map(|ground| ground_changes(ground, &now)));
    let version = ground.as_ref().map(|ground| ground.version.as_str());
    // A database that is not there is not made.
    let store = match paths.data.join("plumb.db").is_file() {
        true => Some(paths.open_store().await?),
        false => None,
    };
    let scheduled = project.schedule().map_or(&[][..], |schedule| &schedule.jobs);
    let jobs = overview(Some(scheduled), store.as_ref(), Utc::now()).await?;
    let mut gathering = Gathering { data: &paths.data, now: &now, version, stale, cards: Vec::new(), seen: Vec::new() };
    let mut targets = Vec::new();
    for target in project.targets() {
        let (mut models, mut retraining) = (Vec::new(), None);
        if let Some(store) = &store {
            models = gathering.models(store, &target).await?;
            retraining = Some(retrain::state(store, &target).await?).filter(|_| !models.is_empty());
        }
        targets.push(TargetStatus { target, models, retraining });
    }
    let Gathering { stale, cards, seen, .. } = gathering;
    let seen_by = |name: &str| {
        let models = seen.iter().filter(|(_, features)| features.iter().any(|feature| feature == name));
        models.map(|(model, _)| model.clone()).collect()
    };
    let features = now.features.iter().flatten().map(|feature| FeatureStatus {
        name: feature.name.clone(),
        file: feature.file.clone(),
        seen_by: seen_by(&feature.name),
    });
    let (features, datasets) = (features.collect(), datasets(&paths.data, &cards, &now, version)?);
    Ok(Status { targets, features, datasets, jobs, stale, ground })
}

/// What is gathered from target to target.
struct Gathering<'a> {
    data: &'a Path,
    now: &'a ProjectNow<'a>,
    /// The version of the ground.
    version: Option<&'a str>,
    stale: Vec<Stale>,
    /// The cards of all models.
    cards: Vec<ModelCard>,
    /// The features that each model in use sees.
    seen: Vec<(String, Vec<String>)>,
}

impl Gathering<'_> {
    /// Returns the models of a target that are in use, and notes what of them is stale.
    async fn models(&mut self, store: &Store, target: &str) -> Result<Vec<ModelStatus>> {
        let cards = registry::cards(store, target, None, MODELS_MAX).await?;
        self.cards.extend(cards.into_iter().map(|(_, card)| card));
        let mut in_use = Vec::new();
        in_use.extend(registry::champion(store, target).await?.map(|card| ("champion".to_owned(), card)));
        in_use.extend(registry::challenger(store, target).await?.map(|card| ("challenger".to_owned(), card)));
        for variant in registry::variants(store, target).await? {
            if let Some(model_id) = &variant.model_id {
                let card = registry::card(store, model_id).await?;
                let word = if variant.shadow { "shadow" } else { "variant" };
                in_use.push((format!("{word} {}", variant.name), card));
            }
        }
        let mut models = Vec::new();
        for (role, card) in in_use {
            self.compare(&role, &card).await;
            models.push(self.model(role, &card));
        }
        Ok(models)
    }

    /// Notes what of a model is stale, and which features it sees.
    async fn compare(&mut self, role: &str, card: &ModelCard) {
        match load_model(self.data, &card.model_id).await {
            Ok(scorer) => {
                let artifact = &scorer.artifact;
                self.stale.extend(model_changes(card, artifact, role, self.now));
                let names = artifact.model.features.features.iter().map(|feature| feature.name.clone());
                self.seen.push((card.model_id.clone(), names.collect()));
            }
            Err(error) => self.stale.push(Stale {
                changed: Changed::Unreadable,
                names: vec![card.model_id.clone()],
                target: Some(card.target.clone()),
                model_id: Some(card.model_id.clone()),
                why: format!("{}: the {role} `{}`: {error:#}", card.target, card.model_id),
                way_out:
                    "restore its file in the data folder's `models` from a backup, or train a new one by `plumb train`"
                        .to_owned(),
            }),
        }
    }

    fn model(&self, role: String, card: &ModelCard) -> ModelStatus {
        let dataset_id = card.dataset.hash.get(..16).unwrap_or_default();
        let is_frozen = self.data.join("datasets").join(dataset_id).join("manifest.json").is_file();
        let made_of = card.made_of.as_ref().zip(self.version);
        ModelStatus {
            role,
            model_id: card.model_id.clone(),
            kind: card.kind,
            as_of: card.as_of,
            dataset_id: (is_frozen && !dataset_id.is_empty()).then(|| dataset_id.to_owned()),
            rows: card.dataset.rows_train + card.dataset.rows_valid,
            is_ground_newer: made_of.map(|(made_of, version)| made_of.ground != version),
            leaks: card.suspects_seen().into_iter().map(|leak| leak.column).collect(),
            left_out: card.left_out.clone(),
        }
    }
}

/// Returns what of the sources has changed since the last ingestion.
fn ground_changes(ground: &GroundStatus, now: &ProjectNow<'_>) -> Vec<Stale> {
    let mut stale = Vec::new();
    for source in &ground.sources {
        if let Some(failure) = &source.failure {
            let FailedSource { source, since, problem } = failure;
            let why = format!("source `{source}` cannot be read since {}: {problem}", since.format("%Y-%m-%d %H:%M"));
            stale.push(of_ground(Changed::Unreadable, vec![source.clone()], why));
        } else if source.is_configured && source.tables.is_empty() {
            let why = format!("source `{}` was never read", source.name);
            stale.push(of_ground(Changed::Source, vec![source.name.clone()], why));
        } else if let Some(variable) = &source.unset_variable {
            let why = format!(
                "source `{}`: nobody knows whether it has changed, as environment variable `{variable}` is not set",
                source.name
            );
            let way_out = format!("export `{variable}`");
            stale.push(Stale { way_out, ..of_ground(Changed::Unreadable, vec![source.name.clone()], why) });
        } else if !source.changed_files.is_empty() {
            let names: Vec<String> = source.changed_files.iter().map(|change| change.file.clone()).collect();
            let why = format!("source `{}`: {}", source.name, file_changes(&source.changed_files));
            stale.push(of_ground(Changed::SourceFile, names, why));
        }
    }
    let Some(hashes) = now.source_hashes() else { return stale };
    if ground.source_sql.is_empty() {
        // An earlier program did not note which file was what.
        if !ground.is_current {
            let why = "sources/*.sql or the program changed since the last ingestion".to_owned();
            stale.push(of_ground(Changed::SourceSql, Vec::new(), why));
        }
        return stale;
    }
    let names = differing(&ground.source_sql, &hashes);
    if !names.is_empty() {
        let why = format!("{} changed since the last ingestion", listed(&names));
        stale.push(of_ground(Changed::SourceSql, names, why));
    }
    stale
}

fn of_ground(changed: Changed, names: Vec<String>, why: String) -> Stale {
    Stale { changed, names, target: None, model_id: None, why, way_out: "run `plumb ingest`".to_owned() }
}

/// Returns what became of files since the last ingestion, in words.
fn file_changes(changes: &[FileChange]) -> String {
    let of_kind = |kind: &str| -> Option<String> {
        let names: Vec<String> =
            changes.iter().filter(|change| change.change == kind).map(|change| change.file.clone()).collect();
        (!names.is_empty()).then(|| match kind {
            "new" => format!("{} came after the last ingestion", listed(&names)),
            "changed" => format!("{} changed since the last ingestion", listed(&names)),
            _ => format!("{} is gone since the last ingestion; its rows stay", listed(&names)),
        })
    };
    ["new", "changed", "gone"].into_iter().filter_map(of_kind).collect::<Vec<_>>().join("; ")
}
