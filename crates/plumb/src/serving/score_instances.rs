//! The scoring of instances by one model: leads are looked up and go through its features, rows of features are scored
//! together.

use std::sync::Arc;

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use plumb_lake::Lake;
use plumb_lead::{Lead, Matrix, Prediction, Provenance, Unseen};
use plumb_learn::Explanation;

use super::engine::Engine;
use super::error::Error;
use super::instance::Instance;
use super::latest_lake::{OpenedLake, StaleSources};
use super::lead_lookup::{self, FoundLead};
use super::overrides::Overrides;
use crate::blocking::Cancellation;
use crate::scoring::{self, Explain, Predictions, RowKey, Rows, Scorer};

/// What a prediction rests on beside the ground, if rows were posted that the ground lacked.
const POSTED: &str = "posted";

/// The predictions of a request, in its order.
#[derive(Debug)]
pub(crate) struct ScoredRequest {
    pub(crate) predictions: Vec<Prediction>,
    /// The categories that training never saw.
    pub(crate) unseen: Vec<Unseen>,
    /// What each feature contributed to each margin, in log-odds, if that was asked for: a list for each prediction, in the
    /// model's order.
    pub(crate) contributions: Vec<Vec<f64>>,
    /// The sources that are older than the predictions seem; none if no lead data was read.
    pub(crate) stale_sources: StaleSources,
}

/// Instances that are being scored, each result in the place of its instance.
struct Results {
    scored: Vec<Option<(Prediction, Vec<f64>)>>,
    unseen: Vec<Unseen>,
}

/// Rows that are scored at once: in between, nobody may be waiting for the rest any more, and the explanation of all of them
/// would be there beside what is made of it.
const ROWS_AT_ONCE: usize = 1_024;

/// Scores rows as the model takes them.
pub(super) fn score_rows(
    scorer: &Scorer,
    rows: Rows,
    lead_id: Option<&str>,
    as_of: DateTime<Utc>,
    explain: Explain,
    cancellation: &Cancellation,
) -> Result<ScoredRequest, Error> {
    let Rows { matrix, unseen } = rows;
    let mut scored = ScoredRequest {
        predictions: Vec::with_capacity(matrix.rows),
        unseen,
        contributions: Vec::new(),
        stale_sources: StaleSources::default(),
    };
    if matrix.rows <= ROWS_AT_ONCE {
        score_part(scorer, matrix, lead_id, as_of, explain, &mut scored)?;
        return Ok(scored);
    }
    for first in (0..matrix.rows).step_by(ROWS_AT_ONCE) {
        cancellation.check()?;
        let rows = ROWS_AT_ONCE.min(matrix.rows - first);
        let values = matrix.values[first * matrix.columns..(first + rows) * matrix.columns].to_vec();
        let part = Matrix { values, rows, columns: matrix.columns };
        score_part(scorer, part, lead_id, as_of, explain, &mut scored)?;
    }
    Ok(scored)
}

/// Scores some of a request's rows, and adds them to what is scored.
fn score_part(
    scorer: &Scorer,
    matrix: Matrix,
    lead_id: Option<&str>,
    as_of: DateTime<Utc>,
    explain: Explain,
    scored: &mut ScoredRequest,
) -> Result<(), Error> {
    let keys = std::iter::repeat_n(RowKey { lead_id, as_of }, matrix.rows);
    let rows = Rows { matrix, unseen: Vec::new() };
    let Predictions { predictions, explanation, .. } = scorer.predict(rows, keys, &Provenance::default(), explain)?;
    scored.contributions.extend((0..predictions.len()).map(|row| contributions(explanation.as_ref(), row)));
    scored.predictions.extend(predictions);
    Ok(())
}

