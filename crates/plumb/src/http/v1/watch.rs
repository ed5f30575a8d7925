//! `GET /v1/watch`: a target's monitor reports, oldest first, and its alerts, newest first, as they are stored.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use chrono::{DateTime, Utc};
use plumb_lead::MonitorReport;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::{ObjectBuilder, RefOr};

use super::errors::{Failed, Refused};
use super::page_query::TargetPageQuery;
use crate::http::app::App;
use crate::http::cursor::{self, ListPart, TimePlace};
use crate::http::error::Error;
use crate::lifecycle::alerts::IdentifiedAlert;

/// The monitor reports and alerts of a target.
#[derive(Serialize, ToSchema)]
#[schema(as = Watch)]
pub(super) struct WatchResponse {
    /// The target.
    target: String,
    /// The last weekly reports, oldest first, as they are stored.
    #[schema(schema_with = objects_schema)]
    reports: Vec<MonitorReport>,
    /// The alerts, newest first, with their ids and states; those of former champions and resolved ones among them.
    #[schema(schema_with = objects_schema)]
    alerts: Vec<IdentifiedAlert>,
    /// What `after` is for earlier reports and alerts; null if there are none.
    #[schema(required)]
    next: Option<String>,
}

fn objects_schema() -> RefOr<Schema> {
    let object = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true)));
    let list: Schema = object.to_array_builder().description(Some("As they are stored.")).build().into();
    list.into()
}

/// Show the monitor reports and alerts of a target
#[utoipa::path(
    get, path = "/v1/watch", operation_id = "getWatch",
    params(TargetPageQuery),
    responses(
        (status = 200, description = "Reports, oldest first, and alerts, newest first.", body = WatchResponse),
        (status = "4XX", response = Refused),
        (status = "5XX", response = Failed),
    ),
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    query: Result<Query<TargetPageQuery>, QueryRejection>,
) -> Result<Json<WatchResponse>, Error> {
    let Query(query) = query?;
    let (limit, after) = query.read::<(TimePlace, TimePlace)>()?;
    let target = app.engine.existing_target(query.target.as_deref()).await?;
    let newest = || (DateTime::<Utc>::MAX_UTC, String::new());
    let (reports_after, alerts_after) = after.unwrap_or_else(|| (newest(), newest()));
    let store = app.engine.store();
    let reports = store.monitor_reports(&target, Some(&reports_after), limit + 1).await?;
    let reports = ListPart::new(reports, limit, reports_after, |report| (report.from, report.model_id.clone()));
    let alerts = store.alerts(&target, Some(&alerts_after), limit + 1).await?;
    let alerts = ListPart::new(alerts, limit, alerts_after, |alert| (alert.since, alert.key.clone()));
    let has_more = reports.has_more || alerts.has_more;
    let next = has_more.then(|| cursor::write(&(reports.end, alerts.end)));
    let reports = reports.items.into_iter().rev().collect();
    let alerts = alerts.items.into_iter().map(IdentifiedAlert::from).collect();
    Ok(Json(WatchResponse { target, reports, alerts, next }))
}
