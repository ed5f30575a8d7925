//! `/v1`: our own API, one file an endpoint. Errors are `{"error": {"code", "message", "field"?, "hint"?}}`.

mod errors;
mod prediction;
mod target;
mod page_query;
mod score;
mod feedback;
mod post_rows;
mod webhooks;
mod leads;
mod lead;
mod models;
mod watch;
mod alerts;
mod runs;
mod health;
mod openapi;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::app::App;
use super::error::Error;
use super::list_turn::in_turn;
use super::middleware::Protocol;

pub(super) use feedback::store_feedback;
pub(super) use leads::{RankedLead, RankedLeads, RankedPart, parse_band, ranked_leads};
pub(super) use openapi::document;
pub(super) use prediction::{PredictionResponse, UnseenResponse};
#[cfg(test)]
pub(super) use score::read_for_variant;
pub(super) use target::TargetQuery;

/// Returns the routes of `/v1`.
pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let protocol = Protocol::new(&app.services, Error::json_response);
    let scoring = Router::new().route("/v1/score", post(score::post));
    let lists = Router::new()
        .route("/v1/leads", get(leads::get))
        .route("/v1/leads/{lead_id}", get(lead::get))
        .route("/v1/models", get(models::get))
        .route("/v1/watch", get(watch::get))
        .route("/v1/runs", get(runs::get))
        .route_layer(from_fn_with_state(app.clone(), in_turn));
    let others = Router::new()
        .route("/v1/events", post(post_rows::events))
        .route("/v1/leads", post(post_rows::leads))
        .route("/v1/feedback", post(feedback::post))
        .route("/v1/alerts/{alert_id}", post(alerts::post))
        .route("/v1/health", get(health::get))
        .route("/v1/openapi.json", get(openapi::get));
    // Their senders sign in ways of their own.
    let signed = Router::new()
        .route("/v1/webhooks/segment", post(webhooks::segment::post))
        .route("/v1/webhooks/hubspot", post(webhooks::hubspot::post));
    let all = protocol.routes(lists.merge(others)).merge(protocol.public_routes(signed));
    protocol.scoring_routes(scoring).merge(all)
}
