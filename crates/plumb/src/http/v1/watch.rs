//! `GET /v1/watch`: a target's monitor reports, oldest first, and its alerts, newest first, as they are stored.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use plumb_lead::{Alert, MonitorReport};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::{ObjectBuilder, RefOr};

use super::errors::{Failed, Refused};
use super::target::TargetQuery;
use crate::http::app::App;
use crate::http::error::Error;

/// The monitor reports and alerts of a target.
#[derive(Serialize, ToSchema)]
#[schema(as = Watch)]
pub(super) struct WatchResponse {
    /// The target.
    target: String,
    /// The weekly reports, oldest first, as they are stored.
    #[schema(schema_with = objects_schema)]
    reports: Vec<MonitorReport>,
    /// The alerts, newest first, as they are stored.
    #[schema(schema_with = objects_schema)]
    alerts: Vec<Alert>,
}

fn objects_schema() -> RefOr<Schema> {
    let object = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true)));
    let list: Schema = object.to_array_builder().description(Some("As they are stored.")).build().into();
    list.into()
}

/// Show the monitor reports and alerts of a target
#[utoipa::path(
    get, path = "/v1/watch", operation_id = "getWatch",
    params(TargetQuery),
    responses(
        (status = 200, description = "Reports, oldest first, and alerts, newest first.", body = WatchResponse),
        (status = "4XX", response = Refused),
        (status = "5XX", response = Failed),
    ),
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    query: Result<Query<TargetQuery>, QueryRejection>,
) -> Result<Json<WatchResponse>, Error> {
    let Query(TargetQuery { target }) = query?;
    let target = app.engine.existing_target(target.as_deref()).await?;
    let reports = app.engine.store().monitor_reports(&target).await?;
    let mut alerts = app.engine.store().alerts().await?;
    alerts.retain(|alert| alert.target == target);
    Ok(Json(WatchResponse { target, reports, alerts }))
}
