//! The server: one file an endpoint, the JSON shapes in `wire`, the errors in `error`, the pages in `pages`.
//! All of it speaks to the store, the registry and `scoring`; no handler calls another.
//!
//! | | |
//! | --- | --- |
//! | `POST /v1/score` | one lead: by id, with its events, or by its features |
//! | `POST /endpoints/{target}/invocations` | many rows, JSON or CSV, as InvokeEndpoint callers send them |
//! | `POST /v1/feedback` | "this score is wrong" |
//! | `GET /v1/leads`, `GET /v1/leads/{lead_id}` | the ranked list; one lead's scores and flags |
//! | `GET /v1/models`, `GET /v1/watch`, `GET /v1/health` | model cards; weekly reports and alerts; what is served |
//! | `GET /`, `/leads/{lead_id}`, `/models`, `/watch` | the same for people |

mod champions;
mod error;
mod feedback;
mod ground;
mod guard;
mod health;
mod invocations;
mod known;
mod leads;
mod models;
mod pages;
mod score;
mod subject;
mod watch;
mod wire;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use plumb_lake::Lake;
use tokio::net::TcpListener;
use tower_http::trace::TraceLayer;

use crate::http::champions::Champions;
use crate::http::error::Error;
use crate::http::ground::Ground;
use crate::store::Store;

/// The largest body that is read, in bytes: some ten thousand rows of features, or one lead with a long life.
const BODY_BYTES_MAX: usize = 1 << 20;

/// What requests need.
pub(crate) struct App {
    /// The leads and events; `None` where there are only models of plain columns.
    ground: Option<Ground>,
    /// Predictions, feedback, cards, reports.
    store: Store,
    /// The models that answer, swapped when the registry's revision changes.
    champions: Champions,
    /// The targets of `plumb.toml`, in its order.
    targets: Vec<String>,
    /// The moment that counts as now: the demo's last day. `None`: the clock.
    now: Option<DateTime<Utc>>,
}

impl App {
    /// Opens what a server needs and loads the champions; one that cannot be loaded is an error.
    /// `data` is the folder that holds the models and the ground.
    pub(crate) async fn open(
        lake: Option<Lake>,
        store: Store,
        data: &Path,
        targets: Vec<String>,
        now: Option<DateTime<Utc>>,
    ) -> Result<App> {
        let champions = Champions::load(&store, data).await?;
        if let Some(lake) = &lake {
            champions.prepare(lake).await?;
        }
        let ground = lake.map(|lake| Ground::new(lake, data));
        Ok(App { ground, store, champions, targets, now })
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
    axum::serve(listener, router(app)).with_graceful_shutdown(shutdown).await.context("the server stopped")
}

fn router(app: App) -> Router {
    Router::new()
        .route("/v1/score", post(score::post))
        .route("/endpoints/{target}/invocations", post(invocations::post))
        .route("/v1/feedback", post(feedback::post))
        .route("/v1/leads", get(leads::list))
        .route("/v1/leads/{lead_id}", get(leads::one))
        .route("/v1/models", get(models::get))
        .route("/v1/watch", get(watch::get))
        .route("/v1/health", get(health::get))
        .merge(pages::router())
        .fallback(pages::nowhere)
        .method_not_allowed_fallback(error::wrong_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn(guard::refuse_cross_site))
        .layer(middleware::from_fn(guard::add_security_headers))
        .layer(TraceLayer::new_for_http())
        .with_state(Arc::new(app))
}

#[cfg(test)]
mod tests;
