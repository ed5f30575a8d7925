//! `GET /metrics`: what the server has done and has to do, in Prometheus' text format.
//!
//! Labels are paths as they are routed, targets, models and features: never anything that a caller made up, so that no
//! caller can make the list grow.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use plumb_lake::Unrated;
use plumb_lead::Unseen;

use super::App;
use super::error::Error;

/// Upper bounds of the latency's buckets, in seconds: half a millisecond is a score, ten seconds is the deadline.
const BOUNDS: [f64; 12] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    counted: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    /// By path and status.
    requests: BTreeMap<(String, u16), u64>,
    /// By path.
    latency: BTreeMap<String, Latency>,
    /// By target and model.
    scores: BTreeMap<(String, String), u64>,
    /// By target and feature.
    unseen: BTreeMap<(String, String), u64>,
    unrated: BTreeMap<String, u64>,
}

/// A histogram of seconds.
#[derive(Debug, Default)]
struct Latency {
    /// Of each bucket alone; the last is of what took longer than all bounds.
    counts: [u64; BOUNDS.len() + 1],
    seconds: f64,
}

impl Metrics {
    /// Counts a request that was answered.
    pub(super) fn request(&self, path: &str, status: u16, took: Duration) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.requests.entry((path.to_owned(), status)).or_default() += 1;
        let latency = counted.latency.entry(path.to_owned()).or_default();
        let seconds = took.as_secs_f64();
        latency.counts[BOUNDS.partition_point(|bound| *bound < seconds)] += 1;
        latency.seconds += seconds;
    }

    /// Counts scores that a model gave, and the categories that it had never seen.
    pub(super) fn scored(&self, target: &str, model_id: &str, rows: usize, unseen: &[Unseen]) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.scores.entry((target.to_owned(), model_id.to_owned())).or_default() += rows as u64;
        for category in unseen {
            *counted.unseen.entry((target.to_owned(), category.feature.clone())).or_default() += category.rows as u64;
        }
    }

    /// Counts categories of which no outcome was known.
    pub(super) fn unrated(&self, categories: Vec<Unrated>) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        for category in categories {
            *counted.unrated.entry(category.column).or_default() += category.rows as u64;
        }
    }

    fn text(&self) -> String {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        let requests = counted
            .requests
            .iter()
            .map(|((path, code), count)| (format!("path=\"{}\",code=\"{code}\"", escaped(path)), count.to_string()));
        family(&mut text, "plumb_requests_total", "counter", "Requests answered.", requests);
        head(&mut text, "plumb_request_seconds", "histogram", "Time from a request's headers to its answer.");
        for (path, latency) in &counted.latency {
            latency.write(&mut text, &escaped(path));
        }
        let scores = counted.scores.iter().map(|((target, model), count)| {
            (format!("target=\"{}\",model=\"{}\"", escaped(target), escaped(model)), count.to_string())
        });
        family(&mut text, "plumb_scores_total", "counter", "Rows scored.", scores);
        let unseen = counted.unseen.iter().map(|((target, feature), count)| {
            (format!("target=\"{}\",feature=\"{}\"", escaped(target), escaped(feature)), count.to_string())
        });
        family(&mut text, "plumb_unseen_total", "counter", "Categories that training never saw.", unseen);
        let unrated = counted
            .unrated
            .iter()
            .map(|(column, count)| (format!("column=\"{}\"", escaped(column)), count.to_string()));
        family(&mut text, "plumb_unrated_total", "counter", "Categories without a known outcome.", unrated);
        text
    }
}

impl Latency {
    fn write(&self, text: &mut String, path: &str) {
        let mut below = 0;
        let bounds = BOUNDS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(self.counts) {
            below += count;
            line(text, "plumb_request_seconds_bucket", &format!("path=\"{path}\",le=\"{bound}\""), &below.to_string());
        }
        line(text, "plumb_request_seconds_sum", &format!("path=\"{path}\""), &self.seconds.to_string());
        line(text, "plumb_request_seconds_count", &format!("path=\"{path}\""), &below.to_string());
    }
}

pub(super) async fn get(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Error> {
    let mut text = app.metrics.text();
    let (working, waiting) = app.gate.depth();
    let gauge = |text: &mut String, name: &str, help: &str, value: usize| {
        family(text, name, "gauge", help, [(String::new(), value.to_string())].into_iter());
    };
    gauge(&mut text, "plumb_requests_working", "Requests that are being scored.", working);
    gauge(&mut text, "plumb_requests_waiting", "Requests that wait for their turn.", waiting);
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

fn family(text: &mut String, name: &str, kind: &str, help: &str, lines: impl Iterator<Item = (String, String)>) {
    head(text, name, kind, help);
    for (labels, value) in lines {
        line(text, name, &labels, &value);
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, labels: &str, value: &str) {
    let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
    let _ = writeln!(text, "{name}{labels} {value}");
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_written_so_that_prometheus_reads_it() {
        let metrics = Metrics::default();
        metrics.request("/v1/score", 200, Duration::from_micros(700));
        metrics.request("/v1/score", 200, Duration::from_secs(60));
        let unseen = [Unseen { feature: "chan\"nel".into(), level: "x".into(), rows: 2 }];
        metrics.scored("won", "cafe", 3, &unseen);
        let text = metrics.text();
        for expected in [
            "# TYPE plumb_requests_total counter\nplumb_requests_total{path=\"/v1/score\",code=\"200\"} 2\n",
            "plumb_request_seconds_bucket{path=\"/v1/score\",le=\"0.0005\"} 0\n",
            "plumb_request_seconds_bucket{path=\"/v1/score\",le=\"0.001\"} 1\n",
            "plumb_request_seconds_bucket{path=\"/v1/score\",le=\"10\"} 1\n",
            "plumb_request_seconds_bucket{path=\"/v1/score\",le=\"+Inf\"} 2\n",
            "plumb_request_seconds_count{path=\"/v1/score\"} 2\n",
            "plumb_scores_total{target=\"won\",model=\"cafe\"} 3\n",
            "plumb_unseen_total{target=\"won\",feature=\"chan\\\"nel\"} 2\n",
        ] {
            assert!(text.contains(expected), "`{expected}` is not in {text}");
        }
    }
}
