//! What is to be scored, and the scoring of it: the one function behind `/v1/score` and the invocations.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Utc};
use plumb_lake::Lake;
use plumb_lead::{Event, FieldValue, Lead, Prediction, Unseen};
use plumb_learn::Explanation;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::App;
use super::error::Error;
use super::known::{self, News};
use super::variants::{Answering, Chosen, Variants};
use super::wire::{Fields, field_value};
use crate::ids::new_id;
use crate::journal::{Capture, JournalEntry};
use crate::scoring::{self, Explained, Origin, Rows, Scorer, Whose};
use crate::traces::TRACED;

/// One thing to score.
#[derive(Clone)]
pub(super) enum Subject {
    /// A lead that the sources know, with what the request says of it.
    Known { lead_id: String, news: News },
    /// A lead that the request brings with it.
    Given { lead: Lead, events: Vec<Event> },
    /// The model's inputs themselves.
    Features { lead_id: Option<String>, features: BTreeMap<String, FieldValue> },
}

/// What a request asks to be scored.
pub(super) enum Asked {
    /// Rows as the model takes them, and the name of the only one if it has one.
    Rows(Rows, Option<String>),
    Subjects(Vec<Subject>),
}

impl Asked {
    /// Returns plain rows where they could be read, or else what `read` makes of the body.
    pub(super) fn plain_or(
        plain: Option<Rows>,
        read: impl FnOnce() -> Result<Vec<Subject>, Error>,
    ) -> Result<Asked, Error> {
        plain.map_or_else(|| read().map(Asked::Subjects), |rows| Ok(Asked::Rows(rows, None)))
    }
}

impl Subject {
    /// Reads one of `lead_id`, alone or with what is newer than the sources in `lead` and `events`; `lead` with
    /// `events`; or `features` (then `lead_id` is the caller's own name for it).
    /// `order` names the features of a `features` list.
    pub(super) fn read(fields: &mut Fields, order: &[&str]) -> Result<Subject, Error> {
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
                Ok(Subject::Features { lead_id, features })
            }
            _ => Err(Error::request("what is to be scored is not clear").hint(
                "send one of `lead_id` (with what is newer in `lead` and `events`, if anything), `lead` (with `events`), \
                 or `features` (with a `lead_id` of your own, if you like)",
            )),
        }
    }
}

/// What became of the subjects of a request, in its order.
pub(super) struct Scored {
    pub(super) predictions: Vec<Prediction>,
    /// The categories that training never saw.
    pub(super) unseen: Vec<Unseen>,
    /// What each feature did to each margin, in log-odds, if that was asked for: a list for each prediction, in the
    /// model's order.
    pub(super) contributions: Vec<Vec<f64>>,
}

/// So many rows of features, or leads that come with their events, are scored where the request is: some 100 µs each at
/// most, while to hand work to another thread and to be woken again costs half of that.
const SUBJECTS_AT_ONCE: usize = 3;

/// A lead with more events than this is not scored where the request is.
const EVENTS_AT_ONCE: usize = 1_000;

/// Scores what is asked by the chosen variant, and has the shadow variants score it too. What is scored has to be kept by
/// [`keep`] before it is answered.
#[tracing::instrument(target = TRACED, skip_all)]
pub(super) async fn score(
    app: &Arc<App>,
    chosen: &Chosen,
    asked: Asked,
    as_of: DateTime<Utc>,
    explained: Explained,
) -> Result<Scored, Error> {
    let scorer = &chosen.answering.scorer;
    let scored = match asked {
        Asked::Rows(rows, lead_id) if rows.matrix.rows <= SUBJECTS_AT_ONCE => {
            score_rows(scorer, rows, lead_id.as_deref(), as_of, explained)?
        }
        Asked::Rows(rows, lead_id) => {
            let model = scorer.clone();
            let work = move || score_rows(&model, rows, lead_id.as_deref(), as_of, explained);
            spawn_blocking(work).await.context("the scoring broke off")??
        }
        Asked::Subjects(subjects) => score_subjects(app, chosen, subjects, as_of, explained).await?,
    };
    app.metrics.scored(&scorer.artifact.target, &scorer.model_id, scored.predictions.len(), &scored.unseen);
    Ok(scored)
}

