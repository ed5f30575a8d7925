//! `GET /metrics`: the metrics of the server, in Prometheus' text format.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::prometheus_text::{CONTENT_TYPE as PROMETHEUS_TEXT, encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::app::App;
use super::error::Error;
use super::middleware::Protocol;
use crate::posted::PostedCounts;
use crate::registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AgeLabels {
    target: String,
    variant: String,
    model: String,
}

/// Gauges that are measured when they are asked for.
type Measured<L> = Family<L, Gauge<u64, AtomicU64>>;

/// Returns the route.
pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    Protocol::new(&app.services, Error::json_response).routes(Router::new().route("/metrics", get(get_metrics)))
}

async fn get_metrics(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Error> {
    let mut text = app.services.metrics.text().context("cannot write the metrics")?;
    let mut gauges = Registry::with_prefix("plumb");
    let (working, waiting) = app.services.admission.depth();
    gauges.register("requests_working", "Requests that are being scored", gauge(working as u64));
    gauges.register("requests_waiting", "Requests that wait for their turn", gauge(waiting as u64));
    let (memory, taken) = app.services.memory.state();
    gauges.register("memory_bytes", "Memory that requests may need together", gauge(memory as u64));
    gauges.register("memory_taken_bytes", "Memory that requests have reserved", gauge(taken as u64));
    gauges.register("model_age_seconds", "Time since a model was trained", model_ages(&app).await?);
    if let Some(posted) = app.engine.posted_counts().await? {
        register_posted(&mut gauges, posted);
    }
    encode(&mut text, &gauges).context("cannot write the gauges")?;
    Ok(([(CONTENT_TYPE, PROMETHEUS_TEXT)], text))
}

fn register_posted(registry: &mut Registry, posted: PostedCounts) {
    let PostedCounts { accepted, duplicates, refused, waiting, bytes } = posted;
    let counter = |value: u64| {
        let counter: Counter = Counter::default();
        counter.inc_by(value);
        counter
    };
    registry.register("posted_rows_accepted", "Posted rows that were stored", counter(accepted));
    registry.register("posted_rows_duplicate", "Posted rows that were stored before", counter(duplicates));
    registry.register("posted_rows_rejected", "Posted rows that were refused", counter(refused));
    registry.register("posted_rows_waiting", "Posted rows that wait for an ingestion", gauge(waiting as u64));
    registry.register("posted_bytes_waiting", "Memory that waiting posted rows take", gauge(bytes as u64));
}

fn gauge(value: u64) -> Gauge<u64, AtomicU64> {
    let gauge = Gauge::default();
    gauge.set(value);
    gauge
}

/// Returns the age of the model of each variant, shadows included.
async fn model_ages(app: &App) -> Result<Measured<AgeLabels>, Error> {
    let ages = Measured::default();
    let store = app.engine.store();
    for target in app.engine.targets().await? {
        let Some(champion) = registry::champion(store, &target).await? else { continue };
        for variant in registry::variants(store, &target).await? {
            let model_id = variant.model_id.as_ref().unwrap_or(&champion.model_id);
            let Some(card) = store.card(model_id).await? else { continue };
            let labels = AgeLabels { target: target.clone(), variant: variant.name, model: model_id.clone() };
            let age = (app.engine.now() - card.as_of).num_seconds().max(0);
            ages.get_or_create(&labels).set(age.unsigned_abs());
        }
    }
    Ok(ages)
}
