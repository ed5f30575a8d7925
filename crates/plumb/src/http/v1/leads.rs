//! `GET /v1/leads`: the ranked list of open leads.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use plumb_lead::{Band, Prediction};
use serde::{Deserialize, Serialize};
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::schema::{Object, Type};
use utoipa::{IntoParams, ToSchema};

use super::errors::{Failed, Refused};
use super::page_query::limit;
use super::prediction::PredictionResponse;
use crate::http::app::App;
use crate::http::cursor::{self, ListPart};
use crate::http::error::Error;
use crate::http::middleware::accept_language::{AcceptLanguage, content_language};
use crate::http::stale_sources::{self, StaleSourceResponse};
use crate::serving::{PreferredLanguages, StoredPrediction};
use crate::store::{BandCounts, LeadBrief, RankedPosition};

/// Leads of one response by default.
const LIMIT: usize = 50;

/// The most leads of one response.
const LIMIT_MAX: usize = 500;

/// Which part of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LeadsQuery {
    /// A target of the project; the first one by default.
    #[param(nullable = false)]
    target: Option<String>,
    /// Only leads of this band; all if it is empty.
    #[param(schema_with = band_schema, required = false)]
    band: Option<String>,
    /// How many leads at most.
    #[param(minimum = 1, maximum = 500, default = 50, nullable = false)]
    limit: Option<usize>,
    /// The `next` of an earlier answer: the leads that follow it.
    #[param(nullable = false)]
    after: Option<String>,
}

/// A part of the ranked list.
#[derive(Serialize, ToSchema)]
pub(super) struct LeadList {
    /// The target that was predicted.
    target: String,
    /// How many leads the list has.
    #[schema(minimum = 0)]
    total: u64,
    /// How many leads each band has.
    #[schema(value_type = BandCountsResponse, inline)]
    bands: BTreeMap<&'static str, u64>,
    /// The limit that was asked for.
    #[schema(minimum = 0)]
    limit: usize,
    /// The leads, the most likely first.
    leads: Vec<RankedLeadResponse>,
    /// What `after` is for the leads that follow; null at the end of the list.
    #[schema(required)]
    next: Option<String>,
    /// Sources of which nothing new is known; absent if all were read by the last ingestion.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stale_sources: Vec<StaleSourceResponse>,
}

/// How many leads each band has.
#[derive(ToSchema)]
#[expect(dead_code, non_snake_case, reason = "only its schema is used, which has a band's letter for a name")]
struct BandCountsResponse {
    #[schema(minimum = 0)]
    A: u64,
    #[schema(minimum = 0)]
    B: u64,
    #[schema(minimum = 0)]
    C: u64,
    #[schema(minimum = 0)]
    D: u64,
}

/// A lead's prediction with what is known of the lead.
#[derive(Serialize, ToSchema)]
#[schema(as = RankedLead)]
struct RankedLeadResponse {
    #[serde(flatten)]
    prediction: PredictionResponse,
    /// What is known of the lead.
    #[schema(required)]
    brief: Option<BriefResponse>,
}

/// What is known of a lead.
#[derive(Serialize, ToSchema)]
#[schema(as = Brief)]
pub(super) struct BriefResponse {
    /// Its name.
    #[schema(required)]
    name: Option<String>,
    /// The fields that `[list]` of plumb.toml names.
    fields: BTreeMap<String, Option<String>>,
    /// When the lead came in.
    created_at: DateTime<Utc>,
}

/// An open lead with its newest prediction.
pub(in crate::http) type RankedLead = (StoredPrediction, Option<LeadBrief>);

/// Which part of the ranked list.
pub(in crate::http) struct RankedPart {
    /// Only this band; `None`: all.
    pub(in crate::http) band: Option<Band>,
    pub(in crate::http) limit: usize,
    /// Behind this place; `None`: from the best lead on.
    pub(in crate::http) after: Option<RankedPosition>,
}

/// A part of the ranked list.
pub(in crate::http) struct RankedLeads {
    pub(in crate::http) leads: Vec<RankedLead>,
    /// How many leads each band has.
    pub(in crate::http) counts: BandCounts,
    /// The cursor of the next part; `None` at the end of the list.
    pub(in crate::http) next: Option<String>,
}