fn score_rows(
    scorer: &Scorer,
    rows: Rows,
    lead_id: Option<&str>,
    as_of: DateTime<Utc>,
    explained: Explained,
) -> Result<Scored, Error> {
    let whose = std::iter::repeat_n(Whose { lead_id, as_of }, rows.matrix.rows);
    let scoring::Scored { predictions, unseen, explanation } =
        scorer.predict(rows, whose, &Origin::default(), explained)?;
    let contributions = (0..predictions.len()).map(|row| contributions(explanation.as_ref(), row)).collect();
    Ok(Scored { predictions, unseen, contributions })
}

async fn score_subjects(
    app: &Arc<App>,
    chosen: &Chosen,
    subjects: Vec<Subject>,
    as_of: DateTime<Utc>,
    explained: Explained,
) -> Result<Scored, Error> {
    for shadow in chosen.variants.shadows() {
        score_in_shadow(app, shadow, chosen.event_id.clone(), subjects.clone(), as_of);
    }
    let scorer = &chosen.answering.scorer;
    let is_short = |subject: &Subject| match subject {
        // Mostly one row of the operational database; only a lead that is not open is looked for in the ground.
        Subject::Known { news, .. } => news.events.len() <= EVENTS_AT_ONCE,
        Subject::Given { events, .. } => events.len() <= EVENTS_AT_ONCE,
        Subject::Features { .. } => true,
    };
    if subjects.len() <= SUBJECTS_AT_ONCE && subjects.iter().all(is_short) {
        return score_all(app, scorer, subjects, as_of, explained).await;
    }
    let (runtime, shared) = (Handle::current(), app.clone());
    // Many rows keep a processor busy for longer than an async thread may be, and so does a look into the ground.
    let model = scorer.clone();
    let work = move || runtime.block_on(score_all(&shared, &model, subjects, as_of, explained));
    spawn_blocking(work).await.context("the scoring broke off")?
}

/// Keeps what was scored; when this returns, it survives whatever happens to the program.
#[tracing::instrument(target = TRACED, name = "journal", skip_all)]
pub(super) async fn keep(app: &App, chosen: &Chosen, scored: &Scored, capture: Option<&Capture>) -> Result<(), Error> {
    let predictions = scored.predictions.as_slice();
    let (variant, event_id) = (chosen.answering.name.as_str(), chosen.event_id.as_deref());
    app.journal.append(&JournalEntry { variant, shadow: false, event_id, predictions, capture }).await?;
    let target = &chosen.answering.scorer.artifact.target;
    app.metrics.answered(target, &chosen.answering.name, chosen.at.elapsed());
    Ok(())
}

/// Scores subjects in the background. A shadow never slows an answer down: if there are too many, it is left out.
fn score_in_shadow(
    app: &Arc<App>,
    shadow: &Answering,
    event_id: Option<String>,
    subjects: Vec<Subject>,
    as_of: DateTime<Utc>,
) {
    let Ok(permit) = app.shadows.clone().try_acquire_owned() else {
        tracing::debug!(variant = shadow.name, "a request was left out in the shadow");
        return;
    };
    let (runtime, app, shadow) = (Handle::current(), app.clone(), shadow.clone());
    spawn_blocking(move || {
        let kept = runtime.block_on(async {
            let scored = score_all(&app, &shadow.scorer, subjects, as_of, Explained::Not).await?;
            let predictions = scored.predictions.as_slice();
            let (variant, event_id) = (shadow.name.as_str(), event_id.as_deref());
            let said = JournalEntry { variant, shadow: true, event_id, predictions, capture: None };
            app.journal.append(&said).await.map_err(Error::from)
        });
        if let Err(error) = kept {
            error.log();
            tracing::debug!(variant = shadow.name, "not scored in the shadow: {}", error.message);
        }
        drop(permit);
    });
}

impl App {
    /// Returns who answers for a target.
    pub(super) async fn variants(&self, target: &str) -> Result<Arc<Variants>, Error> {
        match self.champions.variants(&self.store, target).await? {
            Some(variants) => Ok(variants),
            None => {
                self.target(Some(target)).await?;
                Err(Error::no_champion(target))
            }
        }
    }
}

/// Returns the names of a model's features in their order.
pub(super) fn feature_names(scorer: &Scorer) -> Vec<&str> {
    scorer.artifact.model.features.features.iter().map(|feature| feature.name.as_str()).collect()
}

