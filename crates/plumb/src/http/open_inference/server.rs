//! The server itself: its name, and that it lives and is ready.

use axum::Json;
use serde_json::{Value, json};

/// Returns the server's name and version.
pub(super) async fn get() -> Json<Value> {
    Json(json!({ "name": "plumbline", "version": env!("CARGO_PKG_VERSION"), "extensions": [] }))
}

/// Returns that the server lives.
pub(super) async fn live() -> Json<Value> {
    Json(json!({ "live": true }))
}

/// Returns that the server is ready: it opens its port only when all models are loaded.
pub(super) async fn ready() -> Json<Value> {
    Json(json!({ "ready": true }))
}
