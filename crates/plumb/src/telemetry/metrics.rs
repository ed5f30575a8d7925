//! Counters and histograms of the server, for Prometheus.
//!
//! Labels are routes, targets, models and features: never anything that a caller made up, so that no caller can make the
//! list grow. What is counted at each request is a handle that was looked up before, by its route or its variant.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use plumb_lake::CategoryWithoutRate;
use plumb_lead::Unseen;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds of the latency's buckets, in seconds: half a millisecond is a score, ten seconds is the deadline.
const BOUNDS: [f64; 12] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// Histograms of seconds by labels.
type Latencies<L> = Family<L, Histogram, fn() -> Histogram>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    path: String,
    code: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    path: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VariantLabels {
    target: String,
    variant: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ModelLabels {
    target: String,
    model: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FeatureLabels {
    target: String,
    feature: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ColumnLabels {
    column: String,
}

/// All metrics of a server.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    latencies: Latencies<RouteLabels>,
    /// The handles of each route.
    routes: RwLock<HashMap<String, Arc<RouteMetrics>>>,
    serving: ServingMetrics,
}

/// The handles of one route.
struct RouteMetrics {
    latency: Histogram,
    by_status: RwLock<BTreeMap<u16, Counter>>,
}

/// The metrics of serving. A clone counts into the same.
#[derive(Clone)]
pub(crate) struct ServingMetrics {
    answers: Latencies<VariantLabels>,
    scores: Family<ModelLabels, Counter>,
    unseen: Family<FeatureLabels, Counter>,
    unrated: Family<ColumnLabels, Counter>,
}

/// The handles of one variant.
#[derive(Clone)]
pub(crate) struct VariantMetrics {
    answers: Histogram,
    scores: Counter,
}

fn histogram() -> Histogram {
    Histogram::new(BOUNDS)
}

fn latencies<L: Clone + std::hash::Hash + Eq>() -> Latencies<L> {
    Family::new_with_constructor(histogram as fn() -> Histogram)
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let (requests, latencies, serving) = (Family::default(), latencies(), ServingMetrics::new());
        let mut registry = Registry::with_prefix("plumb");
        registry.register("requests", "Requests answered", Family::clone(&requests));
        let help = "Time from a request's headers to its answer";
        registry.register("request_seconds", help, Latencies::clone(&latencies));
        let help = "Time from the choice of a variant until its answer was recorded: reading, scoring, journal";
        registry.register("answer_seconds", help, serving.answers.clone());
        registry.register("scores", "Rows scored", serving.scores.clone());
        registry.register("unseen", "Categories that training never saw", serving.unseen.clone());
        registry.register("unrated", "Categories without a known outcome", serving.unrated.clone());
        Metrics { registry, requests, latencies, routes: RwLock::default(), serving }
    }

    /// Returns the metrics of serving.
    pub(crate) fn serving(&self) -> ServingMetrics {
        self.serving.clone()
    }

    /// Counts a request of a route.
    pub(crate) fn request(&self, path: &str, status: u16, took: Duration) {
        let known = self.routes.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        let route = known.unwrap_or_else(|| self.add_route(path));
        route.latency.observe(took.as_secs_f64());
        if let Some(counter) = route.by_status.read().unwrap_or_else(PoisonError::into_inner).get(&status) {
            counter.inc();
            return;
        }
        let counter = self.requests.get_or_create_owned(&RequestLabels { path: path.to_owned(), code: status });
        counter.inc();
        route.by_status.write().unwrap_or_else(PoisonError::into_inner).insert(status, counter);
    }

    fn add_route(&self, path: &str) -> Arc<RouteMetrics> {
        let latency = self.latencies.get_or_create_owned(&RouteLabels { path: path.to_owned() });
        let route = Arc::new(RouteMetrics { latency, by_status: RwLock::default() });
        self.routes.write().unwrap_or_else(PoisonError::into_inner).entry(path.to_owned()).or_insert(route).clone()
    }

    /// Returns all metrics in Prometheus' text format.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl ServingMetrics {
    pub(crate) fn new() -> ServingMetrics {
        ServingMetrics {
            answers: latencies(),
            scores: Family::default(),
            unseen: Family::default(),
            unrated: Family::default(),
        }
    }

    /// Returns the handles of a variant.
    pub(crate) fn variant(&self, target: &str, variant: &str, model_id: &str) -> VariantMetrics {
        let (target, variant, model) = (target.to_owned(), variant.to_owned(), model_id.to_owned());
        VariantMetrics {
            answers: self.answers.get_or_create_owned(&VariantLabels { target: target.clone(), variant }),
            scores: self.scores.get_or_create_owned(&ModelLabels { target, model }),
        }
    }

    /// Counts categories that a model had never seen.
    pub(crate) fn unseen(&self, target: &str, unseen: &[Unseen]) {
        for category in unseen {
            let labels = FeatureLabels { target: target.to_owned(), feature: category.feature.clone() };
            self.unseen.get_or_create(&labels).inc_by(category.rows as u64);
        }
    }

    /// Counts categories of which no outcome was known.
    pub(crate) fn unrated(&self, categories: Vec<CategoryWithoutRate>) {
        for category in categories {
            self.unrated.get_or_create(&ColumnLabels { column: category.column }).inc_by(category.rows as u64);
        }
    }
}

impl VariantMetrics {
    /// Counts rows that the variant's model scored.
    pub(crate) fn scored(&self, rows: usize) {
        self.scores.inc_by(rows as u64);
    }

    /// Counts a request that the variant answered, and the time from its routing until its predictions were recorded.
    pub(crate) fn answered(&self, took: Duration) {
        self.answers.observe(took.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_written_in_prometheus_text_format() {
        let metrics = Metrics::new();
        metrics.request("/v1/score", 200, Duration::from_micros(700));
        metrics.request("/v1/score", 200, Duration::from_secs(60));
        let serving = metrics.serving();
        serving.unseen("won", &[Unseen { feature: "chan\"nel".into(), level: "x".into(), rows: 2 }]);
        let variant = serving.variant("won", "champion", "cafe");
        variant.scored(3);
        variant.answered(Duration::from_micros(300));
        let text = metrics.text().expect("a text");
        for expected in [
            "# TYPE plumb_requests_total counter\nplumb_requests_total{path=\"/v1/score\",code=\"200\"} 2\n",
            "plumb_request_seconds_bucket{path=\"/v1/score\",le=\"0.0005\"} 0\n",
            "plumb_request_seconds_bucket{path=\"/v1/score\",le=\"0.001\"} 1\n",
            "plumb_request_seconds_bucket{path=\"/v1/score\",le=\"10\"} 1\n",
            "plumb_request_seconds_bucket{path=\"/v1/score\",le=\"+Inf\"} 2\n",
            "plumb_request_seconds_count{path=\"/v1/score\"} 2\n",
            "plumb_answer_seconds_bucket{target=\"won\",variant=\"champion\",le=\"0.0005\"} 1\n",
            "plumb_answer_seconds_count{target=\"won\",variant=\"champion\"} 1\n",
            "plumb_scores_total{target=\"won\",model=\"cafe\"} 3\n",
            "plumb_unseen_total{target=\"won\",feature=\"chan\\\"nel\"} 2\n",
        ] {
            assert!(text.contains(expected), "`{expected}` is not in {text}");
        }
    }
}
