//! `/leads/{lead_id}`: a lead's scores with their reasons, their history, the feedback on them, and the form for it.

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use maud::{Markup, html};
use plumb_lead::{Complaint, Feedback, Language, ModelCard, ModelKind, Prediction};
use serde::Deserialize;

use super::bands::{chip, meaning};
use super::charts;
use super::layout::{Page, TargetChoice, empty, languages, layout, stale_notes};
use super::model_card::unit;
use super::text::{day, encoded, first_upper, percent, words};
use crate::http::app::App;
use crate::http::error::Error;
use crate::http::middleware::accept_language::AcceptLanguage;
use crate::http::v1::store_feedback;
use crate::serving::{PreferredLanguages, StoredPrediction};
use crate::store::{LeadBrief, StoredOrder};

/// Points of the chart of how a score moved, and so predictions that are read for it.
const POINTS_SHOWN: usize = 100;

/// Flags in the list, the newest; the JSON API has them all.
const FLAGS_SHOWN: usize = 50;

/// `?target=&thanks=`: the target that is shown first; whether feedback was just sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LeadQuery {
    target: Option<String>,
    thanks: Option<String>,
}

/// "This score is wrong", as the form sends it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flag {
    prediction_id: String,
    complaint: Complaint,
    #[serde(default)]
    note: String,
    #[serde(default)]
    by: String,
}

/// The predictions of one target.
struct TargetPart {
    target: String,
    /// The newest, with its reasons.
    newest: StoredPrediction,
    /// The last ones, latest `as_of` first.
    history: Vec<Prediction>,
    /// The card of the model that gave the newest score, if it is there.
    card: Option<ModelCard>,
}

pub(super) async fn get(
    State(app): State<Arc<App>>,
    AcceptLanguage(preferred): AcceptLanguage,
    lead_id: Result<Path<String>, PathRejection>,
    query: Result<Query<LeadQuery>, QueryRejection>,
) -> Result<Page, Error> {
    let (Path(lead_id), Query(query)) = (lead_id?, query?);
    let choice = TargetChoice::read(&app, query.target.as_deref()).await?;
    app.engine.settle().await;
    let store = app.engine.store();
    let (known, flagged) =
        (store.lead_brief(&lead_id).await?, store.feedback_of_lead(&lead_id, None, FLAGS_SHOWN).await?);
    let parts = parts(&app, &choice, &lead_id, &preferred).await?;
    if known.is_none() && parts.is_empty() {
        return Err(Error::unknown_lead(&lead_id));
    }
    let name = known.as_ref().and_then(|brief| brief.name.clone()).unwrap_or_else(|| lead_id.clone());
    let stale = app.engine.stale_sources().await;
    let body = html! {
        p.back {
            @let target = choice.chosen.as_deref().map(|target| format!("?target={}", encoded(target)));
            a href={ "/" (target.unwrap_or_default()) } { "← all leads" }
        }
        h1 { (name) }
        (brief(&lead_id, known.as_ref()))
        (stale_notes(&stale))
        @if query.thanks.is_some() {
            p.card.thanks role="status" {
                "Thank you. Your flag is stored with the score that it is about, and the next training looks at it."
            }
        }
        @if parts.is_empty() { (empty("This lead is not scored yet", "It is known, and no model has looked at it.", "plumb score")) }
        div.parts { @for part in &parts { (section(part, &lead_id)) } }
        (flags(&flagged))
    };
    Ok((languages(parts.iter().map(|part| &part.newest)), layout(&name, "/", &choice, body)))
}

pub(super) async fn flag(
    State(app): State<Arc<App>>,
    lead_id: Result<Path<String>, PathRejection>,
    form: Result<Form<Flag>, FormRejection>,
) -> Result<Redirect, Error> {
    let Path(lead_id) = lead_id?;
    let Form(flag) = form?;
    let Flag { prediction_id, complaint, note, by } = flag;
    let (_, target) = store_feedback(&app, Some(&lead_id), prediction_id, complaint, note, by).await?;
    // 303: a reload of the next page does not send it twice.
    Ok(Redirect::to(&format!("/leads/{}?target={}&thanks=1", encoded(&lead_id), encoded(&target))))
}

async fn parts(
    app: &App,
    choice: &TargetChoice,
    lead_id: &str,
    preferred: &PreferredLanguages,
) -> Result<Vec<TargetPart>, Error> {
    let mut targets: Vec<&String> = choice.targets.iter().collect();
    targets.sort_by_key(|target| choice.chosen.as_ref() != Some(*target));
    let mut parts = Vec::new();
    for target in targets {
        let history = app.engine.store().history_of_target(lead_id, target, None, POINTS_SHOWN).await?;
        let mut history: Vec<Prediction> = history.into_iter().map(|(_, prediction)| prediction).collect();
        let Some(newest) = history.first() else { continue };
        let card = app.engine.store().card(&newest.model_id).await?;
        let newest = app.engine.localize_stored(vec![newest.clone()], preferred).await?.pop();
        let Some(newest) = newest else { continue };
        // The chart has the times that were asked about; programs before version 7 took some that were still to come.
        history.retain(|prediction| app.engine.is_known_time(prediction.as_of));
        history.sort_by_key(|prediction| std::cmp::Reverse(prediction.as_of));
        parts.push(TargetPart { target: target.clone(), newest, card, history });
    }
    Ok(parts)
}

