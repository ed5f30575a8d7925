//! A model's card on the models page: its threshold, what it looks at, how good it is, and where it comes from.

use maud::{Markup, html};
use plumb_lead::{Interval, ModelCard, ModelKind};

use super::text::{day, percent, ticked, words};
use super::{charts, model_tables};
use crate::store::{Action, Stage, StageChange};

/// Fields in the list of what a model looks at.
const FIELDS_SHOWN: usize = 12;

/// A candidate model.
pub(super) struct Candidate {
    pub(super) card: ModelCard,
    pub(super) stage: Option<Stage>,
}

/// Returns the card of a candidate.
pub(super) fn model_card(candidate: &Candidate, candidates: &[Candidate], changes: &[StageChange]) -> Markup {
    let card = &candidate.card;
    let most = candidates.iter().flat_map(|candidate| &candidate.card.gain).map(|bin| bin.lift).fold(1.0, f64::max);
    html! {
        section.card {
            h2 { (kind_name(card.kind)) " " (stage_chip(candidate)) }
            p.muted.small { code { (card.model_id) } " · as of " (day(card.as_of)) }
            @if let Some(change) = changes.iter().rev().find(|change| change.model_id == card.model_id) {
                p.small { (last_change(change)) }
            }
            p {
                "Call from " strong { (percent(card.threshold.score)) } " on: " (ticked(&card.threshold.why))
                @if !card.threshold.why.ends_with('.') { "." }
            }
            @if !card.notes.is_empty() { ul.notes { @for note in &card.notes { li { (ticked(note)) } } } }
            @if !card.gain.is_empty() { h3 { "Lift" } (charts::lift(&card.gain, most)) }
            @if !card.reliability.is_empty() { h3 { "Reliability" } (charts::reliability(&card.reliability)) }
            (importance(card))
            (model_tables::tables(card))
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
            ul {
                @for leak in &card.leaks {
                    li {
                        code { (leak.column) }
                        @if card.left_out.contains(&leak.column) { ", which the model does not see" }
                        ": " (ticked(&leak.why))
                    }
                }
            }
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

/// Returns the last change of a model's stage: who made it, when and why.
fn last_change(change: &StageChange) -> Markup {
    let became = match change.action {
        Action::Challenge => "Made the challenger",
        Action::Promote => "Promoted",
        Action::Rollback => "Brought back",
    };
    html! { (became) " on " (day(change.changed_at)) " by " (change.changed_by) ": " (ticked(&change.why)) }
}

/// Returns the name of a kind of model.
pub(super) fn kind_name(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Rules => "The team’s rules",
        ModelKind::Logistic => "Logistic regression",
        ModelKind::Xgboost => "XGBoost",
        ModelKind::Ensemble => "Both as an ensemble",
    }
}

/// Returns the mark of a candidate's stage.
pub(super) fn stage_chip(candidate: &Candidate) -> Markup {
    html! { @if let Some(stage) = candidate.stage { span class={ "stage " (stage.word()) } { (stage.word()) } } }
}
