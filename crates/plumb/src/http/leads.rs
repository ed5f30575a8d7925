//! `GET /v1/leads`: the ranked list of open leads. `GET /v1/leads/{lead_id}`: what we said of one, and what came back.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use plumb_lead::{Band, Feedback, Prediction};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::App;
use super::error::Error;
use super::language::{self, Liked};
use super::told::{self, Told};
use super::wire::PredictionAnswer;
use crate::store::{BandCounts, LeadBrief};

/// Leads of one answer, unless asked otherwise.
const LIMIT: usize = 50;

/// The most leads of one answer.
const LIMIT_MAX: usize = 500;

/// No list is longer than JSON's numbers are exact.
const OFFSET_MAX: usize = (1 << 53) - 1;

/// `?target=&band=&limit=&offset=`, each of them optional.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Asked {
    target: Option<String>,
    band: Option<String>,
    limit: Option<usize>,
    offset: Option<usize>,
}

#[derive(Serialize)]
struct LeadAnswer {
    #[serde(flatten)]
    prediction: PredictionAnswer,
    brief: Option<BriefAnswer>,
}

#[derive(Serialize)]
struct BriefAnswer {
    name: Option<String>,
    company: Option<String>,
    industry: Option<String>,
    channel: Option<String>,
    created_at: DateTime<Utc>,
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    liked: Liked,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<(HeaderMap, Json<Value>), Error> {
    let Query(asked) = asked?;
    let limit = asked.limit.unwrap_or(LIMIT);
    if limit == 0 || limit > LIMIT_MAX {
        return Err(Error::field("limit", &format!("is {limit}: expected 1 to {LIMIT_MAX}")));
    }
    let offset = asked.offset.unwrap_or(0);
    if offset > OFFSET_MAX {
        return Err(Error::field("offset", &format!("is {offset}: expected 0 to {OFFSET_MAX}")));
    }
    let band = band(asked.band.as_deref())?;
    let target = app.target(asked.target.as_deref()).await?.ok_or_else(|| Error::unknown_target("", &[]))?;
    let (ranked, counts) = ranked(&app, &target, Part { band, limit, offset }, &liked).await?;
    let headers = language::headers(ranked.iter().filter_map(|(told, _)| told.language));
    let leads: Vec<LeadAnswer> = ranked
        .into_iter()
        .map(|(told, brief)| LeadAnswer { prediction: told.into(), brief: brief.map(BriefAnswer::from) })
        .collect();
    let bands = [Band::A, Band::B, Band::C, Band::D].map(|band| (band.letter(), counts.of(band)));
    let total = band.map_or(counts.total(), |band| counts.of(band));
    let answer = json!({
        "target": target, "total": total, "bands": HashMap::from(bands), "limit": limit, "offset": offset,
        "leads": leads,
    });
    Ok((headers, Json(answer)))
}

pub(super) async fn one(
    State(app): State<Arc<App>>,
    liked: Liked,
    lead_id: Result<Path<String>, PathRejection>,
) -> Result<(HeaderMap, Json<Value>), Error> {
    let Path(lead_id) = lead_id?;
    let known = Known::read(&app, &lead_id).await?;
    let history = told::tell(&app, known.history, &liked).await?;
    let headers = language::headers(history.iter().filter_map(|told| told.language));
    let predictions: Vec<PredictionAnswer> = history.into_iter().map(PredictionAnswer::from).collect();
    let feedback: Vec<Value> = known.feedback.iter().map(|(feedback, _)| feedback_answer(feedback)).collect();
    let answer = json!({
        "lead_id": lead_id, "brief": known.brief.map(BriefAnswer::from), "predictions": predictions,
        "feedback": feedback,
    });
    Ok((headers, Json(answer)))
}

/// All that the store knows of a lead.
pub(super) struct Known {
    pub(super) brief: Option<LeadBrief>,
    /// Newest first, all targets.
    pub(super) history: Vec<Prediction>,
    /// Newest first.
    pub(super) feedback: Vec<(Feedback, Prediction)>,
}

impl Known {
    /// Reads it; a lead of which nothing is known is an error.
    pub(super) async fn read(app: &App, lead_id: &str) -> Result<Known, Error> {
        app.journal.settle().await;
        let known = Known {
            brief: app.store.lead_brief(lead_id).await?,
            history: app.store.history_of_lead(lead_id).await?,
            feedback: app.store.feedback_of_lead(lead_id).await?,
        };
        if known.brief.is_none() && known.history.is_empty() {
            return Err(Error::unknown_lead(lead_id));
        }
        Ok(known)
    }
}

/// Open leads with their newest prediction and what is known of them.
type Ranked = Vec<(Told, Option<LeadBrief>)>;

/// Which part of the ranked list.
pub(super) struct Part {
    /// Only this band; `None`: all.
    pub(super) band: Option<Band>,
    pub(super) limit: usize,
    pub(super) offset: usize,
}

/// Returns a part of the ranked list, told in the language that is liked, and how many leads each band holds.
pub(super) async fn ranked(app: &App, target: &str, part: Part, liked: &Liked) -> Result<(Ranked, BandCounts), Error> {
    let Part { band, limit, offset } = part;
    app.journal.settle().await;
    let predictions = app.store.latest_predictions(target, limit, offset, band).await?;
    let lead_ids: Vec<&str> = predictions.iter().map(|prediction| prediction.lead_id.as_str()).collect();
    let mut briefs = app.store.lead_briefs(&lead_ids).await?;
    let counts = app.store.band_counts(target).await.context("cannot count leads")?;
    let ranked = told::tell(app, predictions, liked).await?.into_iter().map(|told| {
        let brief = briefs.remove(&told.prediction.lead_id);
        (told, brief)
    });
    Ok((ranked.collect(), counts))
}

/// Returns the band that is asked for; nothing and the empty word are all bands.
pub(super) fn band(letter: Option<&str>) -> Result<Option<Band>, Error> {
    match letter {
        None | Some("") => Ok(None),
        Some(letter) => letter
            .parse()
            .map(Some)
            .map_err(|_| Error::field("band", &format!("is `{letter}`: expected one of `A`, `B`, `C`, `D`"))),
    }
}

fn feedback_answer(feedback: &Feedback) -> Value {
    json!({
        "feedback_id": feedback.feedback_id, "prediction_id": feedback.prediction_id,
        "complaint": feedback.complaint.word(), "note": feedback.comment, "by": feedback.said_by,
        "at": feedback.said_at,
    })
}

impl From<LeadBrief> for BriefAnswer {
    fn from(brief: LeadBrief) -> BriefAnswer {
        let LeadBrief { name, company, industry, channel, created_at, .. } = brief;
        BriefAnswer { name, company, industry, channel, created_at }
    }
}
