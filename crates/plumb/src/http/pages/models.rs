//! `/models`: the ladder of a target side by side, from the team's rules to boosted trees.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Html;
use maud::{Markup, html};
use plumb_lead::{Interval, Metric, Metrics, ModelCard, ModelKind};

use super::{Choice, PageError, appraisal, charts, day, empty, layout, percent, ticked, words};
use crate::http::App;
use crate::http::error::Error;
use crate::http::models::Asked;
use crate::registry;
use crate::store::{Action, Stage, StageChange};

/// Fields in the list of what a model looks at.
const FIELDS_SHOWN: usize = 12;

/// Changes of the stages that are listed.
const CHANGES_SHOWN: usize = 10;

/// One rung of the ladder.
struct Rung {
    card: ModelCard,
    stage: Option<Stage>,
}

/// A line of the table of metrics.
struct Measure {
    name: String,
    /// What it tells, for those who do not know its name.
    tells: &'static str,
    of: fn(&Metrics) -> Option<Metric>,
    larger_is_better: bool,
    shown: fn(f64) -> String,
}

pub(super) async fn get(
    State(app): State<Arc<App>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Html<String>, PageError> {
    let Query(asked) = asked?;
    let choice = Choice::read(&app, asked.target.as_deref()).await?;
    let ladder = match &choice.chosen {
        Some(target) => ladder(&app, target).await?,
        None => Vec::new(),
    };
    let changes = match &choice.chosen {
        Some(target) => registry::history(&app.store, target).await?,
        None => Vec::new(),
    };
    let body = html! {
        div.title { h1 { "Models" } (choice.switch("/models")) }
        @if ladder.is_empty() {
            (empty("No model yet", "A model is trained from what became of earlier leads.", "plumb train"))
        } @else {
            (metrics(&ladder))
            div.ladder { @for rung in &ladder { (section(rung, &ladder, &changes)) } }
            (history(&changes))
        }
    };
    Ok(layout("Models", "/models", &choice, body))
}

/// Returns the newest model of each kind, and the champion and the challenger if they are others, simplest kind first.
async fn ladder(app: &App, target: &str) -> Result<Vec<Rung>, Error> {
    let champion = registry::champion(&app.store, target).await?.map(|card| card.model_id);
    let challenger = registry::challenger(&app.store, target).await?.map(|card| card.model_id);
    let mut ladder: Vec<Rung> = Vec::new();
    for card in registry::cards(&app.store, target).await? {
        let stage = if Some(&card.model_id) == champion.as_ref() {
            Some(Stage::Champion)
        } else if Some(&card.model_id) == challenger.as_ref() {
            Some(Stage::Challenger)
        } else {
            None
        };
        let newest_of_kind = !ladder.iter().any(|rung| rung.card.kind == card.kind);
        if newest_of_kind || stage.is_some() {
            ladder.push(Rung { card, stage });
        }
    }
    ladder.sort_by_key(|rung| (rung.card.kind, rung.card.as_of));
    Ok(ladder)
}

fn kind_name(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Rules => "The team’s rules",
        ModelKind::Logistic => "Logistic regression",
        ModelKind::Xgboost => "XGBoost",
        ModelKind::Ensemble => "Both as an ensemble",
    }
}

