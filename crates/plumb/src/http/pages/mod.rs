//! The pages: plain HTML from the server, one stylesheet, charts as SVG, no script. They show what the JSON API returns,
//! through the same functions.

mod text;
mod layout;
mod error_page;
mod charts;
mod leads;
mod lead;
mod models;
mod model_card;
mod model_tables;
mod retraining;
mod watch;
mod data;
mod jobs;
mod heat_map;
mod api;
mod bands;

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::IntoResponse;
use axum::routing::{get, post};

use super::app::App;
use super::error::Error;
use super::list_turn::in_turn;
use super::middleware::Protocol;

const STYLE: &str = include_str!("style.css");

/// Returns the routes of the pages, and what answers unknown paths.
pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let lists = Router::new()
        .route("/", get(leads::get))
        .route("/leads/{lead_id}", get(lead::get))
        .route("/models", get(models::get))
        .route("/watch", get(watch::get))
        .route("/data", get(data::get))
        .route_layer(from_fn_with_state(app.clone(), in_turn));
    let pages = lists
        .route("/leads/{lead_id}/flags", post(lead::flag))
        .route("/api", get(api::get))
        .route("/data/{name}", get(data::profile))
        .layer(map_response(error_page::format))
        .fallback(error_page::unknown_path);
    // The page that asks to sign in has a style, too.
    let open = Router::new().route("/style.css", get(style));
    let protocol = Protocol::new(&app.services, Error::json_response);
    protocol.routes(pages).merge(protocol.public_routes(open))
}

async fn style() -> impl IntoResponse {
    // Its address carries the program's version, so a browser may keep it.
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")], STYLE)
}
