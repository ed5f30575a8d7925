//! `GET /v1/health`: that requests can be answered and recorded, and by which models. It is answered from memory, and waits
//! for nobody who uses the database.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::errors::{Failed, Refused};
use crate::http::app::App;
use crate::http::error::Error;

/// What is served.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
pub(super) struct HealthResponse {
    status: Status,
    /// The program's version.
    version: &'static str,
    /// The champion of each target.
    models: BTreeMap<String, Option<String>>,
}

/// The server answers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
}

/// Show what is served
#[utoipa::path(
    get, path = "/v1/health", operation_id = "getHealth",
    responses(
        (status = 200, description = "The server can answer.", body = HealthResponse),
        (status = "4XX", response = Refused),
        (status = "5XX", response = Failed),
    ),
)]
pub(super) async fn get(State(app): State<Arc<App>>) -> Result<Json<HealthResponse>, Error> {
    app.check_ready().await?;
    let mut models = BTreeMap::new();
    for target in app.engine.targets().await? {
        let champion = app.engine.champion(&target).await?;
        models.insert(target, champion.map(|scorer| scorer.model_id.clone()));
    }
    Ok(Json(HealthResponse { status: Status::Ok, version: env!("CARGO_PKG_VERSION"), models }))
}