/// Refuses a lead of the future; `path` is where its instance stands in the body.
pub(super) fn check_created(subject: &Subject, path: &str, as_of: DateTime<Utc>) -> Result<(), Error> {
    match subject {
        Subject::Given { lead, .. } if lead.created_at > as_of => {
            let field = if path.is_empty() { "lead.created_at".to_owned() } else { format!("{path}.lead.created_at") };
            let problem = format!("is {}, which is after `as_of` {}", lead.created_at.to_rfc3339(), as_of.to_rfc3339());
            Err(Error::field(field, &problem))
        }
        _ => Ok(()),
    }
}

async fn score_all(
    app: &App,
    scorer: &Scorer,
    subjects: Vec<Subject>,
    as_of: DateTime<Utc>,
    explained: Explained,
) -> Result<Scored, Error> {
    let needs_lake = subjects.iter().any(|subject| !matches!(subject, Subject::Features { .. }));
    // All leads of a request are read from one version of the ground.
    let lake = if needs_lake { Some(lake(app, scorer).await?) } else { None };
    let lake = || lake.as_ref().ok_or_else(Error::no_leads);
    let mut unseen: Vec<Unseen> = Vec::new();
    let mut scored: Vec<Option<(Prediction, Vec<f64>)>> = Vec::new();
    scored.resize_with(subjects.len(), || None);
    let (mut rows, mut lead_ids, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (place, subject) in subjects.into_iter().enumerate() {
        let one = match subject {
            Subject::Known { lead_id, news } => {
                score_known(app, lake()?, scorer, (lead_id, news), as_of, explained).await?
            }
            Subject::Given { lead, events } => {
                scoring::score_lead(lake()?, scorer, &lead, &events, as_of, &Origin::default(), explained).await?
            }
            Subject::Features { lead_id, features } => {
                rows.push(features);
                lead_ids.push(lead_id);
                places.push(place);
                continue;
            }
        };
        put(&mut scored, &mut unseen, &[place], one);
    }
    if let Ok(lake) = lake() {
        app.metrics.unrated(lake.take_categories_without_rate());
    }
    if !rows.is_empty() {
        let table = scoring::table_of(&scorer.artifact.model.features, &rows)?;
        let whose = lead_ids.iter().map(|lead_id| Whose { lead_id: lead_id.as_deref(), as_of });
        let more = scorer.predict(scorer.rows(&table)?, whose, &Origin::default(), explained)?;
        put(&mut scored, &mut unseen, &places, more);
    }
    let count = scored.len();
    let (predictions, contributions): (Vec<_>, Vec<_>) = scored.into_iter().flatten().unzip();
    if predictions.len() != count {
        return Err(anyhow::anyhow!("{} of {count} rows were scored", predictions.len()).into());
    }
    Ok(Scored { predictions, unseen, contributions })
}

/// Puts what was scored together back into its places.
fn put(
    scored: &mut [Option<(Prediction, Vec<f64>)>],
    unseen: &mut Vec<Unseen>,
    places: &[usize],
    more: scoring::Scored,
) {
    for ((row, prediction), place) in more.predictions.into_iter().enumerate().zip(places) {
        scored[*place] = Some((prediction, contributions(more.explanation.as_ref(), row)));
    }
    scoring::add_unseen(unseen, more.unseen);
}

fn contributions(explanation: Option<&Explanation>, row: usize) -> Vec<f64> {
    explanation.map_or_else(Vec::new, |explanation| explanation.row(row).to_vec())
}

async fn score_known(
    app: &App,
    lake: &Arc<Lake>,
    scorer: &Scorer,
    (lead_id, news): (String, News),
    as_of: DateTime<Utc>,
    explained: Explained,
) -> Result<scoring::Scored, Error> {
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
    Ok(scoring::score_lead(lake, scorer, &lead, &events, as_of, &origin, explained).await?)
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

fn read_features(value: serde_json::Value, path: &str, order: &[&str]) -> Result<BTreeMap<String, FieldValue>, Error> {
    let serde_json::Value::Array(list) = value else { return Fields::of(value, path)?.values() };
    if list.len() != order.len() {
        let problem = format!("has {} values: expected the model's {} features in order", list.len(), order.len());
        return Err(Error::field(path, &problem).hint(format!("the order is `{}`", order.join("`, `"))));
    }
    order
        .iter()
        .zip(list)
        .map(|(name, value)| Ok(((*name).to_owned(), field_value(value, || format!("{path}.{name}"))?)))
        .collect()
}
