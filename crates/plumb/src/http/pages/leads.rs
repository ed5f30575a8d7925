//! `/`: the ranked list of open leads.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use plumb_lead::{Band, Language};
use serde::Deserialize;

use super::bands::{chip, meaning};
use super::charts;
use super::layout::{Page, TargetChoice, empty, languages, layout, stale_notes};
use super::text::{encoded, first_upper, percent, words};
use crate::http::app::App;
use crate::http::cursor;
use crate::http::error::Error;
use crate::http::middleware::accept_language::AcceptLanguage;
use crate::http::v1::{RankedLead, RankedLeads, RankedPart, parse_band, ranked_leads};
use crate::serving::StoredPrediction;
use crate::store::{BandCounts, LeadBrief};

const LEADS_PER_PAGE: usize = 40;

/// `?target=&band=&after=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LeadsQuery {
    target: Option<String>,
    band: Option<String>,
    after: Option<String>,
}

pub(super) async fn get(
    State(app): State<Arc<App>>,
    AcceptLanguage(preferred): AcceptLanguage,
    query: Result<Query<LeadsQuery>, QueryRejection>,
) -> Result<Page, Error> {
    let Query(query) = query?;
    let choice = TargetChoice::read(&app, query.target.as_deref()).await?;
    let Some(target) = &choice.chosen else {
        let explanation =
            "There is no model and no project here. The demo makes a company with its leads and scores them.";
        let body = empty("Nothing to rank yet", explanation, "plumb demo");
        return Ok((HeaderMap::new(), layout("Leads", "/", &choice, body)));
    };
    let band = parse_band(query.band.as_deref())?;
    let after = cursor::read(query.after.as_deref())?;
    let is_first = after.is_none();
    let part = RankedPart { band, limit: LEADS_PER_PAGE, after };
    let RankedLeads { leads, counts, next } = ranked_leads(&app, target, part, &preferred).await?;
    let stale = app.engine.stale_sources().await;
    let body = html! {
        div.title { h1 { "Leads, best first" } (choice.switch("/")) }
        (stale_notes(&stale))
        @if counts.total() == 0 {
            (empty("No lead is scored yet", &format!("There are no scores for “{}”.", words(target)), "plumb train, then plumb score"))
        } @else {
            (filter(target, band, &counts))
            (list(&leads, target))
            (pages(target, band, is_first, next.as_deref()))
        }
    };
    Ok((languages(leads.iter().map(|(stored, _)| stored)), layout("Leads", "/", &choice, body)))
}

fn filter(target: &str, band: Option<Band>, counts: &BandCounts) -> Markup {
    let address = format!("/?target={}", encoded(target));
    html! {
        nav.bands aria-label="Bands" {
            a href=(address) aria-current=[band.is_none().then_some("true")] { "All " span.count { (counts.total()) } }
            @for each in [Band::A, Band::B, Band::C, Band::D] {
                a href={ (address) "&band=" (each.letter()) } aria-current=[(band == Some(each)).then_some("true")] {
                    (chip(each)) " " (meaning(each)) " " span.count { (counts.of(each)) }
                }
            }
        }
    }
}

fn list(ranked: &[RankedLead], target: &str) -> Markup {
    let columns = columns(ranked);
    html! {
        @if ranked.is_empty() { p.card { "No lead is in this part of the list." } }
        @else {
            table.leads {
                thead { tr {
                    th scope="col" { "Lead" }
                    @for column in &columns { th scope="col" { (first_upper(&words(column))) } }
                    th scope="col" { "Score" } th scope="col" { "Strongest reason" }
                } }
                tbody { @for (stored, brief) in ranked { (row(stored, brief.as_ref(), &columns, target)) } }
            }
        }
    }
}

/// Returns the names of the fields that the leads have, in the project's order: a lead may have been stored when there were
/// others.
fn columns(ranked: &[RankedLead]) -> Vec<&str> {
    let mut columns: Vec<&str> = Vec::new();
    for (name, _) in ranked.iter().filter_map(|(_, brief)| brief.as_ref()).flat_map(|brief| &brief.fields) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    columns
}

fn row(stored: &StoredPrediction, brief: Option<&LeadBrief>, columns: &[&str], target: &str) -> Markup {
    let prediction = &stored.prediction;
    let name = brief.and_then(|brief| brief.name.as_deref()).unwrap_or(&prediction.lead_id);
    let text = |column: &str| {
        let (_, value) = brief?.fields.iter().find(|(name, _)| name == column)?;
        value.as_deref().map(words)
    };
    html! {
        tr {
            th scope="row" {
                a href={ "/leads/" (encoded(&prediction.lead_id)) "?target=" (encoded(target)) } { (name) }
            }
            @for column in columns { td.field { (text(column).unwrap_or_default()) } }
            td.score {
                span.score-line {
                    (chip(prediction.band)) " " span.number { (percent(prediction.score.get())) }
                    (charts::score_bar(prediction.score.get(), prediction.band))
                }
            }
            td.reason {
                @if let Some(reason) = prediction.reasons.first() {
                    span class=(if reason.contribution >= 0.0 { "for" } else { "against" }) aria-hidden="true" {
                        (if reason.contribution >= 0.0 { "▲ " } else { "▼ " })
                    }
                    span.vh { (if reason.contribution >= 0.0 { "for: " } else { "against: " }) }
                    span lang=[stored.language.map(Language::tag)] { (reason.text) }
                }
            }
        }
    }
}

fn pages(target: &str, band: Option<Band>, is_first: bool, next: Option<&str>) -> Markup {
    let band = band.map(|band| format!("&band={}", band.letter())).unwrap_or_default();
    let address = format!("/?target={}{band}", encoded(target));
    html! {
        @if !is_first || next.is_some() {
            nav.pages aria-label="Pages of the list" {
                @if !is_first { a href=(address) { "← best" } }
                @if let Some(next) = next { a rel="next" href={ (address) "&after=" (next) } { "next →" } }
            }
        }
    }
}
