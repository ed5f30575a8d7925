//! `GET /v1/runs`: the runs of jobs, by the schedule and by hand, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use chrono::{DateTime, Utc};
use plumb_schedule::Job;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{IntoParams, ToSchema};

use super::errors::{Failed, Refused};
use super::page_query::page;
use crate::http::app::App;
use crate::http::cursor::{self, ListPart, TimePlace};
use crate::http::error::Error;
use crate::store::JobRun;

/// The runs of jobs.
#[derive(Serialize, ToSchema)]
pub(super) struct RunList {
    /// The runs, newest first.
    runs: Vec<RunResponse>,
    /// What `after` is for earlier runs; null if there are none.
    #[schema(required)]
    next: Option<String>,
}

/// A run of a job.
#[derive(Serialize, ToSchema)]
#[schema(as = Run)]
struct RunResponse {
    /// Its id.
    run_id: String,
    /// The job: `ingest`, `score`, `monitor`, `retrain`, `compact` or `back_up`.
    job: &'static str,
    /// Why it began: `schedule`, `missed`, `retry`, `interrupted`, `by_hand` or `on_alert`.
    why: &'static str,
    /// Who began it: `schedule`, or a user.
    by: String,
    /// The time that it was due; null if somebody gave the command.
    #[schema(required)]
    due: Option<DateTime<Utc>>,
    /// Which try of its due time it is, from 1.
    attempt: u32,
    /// When it began.
    started: DateTime<Utc>,
    /// When it ended; null if it goes on, or nobody saw its end.
    #[schema(required)]
    ended: Option<DateTime<Utc>>,
    /// What became of it: `running`, `done`, `failed`, `skipped` or `interrupted`.
    state: &'static str,
    /// What it did, as far as it has come; null if nothing is known.
    #[schema(schema_with = outcome_schema, required)]
    outcome: Option<Value>,
    /// Why it failed, was skipped or ended early; null if nothing went wrong.
    #[schema(required)]
    error: Option<String>,
    /// What it reported while it went on, a line each.
    log: String,
}

/// Which part of the runs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RunQuery {
    /// A job; all by default.
    #[param(nullable = false)]
    job: Option<String>,
    /// How many runs at most.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<usize>,
    /// The `next` of an earlier answer: what follows it.
    #[param(nullable = false)]
    after: Option<String>,
}

fn outcome_schema() -> RefOr<Schema> {
    use utoipa::openapi::schema::{SchemaType, Type};
    let types = SchemaType::from_iter([Type::Object, Type::Null]);
    let object = ObjectBuilder::new().schema_type(types);
    object.additional_properties(Some(AdditionalProperties::FreeForm(true))).into()
}

/// Show what ran when, why, and what came of it
#[utoipa::path(
    get, path = "/v1/runs", operation_id = "listRuns",
    params(RunQuery),
    responses(
        (status = 200, description = "The runs, newest first.", body = RunList),
        (status = "4XX", response = Refused),
        (status = "5XX", response = Failed),
    ),
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    query: Result<Query<RunQuery>, QueryRejection>,
) -> Result<Json<RunList>, Error> {
    let Query(RunQuery { job, limit, after }) = query?;
    let (limit, after) = page::<TimePlace>(limit, after.as_deref())?;
    let job = job
        .map(|job| Job::parse(&job))
        .transpose()
        .map_err(|error| Error::field("job", &format!("is no job: {error}")))?;
    let after = after.unwrap_or_else(|| (DateTime::<Utc>::MAX_UTC, String::new()));
    let runs = app.engine.store().job_runs(job, Some(&after), limit + 1).await?;
    let part = ListPart::new(runs, limit, after, |run| (run.started, run.run_id.clone()));
    let next = part.has_more.then(|| cursor::write(&part.end));
    Ok(Json(RunList { runs: part.items.into_iter().map(RunResponse::of).collect(), next }))
}

impl RunResponse {
    fn of(run: JobRun) -> RunResponse {
        let JobRun { run_id, job, why, by, due, attempt, started, ended, state, outcome, error, log } = run;
        let (job, why, state) = (job.word(), why.word(), state.word());
        RunResponse { run_id, job, why, by, due, attempt, started, ended, state, outcome, error, log }
    }
}
