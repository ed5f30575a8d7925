//! What is to be scored, and the scoring of it: the one function behind `/v1/score` and the invocations.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Utc};
use plumb_lake::Lake;
use plumb_lead::{Event, FieldValue, Lead, Observation, Prediction, Unseen};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::App;
use super::error::Error;
use super::known::{self, News};
use super::wire::{Fields, field_value};
use crate::scoring::{self, Origin, Scorer};

/// One thing to score.
pub(super) enum Subject {
    /// A lead that the sources know, with what the request says of it.
    Known { lead_id: String, news: News },
    /// A lead that the request brings with it.
    Given { lead: Lead, events: Vec<Event> },
    /// The model's inputs themselves.
    Features { lead_id: String, features: BTreeMap<String, FieldValue> },
}

impl Subject {
    /// Reads one of `lead_id`, alone or with what is newer than the sources in `lead` and `events`; `lead` with
    /// `events`; or `features` (then `lead_id` is the caller's own name for it).
    /// `order` names the features of a `features` list.
    pub(super) fn read(fields: &mut Fields, order: &[String]) -> Result<Subject, Error> {
        let lead_id = fields.text("lead_id")?;
        let lead = fields.object("lead")?;
        let events_path = fields.path_of("events");
        let events = fields.list("events")?;
        let features_path = fields.path_of("features");
        let features = fields.take("features");
        match (lead_id, lead, features) {
            (Some(lead_id), lead, None) => {
                let mut news = News { events: read_events(events, &events_path)?, ..News::default() };
                if let Some(mut lead) = lead {
                    news.created_at = lead.moment("created_at")?;
                    news.fields = lead.values()?;
                }
                Ok(Subject::Known { lead_id, news })
            }
            (None, Some(lead), None) => {
                Ok(Subject::Given { lead: read_lead(lead)?, events: read_events(events, &events_path)? })
            }
            (lead_id, None, Some(features)) if events.is_none() => {
                let features = read_features(features, &features_path, order)?;
                Ok(Subject::Features { lead_id: lead_id.unwrap_or_else(new_id), features })
            }
            _ => Err(Error::request("what is to be scored is not clear").hint(
                "send one of `lead_id` (with what is newer in `lead` and `events`, if anything), `lead` (with `events`), \
                 or `features` (with a `lead_id` of your own, if you like)",
            )),
        }
    }
}

/// Scores subjects by the champion of a target, and stores the predictions before it returns them, in the same order.
pub(super) async fn score(
    app: &Arc<App>,
    scorer: Arc<Scorer>,
    subjects: Vec<Subject>,
    as_of: DateTime<Utc>,
) -> Result<(Vec<Prediction>, Vec<Unseen>), Error> {
    let (runtime, shared) = (Handle::current(), app.clone());
    // Features, models and SHAP keep a processor busy for longer than an async thread may be.
    let work = move || runtime.block_on(score_all(&shared, &scorer, subjects, as_of));
    let (predictions, unseen) = spawn_blocking(work).await.context("the scoring broke off")??;
    app.store.insert_predictions(&predictions).await?;
    Ok((predictions, unseen))
}

impl App {
    /// Returns the model that answers for a target.
    pub(super) async fn scorer(&self, target: &str) -> Result<Arc<Scorer>, Error> {
        match self.champions.of(&self.store, target).await? {
            Some(scorer) => Ok(scorer),
            None => {
                self.target(Some(target)).await?;
                Err(Error::no_champion(target))
            }
        }
    }
}

/// Returns the names of a model's features in their order.
pub(super) fn feature_names(scorer: &Scorer) -> Vec<String> {
    scorer.artifact.model.features.features.iter().map(|feature| feature.name.clone()).collect()
}

/// Returns a new id for a row that the caller gave no name.
pub(super) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

