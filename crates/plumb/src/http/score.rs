//! `POST /v1/score`: one lead, one target.
//!
//! `{"target", "lead_id"}`, with what is newer than the sources in `"lead"?` and `"events"?`, or `{"target", "lead": {"lead_id"?, "created_at", ...}, "events"?: [{"kind", "at",
//! "known_at"?, ...}]}`, or `{"target", "features": {...}, "lead_id"?}`; each with `"as_of"?`, a moment in RFC 3339.
//! `Accept-Language` says in which language its reasons are told.

use std::sync::Arc;

use anyhow::Context;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::App;
use super::error::Error;
use super::language::{self, Liked};
use super::plain_rows::ScoreBody;
use super::subject::{self, Asked, Subject};
use super::variants::Chosen;
use super::wire::{Body, PredictionAnswer, UnseenAnswer};
use crate::scoring::{Explained, REASONS_MAX};

/// The prediction, and the categories in the request that training never saw.
#[derive(Serialize)]
pub(super) struct Answer {
    #[serde(flatten)]
    prediction: PredictionAnswer,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<UnseenAnswer>,
}

pub(super) async fn post(
    State(app): State<Arc<App>>,
    liked: Liked,
    body: Body,
) -> Result<(HeaderMap, Json<Answer>), Error> {
    let (chosen, asked, as_of) = match plain(&app, &body).await? {
        Some((chosen, asked)) => (chosen, asked, app.now()),
        None => read(&app, &body).await?,
    };
    let scored = subject::score(&app, &chosen, asked, as_of, Explained::Reasons(REASONS_MAX)).await?;
    subject::keep(&app, &chosen, &scored, None).await?;
    let scorer = &chosen.answering.scorer;
    let told = language::tell(&scored, scorer, &liked).await?;
    let prediction = told.first().cloned().context("one row gave no prediction")?.into();
    let headers = language::headers(liked.choose(&scorer.artifact.model.features));
    Ok((headers, Json(Answer { prediction, unseen: scored.unseen.into_iter().map(UnseenAnswer::from).collect() })))
}

/// Reads what most callers send: a target, features, and perhaps a name. `None` if it is anything else.
async fn plain(app: &App, body: &Body) -> Result<Option<(Chosen, Asked)>, Error> {
    let is_json = body.content_type().as_deref() == Some("application/json");
    let Some(said) = ScoreBody::read(&body.bytes).filter(|_| is_json) else { return Ok(None) };
    let chosen = app.variants(said.target).await?.choose().ok_or_else(|| Error::no_champion(said.target))?;
    let rows = chosen.plain_rows(|scorer| said.row(scorer));
    Ok(rows.map(|(rows, lead_id)| (chosen, Asked::Rows(rows, lead_id.map(str::to_owned)))))
}

async fn read(app: &App, body: &Body) -> Result<(Chosen, Asked, DateTime<Utc>), Error> {
    let mut fields = body.json()?;
    let target = fields.text_needed("target")?;
    let chosen = app.variants(&target).await?.choose().ok_or_else(|| Error::no_champion(&target))?;
    let as_of = fields.moment("as_of")?.unwrap_or_else(|| app.now());
    let subject = Subject::read(&mut fields, &subject::feature_names(&chosen.answering.scorer))?;
    fields.no_more()?;
    subject::check_created(&subject, "", as_of)?;
    Ok((chosen, Asked::Subjects(vec![subject]), as_of))
}
