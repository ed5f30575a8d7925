//! The server: one file an endpoint, the JSON shapes in `wire`, the errors in `error`, the pages in `pages`.
//! All of it speaks to the store, the registry and `scoring`; no handler calls another.
//!
//! | | |
//! | --- | --- |
//! | `POST /v1/score` | one lead: by id, with its events, or by its features |
//! | `POST /endpoints/{target}/invocations` | many rows, as callers of SageMaker's InvokeEndpoint send them |
//! | `GET /ping`, `GET /execution-parameters`, `POST /invocations` | as a SageMaker container has them |
//! | `POST /invocations` with JSON, `GET /health`, `GET /version` | as MLflow's scoring server has them |
//! | `/v2`, `/v2/models/{model}/infer` and beside it | the Open Inference Protocol |
//! | `POST /v1/feedback` | "this score is wrong" |
//! | `GET /v1/leads`, `GET /v1/leads/{lead_id}` | the ranked list; one lead's scores and flags |
//! | `GET /v1/models`, `GET /v1/watch`, `GET /v1/health` | model cards; weekly reports and alerts; what is served |
//! | `GET /v1/openapi.json` | the description of `/v1` |
//! | `GET /metrics` | what was done, for Prometheus |
//! | `GET /`, `/leads/{lead_id}`, `/models`, `/watch`, `/api` | the same for people |

mod listen;
mod patience;
mod request;
mod access;
mod body;
mod gate;
mod metrics;
mod champions;
mod variants;
mod csv_rows;
mod error;
mod feedback;
mod ground;
mod guard;
mod health;
mod invoke;
mod known;
mod language;
mod told;
mod leads;
mod mlflow;
mod models;
mod open_inference;
mod openapi;
mod pages;
mod plain_rows;
mod score;
mod subject;
mod watch;
mod wire;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use plumb_lake::Lake;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

pub(crate) use crate::http::access::Access;
pub(crate) use crate::http::gate::{LOAD, Load};
pub(crate) use crate::http::invoke::Style;
pub(crate) use crate::http::patience::{PATIENCE, Patience};

use crate::http::champions::Champions;
use crate::http::error::Error;
use crate::http::gate::Gate;
use crate::http::ground::Ground;
use crate::http::metrics::Metrics;
use crate::http::told::Retired;
use crate::journal::Journal;
use crate::store::Store;

/// The largest body that is read, in bytes: InvokeEndpoint's own limit.
const BODY_BYTES_MAX: usize = 6 << 20;

/// What requests need.
pub(crate) struct App {
    /// The leads and events; `None` where there are only models of plain columns.
    ground: Option<Ground>,
    /// Predictions, feedback, cards, reports.
    store: Store,
    /// The models that answer, swapped when the registry's revision changes.
    champions: Champions,
    /// The models that answered once, for whoever looks at what they said.
    retired: Retired,
    /// The targets of `plumb.toml`, in its order.
    targets: Vec<String>,
    /// The moment that counts as now: the demo's last day. `None`: the clock.
    now: Option<DateTime<Utc>>,
    /// Who may ask.
    access: Access,
    /// How much is scored at a time.
    gate: Gate,
    /// How long clients may take.
    patience: Patience,
    /// What is counted.
    metrics: Metrics,
    /// The room for bodies that are under way.
    room: Semaphore,
    /// What was answered, on its way into the store.
    journal: Journal,
    /// How many requests may be scored in the shadow at a time.
    shadows: Arc<Semaphore>,
    /// Whether what is sent and answered is kept.
    capture: bool,
    /// How invocations are answered that do not say it themselves.
    style: Style,
}

/// Requests that are scored in the shadow at a time.
const SHADOWS_MAX: usize = 32;

/// What is configured of a server.
pub(crate) struct Config {
    /// The targets of `plumb.toml`, in its order.
    pub(crate) targets: Vec<String>,
    /// The moment that counts as now; `None`: the clock.
    pub(crate) now: Option<DateTime<Utc>>,
    /// Who may ask.
    pub(crate) access: Access,
    /// How much is taken on.
    pub(crate) load: Load,
    /// How long clients may take.
    pub(crate) patience: Patience,
    /// Whether what is sent and answered is kept.
    pub(crate) capture: bool,
    /// How invocations are answered that do not say it themselves.
    pub(crate) style: Style,
}