async fn score_all(
    app: &App,
    scorer: &Scorer,
    subjects: Vec<Subject>,
    as_of: DateTime<Utc>,
) -> Result<(Vec<Prediction>, Vec<Unseen>), Error> {
    let mut predictions: Vec<Option<Prediction>> = Vec::with_capacity(subjects.len());
    let mut unseen: Vec<Unseen> = Vec::new();
    let needs_lake = subjects.iter().any(|subject| !matches!(subject, Subject::Features { .. }));
    // All leads of a request are read from one version of the ground.
    let lake = if needs_lake { Some(lake(app, scorer).await?) } else { None };
    let lake = || lake.as_deref().ok_or_else(Error::no_leads);
    let (mut rows, mut observations, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (place, subject) in subjects.into_iter().enumerate() {
        let scored = match subject {
            Subject::Known { lead_id, news } => Some(score_known(app, lake()?, scorer, lead_id, news, as_of).await?),
            Subject::Given { lead, events } => {
                Some(scoring::score_lead(lake()?, scorer, &lead, &events, as_of, &Origin::default()).await?)
            }
            Subject::Features { lead_id, features } => {
                rows.push(features);
                observations.push(Observation { lead_id, as_of });
                places.push(place);
                None
            }
        };
        let (prediction, not_known) = scored.unzip();
        predictions.push(prediction);
        scoring::add_unseen(&mut unseen, not_known.unwrap_or_default());
    }
    if !rows.is_empty() {
        let table = scoring::table_of(&scorer.artifact.model.features, &rows)?;
        let (scored, not_known) = scorer.predict(&table, &observations, &Origin::default())?;
        for (place, prediction) in places.into_iter().zip(scored) {
            predictions[place] = Some(prediction);
        }
        scoring::add_unseen(&mut unseen, not_known);
    }
    let count = predictions.len();
    let predictions: Vec<Prediction> = predictions.into_iter().flatten().collect();
    if predictions.len() != count {
        return Err(anyhow::anyhow!("{} of {count} rows were scored", predictions.len()).into());
    }
    Ok((predictions, unseen))
}

async fn score_known(
    app: &App,
    lake: &Lake,
    scorer: &Scorer,
    lead_id: String,
    news: News,
    as_of: DateTime<Utc>,
) -> Result<(Prediction, Vec<Unseen>), Error> {
    let origin = match news.names() {
        brought if brought.is_empty() => Origin::of(lake),
        brought => Origin { ground: None, brought },
    };
    let (lead, events) = match known::lead(app, lake, &lead_id, as_of).await? {
        Some((lead, events)) => news.over(lead, events),
        None => match news.created_at {
            Some(created_at) => (Lead { lead_id, created_at, fields: news.fields }, news.events),
            None => return Err(scoring::Error::UnknownLead { lead_id }.into()),
        },
    };
    Ok(scoring::score_lead(lake, scorer, &lead, &events, as_of, &origin).await?)
}

async fn lake(app: &App, scorer: &Scorer) -> Result<Arc<Lake>, Error> {
    scorer.feature_sql()?;
    match &app.ground {
        Some(ground) => Ok(ground.newest().await?),
        None => Err(Error::no_leads()),
    }
}

fn read_lead(mut fields: Fields) -> Result<Lead, Error> {
    let lead_id = fields.text("lead_id")?.unwrap_or_else(new_id);
    let created_at = fields.moment_needed("created_at")?;
    Ok(Lead { lead_id, created_at, fields: fields.values()? })
}

fn read_events(events: Option<Vec<serde_json::Value>>, path: &str) -> Result<Vec<Event>, Error> {
    let events = events.unwrap_or_default().into_iter().enumerate();
    events.map(|(index, event)| read_event(Fields::of(event, &format!("{path}[{index}]"))?)).collect()
}

fn read_event(mut fields: Fields) -> Result<Event, Error> {
    let kind = fields.text_needed("kind")?;
    let at = fields.moment_needed("at")?;
    let known_at = fields.moment("known_at")?.unwrap_or(at);
    Ok(Event { kind, at, known_at, attributes: fields.values()? })
}

fn read_features(
    value: serde_json::Value,
    path: &str,
    order: &[String],
) -> Result<BTreeMap<String, FieldValue>, Error> {
    let serde_json::Value::Array(list) = value else { return Fields::of(value, path)?.values() };
    if list.len() != order.len() {
        let problem = format!("has {} values: expected the model's {} features in order", list.len(), order.len());
        return Err(Error::field(path, &problem).hint(format!("the order is `{}`", order.join("`, `"))));
    }
    order
        .iter()
        .zip(list)
        .map(|(name, value)| Ok((name.clone(), field_value(value, &format!("{path}.{name}"))?)))
        .collect()
}
