//! Traces: what a request did and how long each part of it took, for a collector that speaks OTLP over gRPC. The standard
//! environment variables of OpenTelemetry configure it; without them nothing is traced.
//!
//! A span names the kind of work and the model, and never a lead or a caller: no path with a lead's id, no header, no text
//! of the log. So requests have spans of their own here, which the log does not show (`log`).

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::http::{HeaderMap, Method};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData};
use tracing::field::Empty;
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// The target of the spans for a collector, and of nothing else.
pub(crate) const TRACED: &str = "plumb_traced";

/// The variables that configure a collector. One of them switches traces on.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// The variables that name a protocol, the more exact one first.
const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];

/// How long the last spans may take to reach the collector when the program ends.
const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(5);

/// The spans on their way to a collector.
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Begins to trace requests, if a collector is configured. Called inside the runtime that sends them.
    pub(crate) fn start() -> Result<Option<Traces>> {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.trim().is_empty());
        if !is_enabled(variable) {
            return Ok(None);
        }
        if let Some(protocol) = PROTOCOLS.into_iter().find_map(variable) {
            ensure!(protocol == "grpc", "OTLP is spoken by `grpc` here, usually at port 4317, and not by `{protocol}`");
        }
        let exporter = SpanExporter::builder().with_tonic().build().context("the collector's address is wrong")?;
        let exporter = LoggedExporter { exporter, is_unreachable: AtomicBool::new(false) };
        let named = variable("OTEL_SERVICE_NAME").is_some()
            || variable("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|text| text.contains("service.name="));
        let resource = Resource::builder();
        let resource = if named { resource } else { resource.with_service_name("plumb") };
        let provider = SdkTracerProvider::builder().with_resource(resource.build()).with_batch_exporter(exporter);
        Ok(Some(Traces(provider.build())))
    }

    /// Returns the layer that collects the spans of requests.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("plumb"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_traced).with_max_level_hint(LevelFilter::INFO))
    }

    /// Sends what is still here.
    pub(crate) async fn finish(self) {
        let ending = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(SHUTDOWN_TIME_MAX));
        // A failed export was logged where it happened.
        if let Ok(Err(error)) = ending.await {
            tracing::debug!("the last traces may be lost: {error}");
        }
    }
}

/// Returns whether something is a span for a collector.
pub(crate) fn is_traced(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == TRACED
}

/// Returns the span of a request, as a part of its caller's trace. `route` is the template of its path.
pub(crate) fn request_span(id: impl Display, method: &Method, route: &str, headers: &HeaderMap) -> Span {
    let method = if known(method) { method.as_str() } else { "_OTHER" };
    let span = tracing::info_span!(
        target: TRACED,
        "request",
        otel.name = format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        plumb.request_id = %id,
        plumb.target = Empty,
        plumb.variant = Empty,
        plumb.model_id = Empty,
    );
    if !span.is_disabled() {
        let caller = TraceContextPropagator::new().extract(&Headers(headers));
        // It fails only for a span whose export has begun already.
        let _ = span.set_parent(caller);
    }
    span
}

/// Returns the span in which a body is read.
pub(crate) fn body_span() -> Span {
    tracing::info_span!(target: TRACED, "read")
}

/// Records the variant that a request was routed to on the request's span.
pub(crate) fn record_variant(target: &str, variant: &str, model_id: &str) {
    let span = Span::current();
    span.record("plumb.target", target).record("plumb.variant", variant).record("plumb.model_id", model_id);
}

/// Records the status of a response on the request's span.
pub(crate) fn record_status(span: &Span, status: u16) {
    // As a number: of the kinds of numbers, only this one arrives as such.
    span.record("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

fn is_enabled(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set_to = |name: &str, word: &str| variable(name).is_some_and(|text| text.trim().eq_ignore_ascii_case(word));
    let switched_off = is_set_to("OTEL_SDK_DISABLED", "true") || is_set_to("OTEL_TRACES_EXPORTER", "none");
    !switched_off && ENDPOINTS.into_iter().any(|name| variable(name).is_some())
}

fn known(method: &Method) -> bool {
    [Method::GET, Method::POST, Method::HEAD, Method::OPTIONS, Method::PUT, Method::PATCH, Method::DELETE]
        .contains(method)
}

/// An exporter that logs once when its collector becomes unreachable, and once when it is reachable again.
#[derive(Debug)]
struct LoggedExporter {
    exporter: SpanExporter,
    is_unreachable: AtomicBool,
}

impl opentelemetry_sdk::trace::SpanExporter for LoggedExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.exporter.export(batch).await;
        match (&sent, self.is_unreachable.swap(sent.is_err(), Ordering::Relaxed)) {
            (Err(error), false) => tracing::warn!(
                "traces do not reach their collector, and are dropped until they do: {error}; see {}",
                ENDPOINTS.join(" and ")
            ),
            (Ok(()), true) => tracing::warn!("traces reach their collector again"),
            _ => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// Headers, as the parser of `traceparent` takes them.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(variables: &[(&str, &str)], expected: bool) {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
        assert_eq!(is_enabled(variable), expected, "{variables:?}");
    }

    #[test]
    fn a_configured_collector_switches_traces_on() {
        let here = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317");
        check(&[], false);
        check(&[here], true);
        check(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector:4317")], true);
        check(&[here, ("OTEL_SDK_DISABLED", "TRUE")], false);
        check(&[here, ("OTEL_SDK_DISABLED", "false")], true);
        check(&[here, ("OTEL_TRACES_EXPORTER", "none")], false);
    }
}
