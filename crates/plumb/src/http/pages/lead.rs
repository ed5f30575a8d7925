//! `/leads/{lead_id}`: a lead's scores with their reasons, how they moved, what was said of them, and the form to say it.

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use maud::{Markup, html};
use plumb_lead::{Complaint, Feedback, Language, ModelCard, ModelKind, Prediction};
use serde::Deserialize;

use super::leads::{chip, meaning};
use super::models::unit;
use super::{Choice, Page, PageError, charts, day, empty, encoded, first_upper, languages, layout, percent, words};
use crate::http::App;
use crate::http::error::Error;
use crate::http::feedback;
use crate::http::language::Liked;
use crate::http::leads::Known;
use crate::http::told::{self, Told};
use crate::registry;
use crate::store::LeadBrief;

/// `?target=&thanks=`: the target that is shown first; whether something was just said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    target: Option<String>,
    thanks: Option<String>,
}

/// "This score is wrong", as the form sends it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flag {
    prediction_id: String,
    complaint: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    by: String,
}

/// What is shown of one target.
struct Part {
    target: String,
    /// The newest, with its reasons.
    newest: Told,
    /// Newest first; there is at least one.
    history: Vec<Prediction>,
    /// The card of the model that gave the newest score, if it is there.
    card: Option<ModelCard>,
}

pub(super) async fn get(
    State(app): State<Arc<App>>,
    liked: Liked,
    lead_id: Result<Path<String>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Page, PageError> {
    let (Path(lead_id), Query(asked)) = (lead_id?, asked?);
    let choice = Choice::read(&app, asked.target.as_deref()).await?;
    let known = Known::read(&app, &lead_id).await?;
    let parts = parts(&app, &choice, &known.history, &liked).await?;
    let name = known.brief.as_ref().and_then(|brief| brief.name.clone()).unwrap_or_else(|| lead_id.clone());
    let body = html! {
        p.back {
            @let target = choice.chosen.as_deref().map(|target| format!("?target={}", encoded(target)));
            a href={ "/" (target.unwrap_or_default()) } { "← all leads" }
        }
        h1 { (name) }
        (brief(&lead_id, known.brief.as_ref()))
        @if asked.thanks.is_some() {
            p.card.thanks role="status" {
                "Thank you. Your flag is stored with the score that it is about, and the next training looks at it."
            }
        }
        @if parts.is_empty() { (empty("This lead is not scored yet", "It is known, and no model has looked at it.", "plumb score")) }
        div.parts { @for part in &parts { (section(part, &lead_id)) } }
        (flags(&known.feedback))
    };
    Ok((languages(parts.iter().map(|part| &part.newest)), layout(&name, "/", &choice, body)))
}

pub(super) async fn flag(
    State(app): State<Arc<App>>,
    lead_id: Result<Path<String>, PathRejection>,
    form: Result<Form<Flag>, FormRejection>,
) -> Result<Redirect, PageError> {
    let Path(lead_id) = lead_id?;
    let Form(flag) = form.map_err(|rejection| Error::request(rejection.body_text()))?;
    let prediction = app.store.prediction(&flag.prediction_id).await?;
    let Some(prediction) = prediction.filter(|prediction| prediction.lead_id == lead_id) else {
        return Err(Error::unknown_prediction(&flag.prediction_id).into());
    };
    feedback::give(&app, flag.prediction_id, &flag.complaint, flag.note, flag.by).await?;
    // 303: a reload of the next page does not say it twice.
    let target = encoded(&prediction.target);
    Ok(Redirect::to(&format!("/leads/{}?target={target}&thanks=1", encoded(&lead_id))))
}

async fn parts(app: &App, choice: &Choice, history: &[Prediction], liked: &Liked) -> Result<Vec<Part>, Error> {
    let mut targets: Vec<&String> = choice.targets.iter().collect();
    targets.sort_by_key(|target| choice.chosen.as_ref() != Some(*target));
    let mut parts = Vec::new();
    for target in targets {
        let history: Vec<Prediction> =
            history.iter().filter(|prediction| &prediction.target == target).cloned().collect();
        let Some(newest) = history.first() else { continue };
        let cards = registry::cards(&app.store, target).await?;
        let card = cards.into_iter().find(|card| card.model_id == newest.model_id);
        let Some(newest) = told::tell(app, vec![newest.clone()], liked).await?.pop() else { continue };
        parts.push(Part { target: target.clone(), newest, card, history });
    }
    Ok(parts)
}

fn brief(lead_id: &str, brief: Option<&LeadBrief>) -> Markup {
    html! {
        dl.facts {
            @if let Some(brief) = brief {
                @for (label, value) in [
                    ("Company", &brief.company), ("Industry", &brief.industry), ("Channel", &brief.channel),
                ] {
                    @if let Some(value) = value { div { dt { (label) } dd { (words(value)) } } }
                }
                div { dt { "Since" } dd { (day(brief.created_at)) } }
            }
            div { dt { "Id" } dd { code { (lead_id) } } }
        }
    }
}

fn section(part: &Part, lead_id: &str) -> Markup {
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
                    ", as far as the model can tell from what it learned from (95 %)."
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
fn reasons(told: &Told, kind: Option<ModelKind>) -> Markup {
    let reasons = &told.prediction.reasons;
    let largest = reasons.iter().map(|reason| reason.contribution.abs()).fold(0.0, f64::max);
    html! {
        @if told.reasons_lost {
            p { "The reasons are not there any more: the model that gave this score is gone, or cannot be read." }
        } @else if reasons.is_empty() { p { "No field moved this score from the average." } }
        ul.reasons {
            @for reason in reasons {
                li {
                    span.sentence {
                        span lang=[told.language.map(Language::tag)] { (reason.text) }
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

fn flags(feedback: &[(Feedback, Prediction)]) -> Markup {
    html! {
        @if !feedback.is_empty() {
            section.card id="flags" {
                h2 { "What people said" }
                ul.flags {
                    @for (feedback, prediction) in feedback {
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