fn measures(beta: f64) -> Vec<Measure> {
    let three = |value: f64| format!("{value:.3}");
    let line = |name: &str, tells, of, larger_is_better, shown| Measure {
        name: name.to_owned(),
        tells,
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

fn metrics(ladder: &[Rung]) -> Markup {
    let beta = ladder.iter().find_map(|rung| Some(rung.card.metrics.as_ref()?.beta)).unwrap_or(0.5);
    html! {
        section.card {
            h2 { "On the newest rows, which no model has seen" }
            div.scroll tabindex="0" role="region" aria-label="Metrics of the models" {
                table.metrics {
                    thead { tr {
                        th scope="col" { "Measure" }
                        @for rung in ladder { th scope="col" { (kind_name(rung.card.kind)) " " (stage_chip(rung)) } }
                    } }
                    tbody { @for measure in measures(beta) { (metric_row(&measure, ladder)) } }
                }
            }
            p.muted.small {
                "Best in bold. Below each: its 95 % bootstrap interval; two models whose intervals overlap much may well be equal."
            }
        }
    }
}

fn metric_row(measure: &Measure, ladder: &[Rung]) -> Markup {
    let metric = |rung: &Rung| rung.card.metrics.as_ref().and_then(measure.of);
    let better = |one: f64, other: f64| if measure.larger_is_better { one.max(other) } else { one.min(other) };
    let best = ladder.iter().filter_map(metric).map(|metric| metric.value).reduce(better);
    html! {
        tr {
            th scope="row" { (measure.name) div.muted.small { (measure.tells) } }
            @for rung in ladder {
                td { @if let Some(metric) = metric(rung) {
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

fn stage_chip(rung: &Rung) -> Markup {
    html! { @if let Some(stage) = rung.stage { span class={ "stage " (stage.word()) } { (stage.word()) } } }
}

fn section(rung: &Rung, ladder: &[Rung], changes: &[StageChange]) -> Markup {
    let card = &rung.card;
    let most = ladder.iter().flat_map(|rung| &rung.card.gain).map(|bin| bin.lift).fold(1.0, f64::max);
    html! {
        section.card {
            h2 { (kind_name(card.kind)) " " (stage_chip(rung)) }
            p.muted.small { code { (card.model_id) } " · as of " (day(card.as_of)) }
            @if let Some(change) = changes.iter().rev().find(|change| change.model_id == card.model_id) {
                p.small { (put_in_place(change)) }
            }
            p {
                "Call from " strong { (percent(card.threshold.score)) } " on: " (ticked(&card.threshold.why))
                @if !card.threshold.why.ends_with('.') { "." }
            }
            @if !card.notes.is_empty() { ul.notes { @for note in &card.notes { li { (ticked(note)) } } } }
            @if !card.gain.is_empty() { h3 { "Lift" } (charts::lift(&card.gain, most)) }
            @if !card.reliability.is_empty() { h3 { "Does a score mean what it says?" } (charts::reliability(&card.reliability)) }
            (importance(card))
            (appraisal::tables(card))
            (details(card))
        }
    }
}

/// Returns what contributions to a model's margin are counted in.
pub(super) fn unit(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Rules => "points",
        ModelKind::Logistic | ModelKind::Xgboost | ModelKind::Ensemble => "log-odds",
    }
}

fn importance(card: &ModelCard) -> Markup {
    let largest = card.importance.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    html! {
        @if !card.importance.is_empty() {
            h3 { "What it looks at" }
            ul.importance {
                @for (field, value) in card.importance.iter().take(FIELDS_SHOWN) {
                    li { span { (words(field)) } (charts::share(*value, largest)) span.effect { (format!("{value:.2}")) } }
                }
            }
            @if card.importance.len() > FIELDS_SHOWN {
                p.muted.small { "and " (card.importance.len() - FIELDS_SHOWN) " more; mean absolute contribution in " (unit(card.kind)) "." }
            }
        }
    }
}

fn details(card: &ModelCard) -> Markup {
    let data = &card.dataset;
    html! {
        @if !card.leaks.is_empty() {
            h3 { "Suspected leaks" }
            ul { @for leak in &card.leaks { li { code { (leak.column) } ": " (ticked(&leak.why)) } } }
        }
        @if !card.weakest.is_empty() {
            h3 { "Where it is weakest" }
            ul {
                @for segment in &card.weakest {
                    li {
                        (words(&segment.feature)) " “" (segment.level) "”: predicted " (percent(segment.predicted))
                        ", observed " (percent(segment.observed)) (within(segment.interval)) " (" (segment.rows) " rows)"
                    }
                }
            }
        }
        details {
            summary { "Where it comes from" }
            p.small {
                (data.rows_train) " rows to train, " (data.rows_valid) " to choose and calibrate, " (data.rows_test)
                " to test; " (data.rows_censored) " left out because their outcome is not known yet. "
                (percent(data.base_rate)) " of the training rows are positive."
                @if let Some((from, to)) = data.span { " From " (day(from)) " to " (day(to)) "." }
            }
            p.small {
                "Data " code { (data.hash) } ", features " code { (card.features_hash) } ", program " (card.code_version)
                ", seed " (card.seed) "."
            }
            @if !card.settings.named().is_empty() {
                dl.params { @for (name, value) in card.settings.named() { div { dt { (name) } dd { (value) } } } }
            }
        }
    }
}

fn within(interval: Option<Interval>) -> Markup {
    html! { @if let Some(Interval { low, high }) = interval { ", between " (percent(low)) " and " (percent(high)) } }
}

/// Returns who gave a model its stage last, when and why.
fn put_in_place(change: &StageChange) -> Markup {
    let became = match change.action {
        Action::Challenge => "Made the challenger",
        Action::Promote => "Promoted",
        Action::Rollback => "Brought back",
    };
    html! { (became) " on " (day(change.changed_at)) " by " (change.changed_by) ": " (ticked(&change.why)) }
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
