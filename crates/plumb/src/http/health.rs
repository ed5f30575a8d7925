//! `GET /v1/health`: whether requests can be answered, and by which models.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use super::App;
use super::error::Error;

pub(super) async fn get(State(app): State<Arc<App>>) -> Result<Json<Value>, Error> {
    let mut models = Map::new();
    for target in app.all_targets().await? {
        let scorer = app.champions.of(&app.store, &target).await?;
        models.insert(target, scorer.map_or(Value::Null, |scorer| Value::from(scorer.model_id.as_str())));
    }
    Ok(Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION"), "models": models })))
}
