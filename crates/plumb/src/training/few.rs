//! A target of which little is known yet: outcomes too few to set some aside for a test, or none.
//!
//! The ladder then has one rung. Without outcomes the team's rules answer, with few a regression that is drawn to them.
//! docs/decisions/0013-rules-first-outcomes-later.md says why.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use plumb_lake::{FeatureSql, Labels};
use plumb_lead::{DatasetCard, FeatureSet, Matrix, ModelCard, ModelKind, Observation, Table};
use plumb_learn::split::{self, Split};
use plumb_learn::{Model, Params, Samples, drift, fit_cold_start};

use super::choice::Choice;
use super::flags::Flags;
use super::{Assignment, Gathered, Ground, Ladder, Rung, Tested};
use crate::card;
use crate::registry;
use crate::scoring::{Artifact, Inputs};

/// With fewer leads of either class in one of the parts, a measure of them is chance.
const CLASS_LEADS_MIN: usize = 10;

/// What there is: leads whose outcome is known first, then those that are open.
pub(super) struct Few {
    observations: Vec<Observation>,
    table: Table,
    /// Of the first rows.
    labels: Vec<bool>,
    sql: FeatureSql,
    /// Observations that are too young to have a label.
    pub(super) censored: usize,
}

impl Few {
    /// Collects what there is; `None` if it is enough to train and test on.
    pub(super) async fn gather(ground: Ground<'_>, assignment: &Assignment) -> Result<Option<Few>> {
        let Ground { project, lake, store, .. } = ground;
        let Assignment { target, as_of, .. } = assignment;
        let (label_spec, config) = (project.label_spec(target)?, project.target(target)?);
        let Labels { observations, labels, label_known_at, censored } = lake.labels(&label_spec, *as_of).await?;
        if let Ok(split) = split::by_time(&observations, &label_known_at, config.horizon)
            && is_enough(&split, &observations, &labels)
        {
            return Ok(None);
        }
        let flags = Flags::read(&store.feedback_all(*as_of).await?, target, config.horizon, *as_of);
        let labelled = observations.into_iter().zip(labels).filter(|(observation, _)| flags.keeps(observation));
        let (mut observations, labels): (Vec<Observation>, Vec<bool>) = labelled.unzip();
        let open = lake.open_leads(&label_spec, *as_of).await?;
        observations.extend(open.into_iter().filter(|observation| flags.keeps(observation)));
        let sql = project.feature_sql()?;
        let table = lake.features(&sql, &observations).await?;
        Ok(Some(Few { observations, table, labels, sql, censored }))
    }

    /// Fits the only rung.
    pub(super) fn ladder(&self, gathered: &Gathered) -> Result<Ladder> {
        let target = &gathered.assignment.target;
        let features = FeatureSet::learn(&self.table, &gathered.recipe.message_catalog);
        let (everyone, _) = features.encode(&self.table)?;
        let model = self.fit(&features, &everyone, &gathered.recipe.params, gathered.recipe.leads_a_week);
        let not_read = || gathered.rules_not_used(&features).join("\n  ");
        let model = model.with_context(|| format!("cannot train for `{target}` {}", not_read()))?;
        let baseline = drift::baseline(&model.features, &everyone, &card::scores(&model, &everyone)?)?;
        let inputs = Inputs::Leads(self.sql.clone());
        let artifact = Artifact { model, target: target.clone(), inputs, baseline };
        let bytes = serde_json::to_vec(&artifact).context("cannot write the model as JSON")?;
        let card = self.card(registry::model_id(&bytes), gathered, &artifact.model, &everyone)?;
        let why = format!("{}: {}", card.kind.word(), self.why(card.kind));
        let rung = Rung {
            bytes,
            card,
            threshold: artifact.model.threshold.score,
            features,
            beta: gathered.recipe.params.beta,
            scores: Vec::new(),
            losses: Vec::new(),
        };
        let tested = Tested { observations: Vec::new(), labels: Vec::new() };
        Ok(Ladder { rungs: vec![rung], choice: Choice { index: 0, why }, tested })
    }

    fn fit(
        &self,
        features: &FeatureSet,
        everyone: &Matrix,
        params: &Params,
        leads_a_week: Option<f64>,
    ) -> Result<Model, plumb_learn::Error> {
        let matrix = everyone.select(&(0..self.labels.len()).collect::<Vec<_>>());
        let ones = vec![1.0; everyone.rows];
        let few = Samples { matrix: &matrix, labels: &self.labels, weights: &self.weights() };
        // Nobody's label is asked of those who have none.
        let unknown = vec![false; everyone.rows];
        let everyone = Samples { matrix: everyone, labels: &unknown, weights: &ones };
        let leads = self.observations.iter().map(|observation| &observation.lead_id).collect::<HashSet<_>>().len();
        let capacity = leads_a_week.map(|a_week| (a_week / leads.max(1) as f64).min(1.0));
        fit_cold_start(features, few, everyone, &Params { capacity, ..params.clone() })
    }

    /// What each row with an outcome counts: the rows of one lead share its outcome, and together they count once, or the
    /// model would be surer than its leads let it be.
    fn weights(&self) -> Vec<f32> {
        let known = &self.observations[..self.labels.len()];
        let mut rows_of: HashMap<&str, u16> = HashMap::new();
        known.iter().for_each(|observation| *rows_of.entry(&observation.lead_id).or_default() += 1);
        known.iter().map(|observation| 1.0 / f32::from(rows_of[observation.lead_id.as_str()])).collect()
    }

    fn card(&self, model_id: String, gathered: &Gathered, model: &Model, everyone: &Matrix) -> Result<ModelCard> {
        let known = &self.observations[..self.labels.len()];
        let moments = || known.iter().map(|observation| observation.as_of);
        let sql = serde_json::to_vec(&(&self.sql, &model.features)).context("cannot hash the features")?;
        let mut notes = vec![self.why(model.kind())];
        if model.kind() == ModelKind::Rules {
            notes.push("the share of good leads is assumed to be one in ten, and a standard deviation of points to add 1 to the \
                        log-odds: the order of leads is the rules', the probabilities are not measured".to_owned());
            notes.extend(gathered.rules_not_used(&model.features));
        }
        Ok(ModelCard {
            model_id,
            target: gathered.assignment.target.clone(),
            kind: model.kind(),
            as_of: gathered.assignment.as_of,
            dataset: DatasetCard {
                hash: card::hash_of_rows(&model.features, everyone, &self.labels, &[])?,
                rows_train: self.labels.len(),
                rows_valid: 0,
                rows_test: 0,
                base_rate: model.base_rate,
                rows_censored: self.censored,
                span: moments().min().zip(moments().max()),
            },
            features_hash: card::hash(&sql),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: gathered.assignment.seed,
            params: model.params.clone(),
            threshold: model.threshold.clone(),
            metrics: None,
            gain: Vec::new(),
            reliability: Vec::new(),
            importance: card::importance(model, everyone)?,
            weakest: Vec::new(),
            leaks: Vec::new(),
            profits: Vec::new(),
            by_age: Vec::new(),
            fairness: Vec::new(),
            imported: None,
            notes,
        })
    }

    fn why(&self, kind: ModelKind) -> String {
        let positives = self.labels.iter().filter(|label| **label).count();
        match (kind, self.labels.len()) {
            (ModelKind::Rules, _) => "no outcome is known yet, so the team's rules answer".to_owned(),
            (_, rows) => format!(
                "{rows} rows with an outcome, {positives} of them good, are too few to test on, so nothing is measured: the \
                 regression is drawn to the team's rules, if there are any, and each score says how unsure it is"
            ),
        }
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