fn band_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["", "A", "B", "C", "D"]))
        .description(Some("Only leads of this band; all if it is empty."))
        .build()
}

/// List open leads, the most likely first
#[utoipa::path(
    get, path = "/v1/leads", operation_id = "listLeads",
    params(LeadsQuery, AcceptLanguage),
    responses(
        (status = 200, description = "A part of the list.", body = LeadList,
         headers(("Content-Language" = String, description = "The languages of the reasons, as `de`; absent if the project does not name them."))),
        (status = "4XX", response = Refused),
        (status = "5XX", response = Failed),
    ),
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    AcceptLanguage(preferred): AcceptLanguage,
    query: Result<Query<LeadsQuery>, QueryRejection>,
) -> Result<(HeaderMap, Json<LeadList>), Error> {
    let Query(query) = query?;
    let limit = limit(query.limit, LIMIT, LIMIT_MAX)?;
    let (band, after) = (parse_band(query.band.as_deref())?, cursor::read(query.after.as_deref())?);
    let target = app.engine.existing_target(query.target.as_deref()).await?;
    let part = RankedPart { band, limit, after };
    let RankedLeads { leads, counts, next } = ranked_leads(&app, &target, part, &preferred).await?;
    let headers = content_language(leads.iter().filter_map(|(stored, _)| stored.language));
    let lead = |(stored, brief): RankedLead| RankedLeadResponse {
        prediction: stored.into(),
        brief: brief.map(BriefResponse::from),
    };
    let leads = leads.into_iter().map(lead).collect();
    let bands = BTreeMap::from([Band::A, Band::B, Band::C, Band::D].map(|band| (band.letter(), counts.of(band))));
    let total = band.map_or(counts.total(), |band| counts.of(band));
    let stale_sources = stale_sources::responses(&app.engine.stale_sources().await);
    Ok((headers, Json(LeadList { target, total, bands, limit, leads, next, stale_sources })))
}

/// Returns a part of the ranked list, with reasons in the preferred language.
pub(in crate::http) async fn ranked_leads(
    app: &App,
    target: &str,
    part: RankedPart,
    preferred: &PreferredLanguages,
) -> Result<RankedLeads, Error> {
    let RankedPart { band, limit, after } = part;
    app.engine.settle().await;
    let store = app.engine.store();
    let found = store.latest_predictions(target, limit + 1, after.as_ref(), band).await?;
    let place = |prediction: &Prediction| {
        Some(RankedPosition { score: prediction.score.get(), lead_id: prediction.lead_id.clone() })
    };
    let ListPart { items: predictions, end, has_more } = ListPart::new(found, limit, after, place);
    let lead_ids: Vec<&str> = predictions.iter().map(|prediction| prediction.lead_id.as_str()).collect();
    let mut briefs = store.lead_briefs(&lead_ids).await?;
    let counts = store.band_counts(target).await.context("cannot count leads")?;
    let leads = app.engine.localize_stored(predictions, preferred).await?.into_iter().map(|stored| {
        let brief = briefs.remove(&stored.prediction.lead_id);
        (stored, brief)
    });
    let next = end.filter(|_| has_more).map(|end| cursor::write(&end));
    Ok(RankedLeads { leads: leads.collect(), counts, next })
}

/// Returns the band of a letter; no letter and the empty one are all bands.
pub(in crate::http) fn parse_band(letter: Option<&str>) -> Result<Option<Band>, Error> {
    match letter {
        None | Some("") => Ok(None),
        Some(letter) => letter
            .parse()
            .map(Some)
            .map_err(|_| Error::field("band", &format!("is `{letter}`: expected one of `A`, `B`, `C`, `D`"))),
    }
}

impl From<LeadBrief> for BriefResponse {
    fn from(brief: LeadBrief) -> BriefResponse {
        let LeadBrief { name, fields, created_at, .. } = brief;
        BriefResponse { name, fields: fields.into_iter().collect(), created_at }
    }
}