/// Scores instances.
pub(super) async fn score_instances(
    engine: &Engine,
    scorer: &Scorer,
    instances: Vec<Instance>,
    as_of: DateTime<Utc>,
    explain: Explain,
    cancellation: &Cancellation,
) -> Result<ScoredRequest, Error> {
    let needs_lake = instances.iter().any(|instance| !matches!(instance, Instance::Features { .. }));
    // All leads of a request are read from one version of the ground.
    let opened = if needs_lake { Some(lake(engine, scorer).await?) } else { None };
    let lake = || opened.as_ref().map(|opened| &opened.lake).ok_or(Error::NoLeadData);
    let mut results = Results::new(instances.len());
    let (mut rows, mut lead_ids, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (place, instance) in instances.into_iter().enumerate() {
        cancellation.check()?;
        let predictions = match instance {
            Instance::KnownLead { lead_id, overrides } => {
                score_known_lead(engine, lake()?, scorer, (lead_id, overrides), as_of, explain).await?
            }
            Instance::NewLead { lead, events } => {
                let provenance = Provenance::default();
                scoring::score_lead(lake()?, scorer, &lead, &events, as_of, &provenance, explain).await?
            }
            Instance::Features { lead_id, features } => {
                rows.push(features);
                lead_ids.push(lead_id);
                places.push(place);
                continue;
            }
        };
        results.put(&[place], predictions);
    }
    if let Ok(lake) = lake() {
        engine.metrics.unrated(lake.take_categories_without_rate());
    }
    if !rows.is_empty() {
        let table = scoring::table_of(&scorer.artifact.model.features, &rows)?;
        let keys = lead_ids.iter().map(|lead_id| RowKey { lead_id: lead_id.as_deref(), as_of });
        results.put(&places, scorer.predict(scorer.rows(&table)?, keys, &Provenance::default(), explain)?);
    }
    results.finish(opened.map(|opened| opened.stale_sources).unwrap_or_default())
}

impl Results {
    fn new(count: usize) -> Results {
        let mut scored = Vec::new();
        scored.resize_with(count, || None);
        Results { scored, unseen: Vec::new() }
    }

    /// Puts predictions that were made together into their places.
    fn put(&mut self, places: &[usize], predictions: Predictions) {
        let Predictions { predictions, unseen, explanation } = predictions;
        for ((row, prediction), place) in predictions.into_iter().enumerate().zip(places) {
            self.scored[*place] = Some((prediction, contributions(explanation.as_ref(), row)));
        }
        scoring::add_unseen(&mut self.unseen, unseen);
    }

    fn finish(self, stale_sources: StaleSources) -> Result<ScoredRequest, Error> {
        let count = self.scored.len();
        let (predictions, contributions): (Vec<_>, Vec<_>) = self.scored.into_iter().flatten().unzip();
        if predictions.len() != count {
            return Err(anyhow!("{} of {count} rows were scored", predictions.len()).into());
        }
        Ok(ScoredRequest { predictions, unseen: self.unseen, contributions, stale_sources })
    }
}

fn contributions(explanation: Option<&Explanation>, row: usize) -> Vec<f64> {
    explanation.map_or_else(Vec::new, |explanation| explanation.row(row).to_vec())
}

async fn score_known_lead(
    engine: &Engine,
    lake: &Arc<Lake>,
    scorer: &Scorer,
    (lead_id, overrides): (String, Overrides),
    as_of: DateTime<Utc>,
    explain: Explain,
) -> Result<Predictions, Error> {
    let FoundLead { known, has_posted_rows } = lead_lookup::lead(engine, lake, &lead_id, as_of).await?;
    let mut overridden = overrides.names();
    // The ground alone does not give these inputs again.
    overridden.extend(has_posted_rows.then(|| POSTED.to_owned()));
    let provenance = match overridden.is_empty() {
        true => scoring::provenance_of(lake),
        false => Provenance { overrides: overridden, ..Provenance::default() },
    };
    let (lead, events) = match known {
        Some((lead, events)) => overrides.apply(lead, events),
        None => match overrides.created_at {
            Some(created_at) => (Lead { lead_id, created_at, fields: overrides.fields }, overrides.events),
            None => return Err(scoring::Error::UnknownLead { lead_id }.into()),
        },
    };
    Ok(scoring::score_lead(lake, scorer, &lead, &events, as_of, &provenance, explain).await?)
}

async fn lake(engine: &Engine, scorer: &Scorer) -> Result<OpenedLake, Error> {
    scorer.feature_sql()?;
    match &engine.lake {
        Some(lake) => Ok(lake.get().await?),
        None => Err(Error::NoLeadData),
    }
}
