//! `GET /v1/watch?target=`: a target's weekly reports, oldest first, and its alerts, newest first, as they are stored.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use plumb_lead::Alert;
use serde_json::{Value, json};

use super::App;
use super::error::Error;
use super::models::Asked;

pub(super) async fn get(
    State(app): State<Arc<App>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Value>, Error> {
    let Query(asked) = asked?;
    let target = app.target(asked.target.as_deref()).await?.ok_or_else(|| Error::unknown_target("", &[]))?;
    let reports = app.store.monitor_reports(&target).await?;
    let alerts: Vec<Alert> = app.store.alerts().await?.into_iter().filter(|alert| alert.target == target).collect();
    Ok(Json(json!({ "target": target, "reports": reports, "alerts": alerts })))
}
