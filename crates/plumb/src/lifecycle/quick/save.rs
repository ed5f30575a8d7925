//! Saves the winner of a leaderboard: its file and its card, in a data folder that the other commands can use.

use std::path::Path;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::{DatasetCard, Matrix, ModelCard};
use plumb_learn::{Model, Params, drift};
use plumb_tables::ReadingPlan;

use super::labelled_table::LabelledTable;
use super::leaderboard::ModelToSave;
use super::splits::RowOrder;
use crate::evaluation::{self, Evaluation};
use crate::lifecycle::{locks, reading};
use crate::scoring::{Artifact, Inputs};
use crate::store::Store;
use crate::training::training_settings;
use crate::{content_hash, registry};

/// In whose name the model is promoted.
const BY: &str = "plumb quick";

/// The model to save, and what it was trained on.
pub(super) struct Winner<'a> {
    pub(super) chosen: &'a ModelToSave,
    /// How the file was read, so that the next one is read alike.
    pub(super) plan: &'a ReadingPlan,
    pub(super) table: &'a LabelledTable,
    pub(super) params: &'a Params,
    pub(super) target: &'a str,
}

/// Writes a model into a data folder with the reading plan, makes it the champion of its target there, and returns its
/// card.
pub(super) async fn save(folder: &Path, winner: &Winner<'_>) -> Result<ModelCard> {
    let (model, measured) = (&winner.chosen.model, &winner.chosen.measured);
    // Scores of rows that the measured fit has not seen: on its own training rows a model is surer than it will ever be.
    let (held_out, _) = winner.rows(&measured.model, &measured.split.test)?;
    let scores = evaluation::scores(&measured.model, &held_out)?;
    let (held_out, _) = winner.rows(model, &measured.split.test)?;
    let baseline = drift::baseline(&model.features, &held_out, &scores)?;
    let target = winner.target.to_owned();
    let artifact = Artifact { model: model.clone(), target, inputs: Inputs::Columns, baseline };
    let bytes = serde_json::to_vec(&artifact).context("cannot write the model as JSON")?;
    let card = winner.card(registry::model_id(&bytes))?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create the folder `{}`", folder.display()))?;
    let _lock = locks::registry(folder)?;
    reading::save(folder, winner.plan)?;
    let store = Store::open(&folder.join("plumb.db")).await?;
    registry::add(&store, folder, &bytes, &card).await?;
    let why = "best on the rows to choose on, of a file's first models";
    registry::promote(&store, winner.target, &card.model_id, BY, why).await?;
    Ok(card)
}

impl Winner<'_> {
    fn card(&self, model_id: String) -> Result<ModelCard> {
        let Winner { chosen, table, params, target, .. } = self;
        let (model, split) = (&chosen.model, &chosen.measured.split);
        let (test, labels) = self.rows(&chosen.measured.model, &split.test)?;
        let Evaluation { metrics, gain, reliability, importance, weakest } =
            evaluation::evaluate(&chosen.measured.model, &test, &labels, params.beta, params.seed)?;
        let (all, _) = model.features.encode(&table.table)?;
        let features = serde_json::to_vec(&model.features).context("cannot hash the features")?;
        Ok(ModelCard {
            model_id,
            target: (*target).to_owned(),
            kind: model.kind(),
            as_of: Utc::now(),
            dataset: DatasetCard {
                hash: content_hash::of_rows(&model.features, &all, &table.labels, &[])?,
                rows_train: split.train.len(),
                rows_valid: split.valid.len(),
                rows_test: split.test.len(),
                base_rate: model.base_rate,
                rows_censored: 0,
                span: self.span(),
            },
            features_hash: content_hash::sha256(&features),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: params.seed,
            settings: training_settings(model, None),
            threshold: model.threshold.clone(),
            metrics: Some(metrics),
            gain,
            reliability,
            importance,
            weakest,
            leaks: table.suspects.evidence(),
            left_out: table.suspects.names(),
            profits: Vec::new(),
            by_age: Vec::new(),
            fairness: Vec::new(),
            imported: None,
            made_of: None,
            notes: self.notes(),
        })
    }

    /// Returns the first and the last time of its rows, if it was tested in their order.
    fn span(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let [first, last] = self.table.facts.span().filter(|_| self.chosen.order == RowOrder::Time)?;
        DateTime::from_timestamp_micros(first).zip(DateTime::from_timestamp_micros(last))
    }

    fn notes(&self) -> Vec<String> {
        let how = match self.chosen.order {
            RowOrder::Time if self.chosen.knows_all => {
                "measured on the newest rows by a fit on those before, and then fitted once more on all rows"
            }
            RowOrder::Time => "trained on the oldest rows and tested on the newest",
            RowOrder::Random | RowOrder::File => {
                "trained on random rows, so that it has seen the newest ones too; on future rows expect the figures of the \
                 row order, if the file is in time order"
            }
        };
        let mut notes = vec![how.to_owned()];
        let suspects = self.table.suspects.names();
        if !suspects.is_empty() {
            notes.push(format!("trained without the suspected leaks: {}", suspects.join(", ")));
        }
        notes
    }

    /// Returns some rows as a model sees them, with their labels.
    fn rows(&self, model: &Model, rows: &[usize]) -> Result<(Matrix, Vec<bool>)> {
        let (matrix, _) = model.features.encode(&self.table.table.select(rows))?;
        Ok((matrix, self.table.labels_of(rows)))
    }
}
