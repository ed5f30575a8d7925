//! A body of rows: read one by one, stored, and answered.

use axum::Json;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use plumb_lake::PostedRelation;
use serde_json::Value;

use super::response::{PostResponse, ReadRow, post_rows};
use super::row::{BodyRows, rows_of};
use crate::http::app::App;
use crate::http::error::Error;
use crate::http::json;
use crate::http::middleware::body::Body;

/// Stores the rows of a body. `read` reads one, from its place in the body, and the time that counts as now.
pub(super) async fn post_body(
    app: &App,
    body: &Body,
    relation: PostedRelation,
    read: impl Fn(usize, Value, DateTime<Utc>) -> ReadRow,
) -> Result<(StatusCode, Json<PostResponse>), Error> {
    json::check_content_type(&body.headers)?;
    let limits = &app.services.limits;
    let (name, rows_max) = match relation {
        PostedRelation::Event => ("events", limits.events),
        PostedRelation::Lead => ("leads", limits.rows),
    };
    let BodyRows { rows, is_single } = rows_of(json::parse(&body.bytes)?, name, rows_max)?;
    let now = app.engine.now();
    let read = rows.into_iter().enumerate().map(|(place, row)| read(place, row, now));
    post_rows(app, relation, read.collect(), false).await?.answer(is_single)
}
