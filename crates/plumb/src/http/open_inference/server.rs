//! The server itself: its name, and that it lives and is ready.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::http::app::App;
use crate::http::error::Error;

/// Returns the server's name and version.
pub(super) async fn get() -> Json<Value> {
    Json(json!({ "name": "plumbline", "version": env!("CARGO_PKG_VERSION"), "extensions": [] }))
}

/// Returns that the server lives.
pub(super) async fn live() -> Json<Value> {
    Json(json!({ "live": true }))
}

/// Returns that the server is ready: it opens its port only when all models are loaded, and is not ready while no answer can
/// be recorded.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<Json<Value>, Error> {
    app.check_ready().await?;
    Ok(Json(json!({ "ready": true })))
}
