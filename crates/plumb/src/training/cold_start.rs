//! A cold start: too few outcomes to set some apart for a test, or none.
//!
//! Then there is one model. Without outcomes it is the team's scorecard, with a few a regression that is drawn to the
//! scorecard. docs/decisions/0013 says why.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use plumb_lake::{FeatureSql, Labels, PostOutcomeChange};
use plumb_lead::{DatasetCard, FeatureSet, Matrix, ModelCard, ModelKind, Observation, Table};
use plumb_learn::split::{self, Split};
use plumb_learn::{Model, Params, Samples, drift, fit_cold_start};

use super::candidates::{CandidateModel, EvaluationFit};
use super::fit_config::TrainingSetup;
use super::flags::Flags;
use super::rows::at_last_age;
use super::screening::{Screening, evidence};
use super::settings::training_settings;
use super::spec::{TrainingContext, TrainingSpec};
use super::target_check::Lesson;
use crate::scoring::{Artifact, Inputs};
use crate::{content_hash, evaluation, registry};

/// With fewer leads of either class in one of the parts, a measure of them is chance.
const CLASS_LEADS_MIN: usize = 10;

/// The rows of a cold start: leads with an outcome first, then those that are open.
pub(super) struct ColdStartRows {
    observations: Vec<Observation>,
    table: Table,
    /// Of the first rows.
    labels: Vec<bool>,
    sql: FeatureSql,
    /// Observations that are too young to have a label.
    censored: usize,
    /// Why no label is learned from, as a sentence; `None` if there are some.
    nothing: Option<String>,
    /// How often undated fields changed after outcomes.
    post_outcome_changes: Vec<PostOutcomeChange>,
    /// The time from the youngest age at which leads are observed to the oldest.
    age_span: TimeDelta,
}

impl ColdStartRows {
    /// Collects the rows; `None` if there are enough outcomes to train and test on.
    pub(super) async fn collect(
        context: TrainingContext<'_>,
        spec: &TrainingSpec,
        labels: Labels,
        lesson: Lesson,
    ) -> Result<Option<ColdStartRows>> {
        let TrainingContext { project, lake, store, .. } = context;
        let TrainingSpec { target, as_of, .. } = spec;
        let (label_spec, config) = (project.label_spec(target)?, project.target(target)?);
        let Labels { observations, labels, label_known_at, censored, .. } = labels;
        if let Ok(split) = split::by_time(&observations, &label_known_at, config.horizon)
            && is_enough(&split, &observations, &labels)
        {
            return Ok(None);
        }
        let flags = Flags::read(&store.feedback_all(*as_of).await?, target, config.horizon, *as_of);
        let labelled = observations.into_iter().zip(labels).filter(|(observation, _)| flags.keeps(observation));
        let (mut observations, mut labels): (Vec<Observation>, Vec<bool>) = labelled.unzip();
        let nothing = match lesson {
            Lesson::Labels => None,
            Lesson::Nothing(why) => {
                labels.clear();
                Some(why)
            }
        };
        let open = lake.open_leads(&label_spec, *as_of).await?;
        observations.extend(open.into_iter().filter(|observation| flags.keeps(observation)));
        let sql = project.feature_sql()?;
        let table = lake.features(&sql, &observations).await?;
        let post_outcome_changes = lake.post_outcome_changes(&sql, &label_spec, *as_of).await?;
        let (youngest, oldest) = (label_spec.ages.iter().min(), label_spec.ages.iter().max());
        let age_span = oldest.copied().unwrap_or_default() - youngest.copied().unwrap_or_default();
        Ok(Some(ColdStartRows { observations, table, labels, sql, censored, nothing, post_outcome_changes, age_span }))
    }

    /// Returns the columns suspected to reveal the outcome.
    pub(super) fn screening(&self, setup: &TrainingSetup) -> Result<Screening> {
        let labelled: Vec<usize> = (0..self.labels.len()).collect();
        let evidence = evidence(&self.table.select(&labelled), &self.labels, &self.post_outcome_changes)?;
        Screening::of(setup, &self.table, evidence)
    }

    /// Fits the only model. It is not measured.
    pub(super) fn train(&self, setup: &TrainingSetup, screening: &Screening) -> Result<CandidateModel> {
        let setup = &setup.leaving_out(&screening.left_out);
        let target = &setup.spec.target;
        let features = setup.fit_config.features(&self.table);
        let (all, _) = features.encode(&self.table)?;
        let model = self.fit(&features, &all, &setup.fit_config.params, setup.fit_config.leads_a_week);
        let not_read = || setup.rules_not_used(&features).join("\n  ");
        let model = model.with_context(|| format!("cannot train for `{target}` {}", not_read()))?;
        let baseline = self.baseline(&model, &all)?;
        let inputs = Inputs::Leads(self.sql.clone());
        let artifact = Artifact { model, target: target.clone(), inputs, baseline };
        let bytes = serde_json::to_vec(&artifact).context("cannot write the model as JSON")?;
        let model = artifact.model;
        let card = self.card(registry::model_id(&bytes), setup, screening, &model, &all)?;
        let evaluation = EvaluationFit {
            beta: setup.fit_config.params.beta,
            threshold: model.threshold.score,
            scores: Vec::new(),
            losses: Vec::new(),
        };
        Ok(CandidateModel { bytes, card, features, evaluation })
    }

