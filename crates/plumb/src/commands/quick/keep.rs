//! What stays of a contest: the model's file and its card, in a data folder that the other commands can use.

use std::path::Path;

use anyhow::{Context, Result};
use chrono::Utc;
use plumb_lead::{DatasetCard, LeakEvidence, Matrix, ModelCard};
use plumb_learn::{Params, drift};

use super::contest::{Entrants, Entry};
use crate::card::{self, Measured};
use crate::registry;
use crate::scoring::{Artifact, Inputs};
use crate::store::Store;

/// What is kept, and what it came from.
pub(super) struct Kept<'a> {
    pub(super) winner: &'a Entry,
    pub(super) entrants: &'a Entrants,
    pub(super) evidence: Vec<LeakEvidence>,
    pub(super) params: &'a Params,
    pub(super) target: &'a str,
}

/// Writes the model into a data folder, makes it the champion of its target there, and returns its card.
pub(super) async fn keep(folder: &Path, kept: Kept<'_>) -> Result<ModelCard> {
    let model = &kept.winner.model;
    let rows = &kept.winner.split;
    // Of the rows that the model was not fitted on: on its own training rows it is surer than it will ever be.
    let (watched, _) = rows_of(&kept, &rows.test)?;
    let baseline = drift::baseline(&model.features, &watched, &card::scores(model, &watched)?)?;
    let artifact = Artifact { model: model.clone(), target: kept.target.to_owned(), inputs: Inputs::Columns, baseline };
    let bytes = serde_json::to_vec(&artifact).context("cannot write the model as JSON")?;
    let card = card(&kept, registry::model_id(&bytes))?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    let store = Store::open(&folder.join("plumb.db")).await?;
    registry::add(&store, folder, &bytes, &card).await?;
    let why = "best on the rows to choose on, of a file's first models";
    registry::promote(&store, kept.target, &card.model_id, "plumb quick", why).await?;
    Ok(card)
}

fn card(kept: &Kept, model_id: String) -> Result<ModelCard> {
    let Kept { winner, entrants, evidence, params, target } = kept;
    let model = &winner.model;
    let (test, labels) = rows_of(kept, &winner.split.test)?;
    let Measured { metrics, gain, reliability, importance, weakest } =
        card::measure(model, &test, &labels, params.beta, params.seed)?;
    let (all, _) = model.features.encode(&entrants.table)?;
    Ok(ModelCard {
        model_id,
        target: (*target).to_owned(),
        kind: model.kind(),
        as_of: Utc::now(),
        dataset: DatasetCard {
            hash: card::hash_of_rows(&model.features, &all, &entrants.labels, &[])?,
            rows_train: winner.split.train.len(),
            rows_valid: winner.split.valid.len(),
            rows_test: winner.split.test.len(),
            base_rate: model.base_rate,
            rows_censored: 0,
            span: None,
        },
        features_hash: card::hash(&serde_json::to_vec(&model.features).context("cannot hash the features")?),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: params.seed,
        params: model.params.clone(),
        threshold: model.threshold.clone(),
        metrics: Some(metrics),
        gain,
        reliability,
        importance,
        weakest,
        leaks: evidence.clone(),
        profits: Vec::new(),
        by_age: Vec::new(),
        fairness: Vec::new(),
        imported: None,
        notes: notes(entrants),
    })
}

fn notes(entrants: &Entrants) -> Vec<String> {
    let mut notes = vec![
        "trained on rows by chance, so that it has seen the newest ones too; on rows to come expect what the \
         leaderboard says of the row order, if the file is in time order"
            .to_owned(),
    ];
    if !entrants.suspects.is_empty() {
        notes.push(format!("trained without the suspected leaks: {}", entrants.suspects.join(", ")));
    }
    notes
}

/// Returns some rows as the model sees them, with their labels.
fn rows_of(kept: &Kept, rows: &[usize]) -> Result<(Matrix, Vec<bool>)> {
    let (matrix, _) = kept.winner.model.features.encode(&kept.entrants.table.select(rows))?;
    Ok((matrix, rows.iter().map(|row| kept.entrants.labels[*row]).collect()))
}
