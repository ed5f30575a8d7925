//! `/models`: the leaderboard of a target: its candidate models side by side, from the team's rules to boosted trees.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Html;
use maud::{Markup, html};
use plumb_lead::{Metric, Metrics};

use super::layout::{TargetChoice, empty, layout};
use super::model_card::{Candidate, kind_name, model_card, stage_chip};
use super::retraining::retraining;
use super::text::{day, percent};
use crate::http::app::App;
use crate::http::error::Error;
use crate::http::v1::TargetQuery;
use crate::lifecycle::retrain;
use crate::registry;
use crate::store::{Stage, StageChange};

/// Changes of the stages that are listed.
const CHANGES_SHOWN: usize = 10;

/// Changes of the stages among which the last one of each model is looked for.
const CHANGES_READ: usize = 200;

/// Cards, the newest, among which the newest of each kind is looked for.
const CARDS_READ: usize = 50;

/// A line of the table of metrics.
struct Measure {
    name: String,
    /// Its meaning, for those who do not know its name.
    meaning: &'static str,
    of: fn(&Metrics) -> Option<Metric>,
    larger_is_better: bool,
    shown: fn(f64) -> String,
}

pub(super) async fn get(
    State(app): State<Arc<App>>,
    query: Result<Query<TargetQuery>, QueryRejection>,
) -> Result<Html<String>, Error> {
    let Query(query) = query?;
    let choice = TargetChoice::read(&app, query.target.as_deref()).await?;
    let candidates = match &choice.chosen {
        Some(target) => candidates_of(&app, target).await?,
        None => Vec::new(),
    };
    let changes = match &choice.chosen {
        Some(target) => registry::history(app.engine.store(), target, None, CHANGES_READ).await?,
        None => Vec::new(),
    };
    let state = match &choice.chosen {
        Some(target) => Some(retrain::state(app.engine.store(), target).await?),
        None => None,
    };
    let changes: Vec<StageChange> = changes.into_iter().rev().map(|(_, change)| change).collect();
    let body = html! {
        div.title { h1 { "Models" } (choice.switch("/models")) }
        @if candidates.is_empty() {
            (empty("No model yet", "A model is trained from what became of earlier leads.", "plumb train"))
        } @else {
            (metrics(&candidates))
            div.candidates { @for candidate in &candidates { (model_card(candidate, &candidates, &changes)) } }
            @if let Some((target, state)) = choice.chosen.as_ref().zip(state.as_ref()) { (retraining(target, state)) }
            (history(&changes))
        }
    };
    Ok(layout("Models", "/models", &choice, body))
}

/// Returns the newest model of each kind, and the champion and the challenger if they are others, simplest kind first.
async fn candidates_of(app: &App, target: &str) -> Result<Vec<Candidate>, Error> {
    let champion = registry::champion(app.engine.store(), target).await?;
    let challenger = registry::challenger(app.engine.store(), target).await?;
    let in_stage = [(champion, Stage::Champion), (challenger, Stage::Challenger)];
    let mut candidates: Vec<Candidate> =
        in_stage.into_iter().filter_map(|(card, stage)| Some(Candidate { card: card?, stage: Some(stage) })).collect();
    let mut kinds = BTreeSet::new();
    for (_, card) in registry::cards(app.engine.store(), target, None, CARDS_READ).await? {
        let is_newest_of_kind = kinds.insert(card.kind);
        if is_newest_of_kind && !candidates.iter().any(|candidate| candidate.card.model_id == card.model_id) {
            candidates.push(Candidate { card, stage: None });
        }
    }
    candidates.sort_by_key(|candidate| (candidate.card.kind, candidate.card.as_of));
    Ok(candidates)
}

fn measures(beta: f64) -> Vec<Measure> {
    let three = |value: f64| format!("{value:.3}");
    let line = |name: &str, meaning, of, larger_is_better, shown| Measure {
        name: name.to_owned(),
        meaning,
        of,
        larger_is_better,
        shown,
    };
    vec![
        line("AUC", "a random positive is scored over a random negative", |all| Some(all.auc), true, three),
        line("Average precision", "precision over all thresholds", |all| Some(all.average_precision), true, three),
        line("F1", "precision and recall at the threshold, alike", |all| all.f1, true, three),
        line(&format!("F{beta}"), "precision and recall at the threshold", |all| Some(all.f_beta), true, three),
        line("Precision", "positives among the leads called", |all| Some(all.precision), true, percent),
        line("Recall", "positives that are called", |all| Some(all.recall), true, percent),
        line(
            "Lift, best tenth",
            "times the average lead",
            |all| Some(all.lift_top_decile),
            true,
            |value| format!("{value:.2}"),
        ),
        line("Log loss", "how wrong the probabilities are, in nats", |all| Some(all.log_loss), false, three),
        line("Brier score", "mean squared error of the probabilities", |all| Some(all.brier), false, three),
        line("Calibration error", "predicted less observed, ten bins", |all| Some(all.calibration_error), false, three),
    ]
}

fn metrics(candidates: &[Candidate]) -> Markup {
    let beta = candidates.iter().find_map(|candidate| Some(candidate.card.metrics.as_ref()?.beta)).unwrap_or(0.5);
    html! {
        section.card {
            h2 { "On the newest rows, which no model has seen" }
            div.scroll tabindex="0" role="region" aria-label="Metrics of the models" {
                table.metrics {
                    thead { tr {
                        th scope="col" { "Measure" }
                        @for candidate in candidates { th scope="col" { (kind_name(candidate.card.kind)) " " (stage_chip(candidate)) } }
                    } }
                    tbody { @for measure in measures(beta) { (metric_row(&measure, candidates)) } }
                }
            }
            p.muted.small {
                "Best in bold. Below each: its 95 % bootstrap interval; two models whose intervals overlap much may well be equal."
            }
        }
    }
}

fn metric_row(measure: &Measure, candidates: &[Candidate]) -> Markup {
    let metric = |candidate: &Candidate| candidate.card.metrics.as_ref().and_then(measure.of);
    let better = |one: f64, other: f64| if measure.larger_is_better { one.max(other) } else { one.min(other) };
    let best = candidates.iter().filter_map(metric).map(|metric| metric.value).reduce(better);
    html! {
        tr {
            th scope="row" { (measure.name) div.muted.small { (measure.meaning) } }
            @for candidate in candidates {
                td { @if let Some(metric) = metric(candidate) {
                    @if best == Some(metric.value) { strong { ((measure.shown)(metric.value)) } }
                    @else { ((measure.shown)(metric.value)) }
                    @if let Some(interval) = metric.interval {
                        span.interval { ((measure.shown)(interval.low)) " – " ((measure.shown)(interval.high)) }
                    }
                } @else { span.muted { "–" } } }
            }
        }
    }
}

fn history(changes: &[StageChange]) -> Markup {
    html! {
        @if !changes.is_empty() {
            section.card {
                h2 { "Who put which model in place" }
                ul {
                    @for change in changes.iter().rev().take(CHANGES_SHOWN) {
                        li {
                            (day(change.changed_at)) ": " (change.changed_by) ", " (change.action.word()) " "
                            code { (change.model_id) } ": " (change.why)
                        }
                    }
                }
            }
        }
    }
}
