//! What a rung is worth to the company on the rows to test on: what it would have earned, how good it is at each age of
//! a lead, and how its calls fall on groups of leads.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::{AgeMetrics, FairnessMetrics, Matrix, Profit, Values};
use plumb_learn::decision::{self, Optimise};
use plumb_learn::metrics::{self, Bootstrap};
use plumb_learn::profit::{self, Policy, ScoredOutcomes};
use plumb_learn::{Fitted, Params, fairness};

use super::Gathered;

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

impl Gathered {
    /// Appraises a fit that knew nothing of the rows to test on. `rules` are the scores of the team's rules there.
    pub(super) fn appraise(
        &self,
        earlier: &Fitted,
        matrix: &Matrix,
        scores: &[f64],
        rules: Option<&[f64]>,
    ) -> Result<Appraisal> {
        let labels = self.rows.labels_of(&self.by_time.test);
        let threshold = earlier.model.threshold.score;
        let called: Vec<bool> = scores.iter().map(|score| *score >= threshold).collect();
        let fairness = fairness::measure(&self.config.facets, &earlier.model.features, matrix, &labels, &called);
        Ok(Appraisal {
            profits: self.profits(earlier, scores, rules, &labels)?,
            by_age: self.by_age(scores, &labels, threshold)?,
            fairness: fairness.context("plumb.toml: `facets`")?,
        })
    }

    fn bootstrap(&self) -> Bootstrap {
        Bootstrap { resamples: RESAMPLES, seed: self.assignment.seed }
    }

    /// Returns what each way to decide earns. Thresholds were chosen on rows before these.
    fn profits(&self, earlier: &Fitted, scores: &[f64], rules: Option<&[f64]>, labels: &[bool]) -> Result<Vec<Profit>> {
        let Some(cost) = self.config.cost else { return Ok(Vec::new()) };
        let values = self.values(&self.by_time.test)?;
        let known = ScoredOutcomes { scores, rules, labels, values: values.as_deref(), cost };
        let valid_labels = self.rows.labels_of(&self.by_time.valid);
        let threshold = |optimise| -> Result<Policy> {
            let params = Params { optimise, ..self.recipe.params.clone() };
            Ok(Policy::Threshold(decision::choose(&earlier.held_out, &valid_labels, &params)?.score))
        };
        let f_beta = format!("largest F{}", self.config.beta);
        let mut policies = vec![(f_beta, threshold(Optimise::FBeta)?)];
        policies.push(match values {
            Some(_) => ("whoever is expected to earn more than a call costs".to_owned(), Policy::Expected),
            None => ("smallest expected cost".to_owned(), threshold(Optimise::Cost)?),
        });
        if let Some(leads) = self.config.capacity {
            let share = self.rows.share_of_a_week(leads, &self.by_time.test);
            policies.push((format!("the best {leads} a week"), Policy::Best(share)));
        }
        let earned = policies.iter().map(|(name, policy)| profit::profit(name, *policy, known, self.bootstrap()));
        Ok(earned.collect::<Result<_, _>>()?)
    }

    /// Returns what each lead is worth, by the feature that `plumb.toml` names.
    fn values(&self, rows: &[usize]) -> Result<Option<Vec<f64>>> {
        let Some(name) = &self.config.value else { return Ok(None) };
        let column = self.rows.table.column(name).with_context(|| {
            format!("plumb.toml: `value` is `{name}`, which is no feature: expected a name from features/*.sql")
        })?;
        match &column.values {
            Values::Number(values) => Ok(Some(rows.iter().map(|row| f64::from(values[*row])).collect())),
            other => anyhow::bail!(
                "plumb.toml: `value` is `{name}`, which is a {}: expected a number, what a lead is worth if it is good",
                other.kind()
            ),
        }
    }

    /// Returns the measures of the rows of each age. A lead was first looked at when it was of the first age.
    fn by_age(&self, scores: &[f64], labels: &[bool], threshold: f64) -> Result<Vec<AgeMetrics>> {
        let mut first: HashMap<&str, DateTime<Utc>> = HashMap::new();
        for observation in &self.rows.observations {
            let moment = first.entry(&observation.lead_id).or_insert(observation.as_of);
            *moment = observation.as_of.min(*moment);
        }
        let mut rows_by_age: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (place, row) in self.by_time.test.iter().enumerate() {
            let observation = &self.rows.observations[*row];
            let age = observation.as_of - first[observation.lead_id.as_str()] + self.youngest;
            rows_by_age.entry(age.num_hours()).or_default().push(place);
        }
        let mut measured = Vec::new();
        for (age_hours, rows) in rows_by_age {
            let of_age: Vec<f64> = rows.iter().map(|row| scores[*row]).collect();
            let labels: Vec<bool> = rows.iter().map(|row| labels[*row]).collect();
            let positives = labels.iter().filter(|label| **label).count();
            if rows.len() >= ROWS_MIN && positives.min(rows.len() - positives) >= CLASS_ROWS_MIN {
                let bootstrap = Some(self.bootstrap());
                let metrics = metrics::evaluate(&of_age, &labels, threshold, self.config.beta, bootstrap)?;
                measured.push(AgeMetrics { age_hours, metrics });
            }
        }
        Ok(measured)
    }
}