    /// Returns what later weeks are compared with: leads at the last age, or all rows if none was so old.
    fn baseline(&self, model: &Model, all: &Matrix) -> Result<drift::Baseline> {
        let rows = at_last_age(&self.observations, &(0..all.rows).collect::<Vec<_>>(), self.age_span);
        let matrix = all.select(&rows);
        let scores = evaluation::scores(model, &matrix)?;
        let at: Vec<DateTime<Utc>> = rows.iter().map(|row| self.observations[*row].as_of).collect();
        let rows = drift::DatedRows { matrix: &matrix, at: &at, scores: &scores, scores_at: &at };
        Ok(drift::baseline_by_week(&model.features, &rows)?)
    }

    /// Returns why this model is used, as a sentence.
    pub(super) fn why(&self, kind: ModelKind) -> String {
        let positives = self.labels.iter().filter(|label| **label).count();
        match (kind, &self.nothing, self.labels.len()) {
            (ModelKind::Rules, Some(why), _) => why.clone(),
            (ModelKind::Rules, None, _) => "no outcome is known yet, so the team's rules score the leads".to_owned(),
            (_, _, rows) => format!(
                "{rows} rows with an outcome, {positives} of them good, are too few to test on, so nothing is measured: the \
                 regression is drawn to the team's rules, if there are any, and each score has an interval that shows how \
                 unsure it is"
            ),
        }
    }

    fn fit(
        &self,
        features: &FeatureSet,
        all: &Matrix,
        params: &Params,
        leads_a_week: Option<f64>,
    ) -> Result<Model, plumb_learn::Error> {
        let matrix = all.select(&(0..self.labels.len()).collect::<Vec<_>>());
        let labelled = Samples { matrix: &matrix, labels: &self.labels, weights: &self.weights() };
        // The labels of rows without an outcome are not read.
        let (no_labels, ones) = (vec![false; all.rows], vec![1.0; all.rows]);
        let all = Samples { matrix: all, labels: &no_labels, weights: &ones };
        let leads = self.observations.iter().map(|observation| &observation.lead_id).collect::<HashSet<_>>().len();
        let capacity = leads_a_week.map(|a_week| (a_week / leads.max(1) as f64).min(1.0));
        fit_cold_start(features, labelled, all, &Params { capacity, ..params.clone() })
    }

    /// Returns the weight of each row with an outcome: the rows of one lead share its outcome, and together they count
    /// once, or the model would be surer than its leads let it be.
    fn weights(&self) -> Vec<f32> {
        let labelled = self.labelled();
        let mut rows_of: HashMap<&str, u16> = HashMap::new();
        labelled.iter().for_each(|observation| *rows_of.entry(&observation.lead_id).or_default() += 1);
        labelled.iter().map(|observation| 1.0 / f32::from(rows_of[observation.lead_id.as_str()])).collect()
    }

    fn labelled(&self) -> &[Observation] {
        &self.observations[..self.labels.len()]
    }

    fn card(
        &self,
        model_id: String,
        setup: &TrainingSetup,
        screening: &Screening,
        model: &Model,
        all: &Matrix,
    ) -> Result<ModelCard> {
        let times = || self.labelled().iter().map(|observation| observation.as_of);
        let sql = serde_json::to_vec(&(&self.sql, &model.features)).context("cannot hash the features")?;
        Ok(ModelCard {
            model_id,
            target: setup.spec.target.clone(),
            kind: model.kind(),
            as_of: setup.spec.as_of,
            dataset: DatasetCard {
                hash: content_hash::of_rows(&model.features, all, &self.labels, &[])?,
                rows_train: self.labels.len(),
                rows_valid: 0,
                rows_test: 0,
                base_rate: model.base_rate,
                rows_censored: self.censored,
                span: times().min().zip(times().max()),
            },
            features_hash: content_hash::sha256(&sql),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: setup.spec.seed,
            settings: training_settings(model, None),
            threshold: model.threshold.clone(),
            metrics: None,
            gain: Vec::new(),
            reliability: Vec::new(),
            importance: evaluation::importance(model, all)?,
            weakest: Vec::new(),
            leaks: screening.leaks.clone(),
            left_out: screening.left_out.clone(),
            profits: Vec::new(),
            by_age: Vec::new(),
            fairness: Vec::new(),
            imported: None,
            made_of: Some(setup.made_of.clone()),
            notes: self.notes(setup, screening, model),
        })
    }

    fn notes(&self, setup: &TrainingSetup, screening: &Screening, model: &Model) -> Vec<String> {
        let mut notes = vec![self.why(model.kind())];
        notes.extend(screening.notes.iter().cloned());
        if model.kind() == ModelKind::Rules {
            notes.push(
                "the share of good leads is assumed to be one in ten, and a standard deviation of points to add 1 to the \
                 log-odds: the order of leads is that of the rules, the probabilities are not measured"
                    .to_owned(),
            );
            notes.extend(setup.rules_not_used(&model.features));
        }
        notes
    }
}

/// Returns whether each part has enough leads of both classes.
fn is_enough(split: &Split, observations: &[Observation], labels: &[bool]) -> bool {
    [&split.train, &split.valid, &split.test].into_iter().all(|part| {
        [true, false].into_iter().all(|class| {
            let of_class = part.iter().filter(|row| labels[**row] == class);
            of_class.map(|row| &observations[*row].lead_id).collect::<HashSet<_>>().len() >= CLASS_LEADS_MIN
        })
    })
}