fn brief(lead_id: &str, brief: Option<&LeadBrief>) -> Markup {
    html! {
        dl.facts {
            @if let Some(brief) = brief {
                @for (name, value) in &brief.fields {
                    @if let Some(value) = value { div { dt { (first_upper(&words(name))) } dd { (words(value)) } } }
                }
                div { dt { "Since" } dd { (day(brief.created_at)) } }
            }
            div { dt { "Id" } dd { code { (lead_id) } } }
        }
    }
}

fn section(part: &TargetPart, lead_id: &str) -> Markup {
    let newest = &part.newest.prediction;
    let threshold = part.card.as_ref().map(|card| card.threshold.score);
    html! {
        section.card {
            h2 { (first_upper(&words(&part.target))) }
            p.big {
                (chip(newest.band)) " " span.number { (percent(newest.score.get())) }
                span.muted { " " (meaning(newest.band)) }
            }
            @if let Some(interval) = newest.interval {
                p.muted {
                    "Between " (percent(interval.low)) " and " (percent(interval.high))
                    ", by what the model learned from (95 %)."
                }
            }
            (charts::score_bar(newest.score.get(), newest.band))
            p.muted {
                "As of " (day(newest.as_of)) ", by model " code { (newest.model_id) }
                @if let Some(threshold) = threshold { "; a call pays from " (percent(threshold)) " on" }
                "."
            }
            h3 { "Why" }
            (reasons(&part.newest, part.card.as_ref().map(|card| card.kind)))
            @if part.history.len() > 1 {
                h3 { "How it moved" }
                (charts::history(&part.history, threshold))
            }
            (form(newest, lead_id))
        }
    }
}

/// Returns the reasons as bars to the right (for) and to the left (against) of a middle line, each with its sentence.
fn reasons(stored: &StoredPrediction, kind: Option<ModelKind>) -> Markup {
    let reasons = &stored.prediction.reasons;
    let largest = reasons.iter().map(|reason| reason.contribution.abs()).fold(0.0, f64::max);
    html! {
        @if stored.reasons_lost {
            p { "The reasons are not there any more: the model that gave this score is gone, or cannot be read." }
        } @else if reasons.is_empty() { p { "No field moved this score from the average." } }
        ul.reasons {
            @for reason in reasons {
                li {
                    span.sentence {
                        span lang=[stored.language.map(Language::tag)] { (reason.text) }
                        @if reason.actionable { " " span.tag { "you can change this" } }
                    }
                    (charts::diverging(reason.contribution, largest))
                    span.effect { (format!("{:+.2}", reason.contribution)) }
                }
            }
        }
        p.muted.small {
            "◀ speaks against · speaks for ▶."
            @if let Some(kind) = kind { " Figures are in " (unit(kind)) "." }
        }
    }
}

fn form(prediction: &Prediction, lead_id: &str) -> Markup {
    html! {
        details.flag {
            summary { "This score is wrong" }
            form method="post" action={ "/leads/" (encoded(lead_id)) "/flags" } {
                input type="hidden" name="prediction_id" value=(prediction.prediction_id);
                fieldset {
                    legend { "What is wrong?" }
                    @for complaint in Complaint::ALL {
                        label { input type="radio" name="complaint" value=(complaint.word()) required; " " (complaint.label()) }
                    }
                }
                label.field { "What do you know that the model does not?" textarea name="note" rows="3" maxlength="2000" {} }
                label.field { "Your name" input type="text" name="by" maxlength="200" autocomplete="name"; }
                button type="submit" { "Send" }
            }
        }
    }
}

fn flags(feedback: &[(StoredOrder, Feedback, Prediction)]) -> Markup {
    html! {
        @if !feedback.is_empty() {
            section.card id="flags" {
                h2 { "Feedback" }
                ul.flags {
                    @for (_, feedback, prediction) in feedback {
                        li {
                            strong { (feedback.complaint.label()) } ": "
                            (words(&prediction.target)) " " (percent(prediction.score.get())) ", as of " (day(prediction.as_of)) "."
                            @if !feedback.comment.is_empty() { blockquote { (feedback.comment) } }
                            div.muted.small { (feedback.said_by) ", " (day(feedback.said_at)) }
                        }
                    }
                }
            }
        }
    }
}