impl App {
    /// Opens what a server needs and loads the champions; one that cannot be loaded is an error.
    /// `data` is the folder that holds the models and the ground.
    pub(crate) async fn open(lake: Option<Lake>, store: Store, data: &Path, config: Config) -> Result<App> {
        let journal = Journal::open(&store, data).await?;
        let champions = Champions::load(&store, data).await?;
        if let Some(lake) = &lake {
            champions.prepare(lake).await?;
        }
        let ground = lake.map(|lake| Ground::new(lake, data));
        let Config { targets, now, access, load, patience, capture, style } = config;
        let (gate, metrics, retired) = (Gate::new(load), Metrics::default(), Retired::new(data));
        let (room, shadows) = (body::room(), Arc::new(Semaphore::new(SHADOWS_MAX)));
        Ok(App {
            ground,
            store,
            champions,
            retired,
            targets,
            now,
            access,
            gate,
            patience,
            metrics,
            room,
            journal,
            shadows,
            capture,
            style,
        })
    }

    /// Returns the moment that counts as now.
    fn now(&self) -> DateTime<Utc> {
        self.now.unwrap_or_else(Utc::now)
    }

    /// Returns all targets: those of `plumb.toml`, then those that only the registry knows.
    async fn all_targets(&self) -> Result<Vec<String>> {
        let mut targets = self.targets.clone();
        let configured: BTreeSet<&String> = self.targets.iter().collect();
        let others = self.store.targets_with_models().await?;
        targets.extend(others.into_iter().filter(|target| !configured.contains(target)));
        Ok(targets)
    }

    /// Returns the target that is meant: the one named, or the first. `None` if there is none at all.
    async fn target(&self, named: Option<&str>) -> Result<Option<String>, Error> {
        let targets = self.all_targets().await?;
        match named.filter(|named| !named.is_empty()) {
            None => Ok(targets.into_iter().next()),
            Some(named) if targets.iter().any(|target| target == named) => Ok(Some(named.to_owned())),
            Some(named) => Err(Error::unknown_target(named, &targets)),
        }
    }
}

/// Answers requests until `shutdown` is done; requests under way are then finished.
pub(crate) async fn serve(
    app: App,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let app = Arc::new(app);
    listen::run(router(app.clone()), listener, app.patience, shutdown).await?;
    // Nothing would be lost without this; but who looks at the store next would not see the last answers.
    app.journal.settle().await;
    Ok(())
}

/// Which of the routes score rows and leads: only so many requests do so at a time.
const SCORING: [&str; 5] = [
    "/v1/score",
    "/endpoints/{target}/invocations",
    "/invocations",
    "/v2/models/{model}/infer",
    "/v2/models/{model}/versions/{version}/infer",
];

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/score", post(score::post))
        .route("/endpoints/{target}/invocations", post(invoke::post))
        .route("/endpoints/{target}/async-invocations", post(invoke::refuse_async))
        .route("/endpoints/{target}/invocations-response-stream", post(invoke::refuse_stream))
        .route("/invocations", post(invoke::container::invocations))
        .route("/v2/models/{model}/infer", post(open_inference::infer))
        .route("/v2/models/{model}/versions/{version}/infer", post(open_inference::infer))
        .route("/ping", get(invoke::container::ping))
        .route("/health", get(invoke::container::ping))
        .route("/version", get(mlflow::version))
        .route("/execution-parameters", get(invoke::container::execution_parameters))
        .route("/v2", get(open_inference::server))
        .route("/v2/health/live", get(open_inference::live))
        .route("/v2/health/ready", get(open_inference::ready))
        .route("/v2/models/{model}", get(open_inference::model))
        .route("/v2/models/{model}/versions/{version}", get(open_inference::model))
        .route("/v2/models/{model}/ready", get(open_inference::model_ready))
        .route("/v2/models/{model}/versions/{version}/ready", get(open_inference::model_ready))
        .route("/v1/feedback", post(feedback::post))
        .route("/v1/leads", get(leads::list))
        .route("/v1/leads/{lead_id}", get(leads::one))
        .route("/v1/models", get(models::get))
        .route("/v1/watch", get(watch::get))
        .route("/v1/health", get(health::get))
        .route("/v1/openapi.json", get(openapi::get))
        .route("/metrics", get(metrics::get))
        .merge(pages::router())
        .fallback(pages::nowhere)
        .method_not_allowed_fallback(error::wrong_method)
        // `body` has bounded what comes here.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(app.clone(), request::follow))
        .with_state(app)
}

#[cfg(test)]
mod tests;
