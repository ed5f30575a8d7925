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
use plumb_lake::CategoryWithoutRate;
use plumb_lead::Unseen;

use super::App;
use super::error::Error;
use crate::registry;

/// Upper bounds of the latency's buckets, in seconds: half a millisecond is a score, ten seconds is the deadline.
const BOUNDS: [f64; 12] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    counted: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    /// By path, then status.
    requests: BTreeMap<String, BTreeMap<u16, u64>>,
    /// By path.
    latency: BTreeMap<String, Latency>,
    /// By target, then variant.
    answers: BTreeMap<String, BTreeMap<String, Latency>>,
    /// By target, then model.
    scores: BTreeMap<String, BTreeMap<String, u64>>,
    /// By target, then feature.
    unseen: BTreeMap<String, BTreeMap<String, u64>>,
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
        *at(&mut counted.requests, path).entry(status).or_default() += 1;
        at(&mut counted.latency, path).add(took);
    }

    /// Counts an answer of a variant, and the time from its choice until its answer was kept.
    pub(super) fn answered(&self, target: &str, variant: &str, took: Duration) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        at(at(&mut counted.answers, target), variant).add(took);
    }

    /// Counts scores that a model gave, and the categories that it had never seen.
    pub(super) fn scored(&self, target: &str, model_id: &str, rows: usize, unseen: &[Unseen]) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        *at(at(&mut counted.scores, target), model_id) += rows as u64;
        for category in unseen {
            *at(at(&mut counted.unseen, target), &category.feature) += category.rows as u64;
        }
    }

    /// Counts categories of which no outcome was known.
    pub(super) fn unrated(&self, categories: Vec<CategoryWithoutRate>) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        for category in categories {
            *counted.unrated.entry(category.column).or_default() += category.rows as u64;
        }
    }

    fn text(&self) -> String {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        let requests = each(&counted.requests)
            .map(|(path, code, count)| (format!("path=\"{}\",code=\"{code}\"", escaped(path)), count.to_string()));
        family(&mut text, "plumb_requests_total", "counter", "Requests answered.", requests);
        head(&mut text, "plumb_request_seconds", "histogram", "Time from a request's headers to its answer.");
        for (path, latency) in &counted.latency {
            latency.write(&mut text, "plumb_request_seconds", &format!("path=\"{}\"", escaped(path)));
        }
        let help = "Time from the choice of a variant until its answer was kept: reading, scoring, journal.";
        head(&mut text, "plumb_answer_seconds", "histogram", help);
        for (target, variant, latency) in each(&counted.answers) {
            let labels = format!("target=\"{}\",variant=\"{}\"", escaped(target), escaped(variant));
            latency.write(&mut text, "plumb_answer_seconds", &labels);
        }
        let scores = each(&counted.scores).map(|(target, model, count)| {
            (format!("target=\"{}\",model=\"{}\"", escaped(target), escaped(model)), count.to_string())
        });
        family(&mut text, "plumb_scores_total", "counter", "Rows scored.", scores);
        let unseen = each(&counted.unseen).map(|(target, feature, count)| {
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

/// Returns what is counted under a name, from nothing on if need be. A name that is there costs no copy of it.
fn at<'a, T: Default>(counted: &'a mut BTreeMap<String, T>, name: &str) -> &'a mut T {
    if !counted.contains_key(name) {
        counted.insert(name.to_owned(), T::default());
    }
    counted.get_mut(name).expect("it was put there if it was not")
}

/// Returns all that is counted under two names.
fn each<K, T>(counted: &BTreeMap<String, BTreeMap<K, T>>) -> impl Iterator<Item = (&String, &K, &T)> {
    counted.iter().flat_map(|(outer, inner)| inner.iter().map(move |(name, value)| (outer, name, value)))
}

impl Latency {
    fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        self.counts[BOUNDS.partition_point(|bound| *bound < seconds)] += 1;
        self.seconds += seconds;
    }

    fn write(&self, text: &mut String, name: &str, labels: &str) {
        let mut below = 0;
        let bounds = BOUNDS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(self.counts) {
            below += count;
            line(text, &format!("{name}_bucket"), &format!("{labels},le=\"{bound}\""), &below.to_string());
        }
        line(text, &format!("{name}_sum"), labels, &self.seconds.to_string());
        line(text, &format!("{name}_count"), labels, &below.to_string());
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
    let ages = ages(&app).await?;
    family(&mut text, "plumb_model_age_seconds", "gauge", "Time since a model was trained.", ages.into_iter());
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

/// Returns the age of each model that answers or is asked in the shadow, with its labels.
async fn ages(app: &App) -> Result<Vec<(String, String)>, Error> {
    let mut ages = Vec::new();
    for target in app.all_targets().await? {
        let Some(champion) = registry::champion(&app.store, &target).await? else { continue };
        let cards = registry::cards(&app.store, &target).await?;
        for variant in registry::variants(&app.store, &target).await? {
            let model_id = variant.model_id.as_ref().unwrap_or(&champion.model_id);
            let Some(card) = cards.iter().find(|card| card.model_id == *model_id) else { continue };
            let (target, name) = (escaped(&target), escaped(&variant.name));
            let labels = format!("target=\"{target}\",variant=\"{name}\",model=\"{}\"", escaped(model_id));
            ages.push((labels, (app.now() - card.as_of).num_seconds().max(0).to_string()));
        }
    }
    Ok(ages)
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
        metrics.answered("won", "champion", Duration::from_micros(300));
        let text = metrics.text();
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
