//! What a model is worth to the company on the rows to test on: its profit, how good it is at each age of a lead, and its
//! fairness.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use plumb_lead::{AgeMetrics, FairnessMetrics, Matrix, Profit, Values};
use plumb_learn::decision::{self, Optimise};
use plumb_learn::metrics::{self, Bootstrap};
use plumb_learn::profit::{self, Policy, ScoredOutcomes};
use plumb_learn::{Fitted, Params, fairness};

use super::fit_config::TrainingSetup;
use super::split_rows::SplitRows;

/// Draws behind the intervals.
const RESAMPLES: usize = 200;

/// With fewer rows of an age, or fewer of either class, its measures are chance.
const ROWS_MIN: usize = 100;
const CLASS_ROWS_MIN: usize = 20;

/// What is added to a card.
pub(super) struct Appraisal {
    pub(super) profits: Vec<Profit>,
    pub(super) by_age: Vec<AgeMetrics>,
    pub(super) fairness: Vec<FairnessMetrics>,
}

/// Appraises an evaluation fit. `scores` are its scores of the rows to test on, `rules_scores` those of the team's rules.
pub(super) fn appraise(
    setup: &TrainingSetup,
    split: &SplitRows,
    fitted: &Fitted,
    matrix: &Matrix,
    scores: &[f64],
    rules_scores: Option<&[f64]>,
) -> Result<Appraisal> {
    let labels = split.rows.labels_of(&split.evaluation.test);
    let threshold = fitted.model.threshold.score;
    let called: Vec<bool> = scores.iter().map(|score| *score >= threshold).collect();
    let is_seen = |facet: &&String| !setup.fit_config.left_out.contains(*facet);
    let facets: Vec<String> = setup.target.facets.iter().filter(is_seen).cloned().collect();
    let fairness = fairness::measure(&facets, &fitted.model.features, matrix, &labels, &called);
    let scored = ScoredRows { setup, split, scores, labels: &labels };
    Ok(Appraisal {
        profits: scored.profits(fitted, rules_scores)?,
        by_age: scored.by_age(threshold)?,
        fairness: fairness.context("plumb.toml: `facets`")?,
    })
}

/// The rows to test on, with their scores.
struct ScoredRows<'a> {
    setup: &'a TrainingSetup,
    split: &'a SplitRows,
    scores: &'a [f64],
    labels: &'a [bool],
}

impl ScoredRows<'_> {
    fn bootstrap(&self) -> Bootstrap {
        Bootstrap { resamples: RESAMPLES, seed: self.setup.spec.seed }
    }

    /// Returns the profit of each policy. Thresholds were chosen on rows before these.
    fn profits(&self, fitted: &Fitted, rules_scores: Option<&[f64]>) -> Result<Vec<Profit>> {
        let (target, split) = (&self.setup.target, self.split);
        let Some(cost) = target.cost else { return Ok(Vec::new()) };
        let values = self.lead_values()?;
        let known = ScoredOutcomes {
            scores: self.scores,
            rules: rules_scores,
            labels: self.labels,
            values: values.as_deref(),
            cost,
        };
        let valid_labels = split.rows.labels_of(&split.evaluation.valid);
        let threshold = |optimise| -> Result<Policy> {
            let params = Params { optimise, ..self.setup.fit_config.params.clone() };
            Ok(Policy::Threshold(decision::choose(&fitted.held_out, &valid_labels, &params)?.score))
        };
        let mut policies = vec![(format!("largest F{}", target.beta), threshold(Optimise::FBeta)?)];
        policies.push(match values {
            Some(_) => ("every lead that is expected to earn more than a call costs".to_owned(), Policy::Expected),
            None => ("smallest expected cost".to_owned(), threshold(Optimise::Cost)?),
        });
        if let Some(leads) = target.capacity {
            let share = split.rows.share_of_a_week(leads, &split.evaluation.test);
            policies.push((format!("the best {leads} a week"), Policy::Best(share)));
        }
        let profits = policies.iter().map(|(name, policy)| profit::profit(name, *policy, known, self.bootstrap()));
        Ok(profits.collect::<Result<_, _>>()?)
    }

    /// Returns what each lead is worth, by the feature that `plumb.toml` names; `None` if it names none.
    fn lead_values(&self) -> Result<Option<Vec<f64>>> {
        let Some(name) = &self.setup.target.value else { return Ok(None) };
        let column = self.split.rows.table.column(name).with_context(|| {
            format!("plumb.toml: `value` is `{name}`, which is no feature: expected a name from features/*.sql")
        })?;
        match &column.values {
            Values::Number(values) => {
                Ok(Some(self.split.evaluation.test.iter().map(|row| f64::from(values[*row])).collect()))
            }
            other => bail!(
                "plumb.toml: `value` is `{name}`, which is a {}: expected a number, what a lead is worth if it is good",
                other.kind()
            ),
        }
    }

    /// Returns the measures of the rows of each age. A lead was first observed at the youngest age.
    fn by_age(&self, threshold: f64) -> Result<Vec<AgeMetrics>> {
        let mut measured = Vec::new();
        for (age_hours, places) in self.places_by_age() {
            let scores: Vec<f64> = places.iter().map(|place| self.scores[*place]).collect();
            let labels: Vec<bool> = places.iter().map(|place| self.labels[*place]).collect();
            let positives = labels.iter().filter(|label| **label).count();
            if places.len() >= ROWS_MIN && positives.min(places.len() - positives) >= CLASS_ROWS_MIN {
                let bootstrap = Some(self.bootstrap());
                let metrics = metrics::evaluate(&scores, &labels, threshold, self.setup.target.beta, bootstrap)?;
                measured.push(AgeMetrics { age_hours, metrics });
            }
        }
        Ok(measured)
    }

    /// Returns the rows of each age in hours, by their places among the rows to test on.
    fn places_by_age(&self) -> BTreeMap<i64, Vec<usize>> {
        let observations = &self.split.rows.observations;
        let mut first: HashMap<&str, DateTime<Utc>> = HashMap::new();
        for observation in observations {
            let earliest = first.entry(&observation.lead_id).or_insert(observation.as_of);
            *earliest = observation.as_of.min(*earliest);
        }
        let mut places: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (place, row) in self.split.evaluation.test.iter().enumerate() {
            let observation = &observations[*row];
            let age = observation.as_of - first[observation.lead_id.as_str()] + self.split.age_min;
            places.entry(age.num_hours()).or_default().push(place);
        }
        places
    }
}
