//! From two fits to a candidate model: the evaluation fit is measured, the final fit is written to the model's file.

use std::collections::HashMap;

use anyhow::{Context, Result};
use plumb_lead::{DatasetCard, ModelCard, ModelKind, TrainingSettings};
use plumb_learn::{Fitted, Model, drift};

use super::appraisal::appraise;
use super::candidates::{CandidateModel, EvaluationFit};
use super::fit_config::TrainingSetup;
use super::screening::Screening;
use super::settings::training_settings;
use super::split_rows::SplitRows;
use crate::evaluation::{self, Evaluation};
use crate::scoring::{Artifact, Inputs};
use crate::{content_hash, registry};

/// The two fits of one kind of model.
pub(super) struct FittedTwice {
    pub(super) evaluation: Fitted,
    pub(super) final_fit: Fitted,
}

/// Measures a model, and writes its file and card. `rules_scores` are the scores of the team's rules on the rows to test
/// on, if it has rules.
pub(super) fn candidate(
    setup: &TrainingSetup,
    split: &SplitRows,
    fitted: FittedTwice,
    screening: &Screening,
    rules_scores: Option<&[f64]>,
) -> Result<CandidateModel> {
    let FittedTwice { evaluation: measured, final_fit } = fitted;
    let (valid, test) = (&split.evaluation.valid, &split.evaluation.test);
    let losses = evaluation::log_losses(&measured.held_out, &split.rows.labels_of(valid));
    let (test_matrix, _) = measured.model.features.encode(&split.rows.table.select(test))?;
    let labels = split.rows.labels_of(test);
    let params = &setup.fit_config.params;
    let measures = evaluation::evaluate(&measured.model, &test_matrix, &labels, params.beta, params.seed)?;
    let scores = evaluation::scores(&measured.model, &test_matrix)?;

    let baseline = baseline(split, &final_fit)?;
    let artifact = Artifact {
        model: final_fit.model,
        target: setup.spec.target.clone(),
        inputs: Inputs::Leads(split.manifest.sql.clone()),
        baseline,
    };
    let bytes = serde_json::to_vec(&artifact).context("cannot write the model as JSON")?;
    let mut card = card(setup, split, registry::model_id(&bytes), &artifact.model, measures, screening)?;
    let appraisal = appraise(setup, split, &measured, &test_matrix, &scores, rules_scores)?;
    (card.profits, card.by_age, card.fairness) = (appraisal.profits, appraisal.by_age, appraisal.fairness);
    let features = artifact.model.features;
    let evaluation = EvaluationFit { beta: params.beta, threshold: measured.model.threshold.score, scores, losses };
    Ok(CandidateModel { bytes, card, features, evaluation })
}

/// Returns what later weeks are compared with: each lead once, at the last age, as in monitoring.
fn baseline(split: &SplitRows, fitted: &Fitted) -> Result<drift::Baseline> {
    let valid = &split.final_split.valid;
    let features = &fitted.model.features;
    let rows = split.rows.at_last_age(&split.final_rows(), split.age_span);
    let (matrix, _) = features.encode(&split.rows.table.select(&rows))?;
    // Of rows that the model has learned from it is surer than it will ever be of new ones.
    let held_out: HashMap<usize, f64> = valid.iter().copied().zip(fitted.held_out.iter().copied()).collect();
    let scored = split.rows.at_last_age(valid, split.age_span);
    let scored = scored.into_iter().filter_map(|row| Some((row, *held_out.get(&row)?)));
    let (scored, scores): (Vec<usize>, Vec<f64>) = scored.unzip();
    let (at, scores_at) = (split.rows.times_of(&rows), split.rows.times_of(&scored));
    let rows = drift::DatedRows { matrix: &matrix, at: &at, scores: &scores, scores_at: &scores_at };
    Ok(drift::baseline_by_week(features, &rows)?)
}

fn card(
    setup: &TrainingSetup,
    split: &SplitRows,
    model_id: String,
    model: &Model,
    measures: Evaluation,
    screening: &Screening,
) -> Result<ModelCard> {
    let all = split.final_rows();
    let times = || all.iter().map(|row| split.rows.observations[*row].as_of);
    let sql = serde_json::to_vec(&(&split.manifest.sql, &model.features)).context("cannot hash the features")?;
    Ok(ModelCard {
        model_id,
        target: setup.spec.target.clone(),
        kind: model.kind(),
        as_of: setup.spec.as_of,
        dataset: DatasetCard {
            hash: split.manifest.logical_hash.clone(),
            rows_train: split.final_split.train.len(),
            rows_valid: split.final_split.valid.len(),
            rows_test: split.evaluation.test.len(),
            base_rate: model.base_rate,
            rows_censored: split.censored,
            span: times().min().zip(times().max()),
        },
        features_hash: content_hash::sha256(&sql),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: setup.spec.seed,
        settings: TrainingSettings { recency: setup.spec.recency, ..training_settings(model, None) },
        threshold: model.threshold.clone(),
        metrics: Some(measures.metrics),
        gain: measures.gain,
        reliability: measures.reliability,
        importance: measures.importance,
        weakest: measures.weakest,
        leaks: screening.leaks.clone(),
        left_out: screening.left_out.clone(),
        profits: Vec::new(),
        by_age: Vec::new(),
        fairness: Vec::new(),
        imported: None,
        made_of: Some(setup.made_of.clone()),
        notes: notes(setup, split, screening, model),
    })
}

fn notes(setup: &TrainingSetup, split: &SplitRows, screening: &Screening, model: &Model) -> Vec<String> {
    let mut notes: Vec<String> = split.flags_note.iter().chain(&screening.notes).cloned().collect();
    if let Some(from) = split.holdout().from() {
        notes.push(format!(
            "measured as of {}, by a fit of the same kind that knew nothing later, on the leads that came from then on; \
             the model itself knows all that was known by {}",
            from.format("%-d %b %Y"),
            setup.spec.as_of.format("%-d %b %Y"),
        ));
    }
    if !setup.spec.recency.is_all() {
        notes.push(format!("learned from recent rows: {}", setup.spec.recency.words()));
    }
    if model.kind() == ModelKind::Rules {
        notes.extend(setup.rules_not_used(&model.features));
    }
    notes
}
