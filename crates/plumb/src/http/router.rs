//! All routes, and the server that serves them.

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::net::TcpListener;

use super::app::App;
use super::middleware::{listener, observed};
use super::{metrics, mlflow, open_inference, pages, sagemaker, v1};

/// Serves requests until `shutdown` is done; running requests are then finished.
pub(crate) async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let (timeouts, limits) = (app.services.timeouts, &app.services.caller_limits);
    listener::run(router(&app), listener, timeouts, limits, shutdown).await?;
    // Nothing would be lost without this, but a reader of the store would miss the last predictions.
    app.engine.settle().await;
    Ok(())
}

fn router(app: &Arc<App>) -> Router {
    let routes = Router::new()
        .merge(v1::router(app))
        .merge(sagemaker::endpoint_router(app))
        .merge(sagemaker::container_router(app))
        .merge(mlflow::router(app))
        .merge(open_inference::router(app))
        .merge(metrics::router(app))
        .merge(pages::router(app))
        // `middleware::body` bounds bodies.
        .layer(DefaultBodyLimit::disable());
    observed(&app.services, routes).with_state(app.clone())
}
