//! The pages: plain HTML from the server, one stylesheet, charts as SVG, no script. They show what the JSON API
//! answers, through the same functions.

mod api;
mod charts;
mod lead;
mod leads;
mod models;
mod appraisal;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use maud::{DOCTYPE, Markup, html};
use plumb_lead::Language;

use super::App;
use super::error::Error;
use super::language;
use super::told::Told;

const STYLE: &str = include_str!("style.css");

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(leads::get))
        .route("/leads/{lead_id}", get(lead::get))
        .route("/leads/{lead_id}/flags", post(lead::flag))
        .route("/models", get(models::get))
        .route("/watch", get(watch::get))
        .route("/api", get(api::get))
        .route("/style.css", get(style))
}

/// Answers paths that nothing is at: with a page for browsers, else with JSON.
pub(super) async fn nowhere(headers: HeaderMap, uri: Uri) -> Response {
    let error = Error::nowhere(uri.path());
    let browser =
        headers.get(ACCEPT).is_some_and(|accept| String::from_utf8_lossy(accept.as_bytes()).contains("text/html"));
    if browser { error_page(error) } else { error.into_response_at(uri.path()) }
}

async fn style() -> impl IntoResponse {
    // Its address carries the program's version, so a browser may keep it.
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")], STYLE)
}

/// An error that is shown as a page.
struct PageError(Error);

impl<E: Into<Error>> From<E> for PageError {
    fn from(error: E) -> PageError {
        PageError(error.into())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        error_page(self.0)
    }
}

fn error_page(error: Error) -> Response {
    error.log();
    let body = html! {
        section.card {
            h1 { (ticked(&first_upper(&error.message))) "." }
            @if let Some(hint) = &error.hint { p { (ticked(&first_upper(hint))) "." } }
            p { a href="/" { "To the list of leads" } }
        }
    };
    (error.status, layout("Not possible", "", &Choice::default(), body)).into_response()
}

/// The targets to choose from, and the one chosen.
#[derive(Default)]
struct Choice {
    targets: Vec<String>,
    chosen: Option<String>,
}

impl Choice {
    async fn read(app: &App, named: Option<&str>) -> Result<Choice, Error> {
        Ok(Choice { chosen: app.target(named).await?, targets: app.all_targets().await? })
    }

    /// Returns links that switch the target of a page.
    fn switch(&self, path: &str) -> Markup {
        html! {
            @if self.targets.len() > 1 {
                nav.switch aria-label="Target" {
                    @for target in &self.targets {
                        @let here = self.chosen.as_ref() == Some(target);
                        a href={ (path) "?target=" (encoded(target)) } aria-current=[here.then_some("true")] {
                            (words(target))
                        }
                    }
                }
            }
        }
    }
}

/// Returns a whole page. `here` is the path of the navigation entry that it belongs to.
fn layout(title: &str, here: &str, choice: &Choice, body: Markup) -> Html<String> {
    let target = choice.chosen.as_deref().map(|target| format!("?target={}", encoded(target))).unwrap_or_default();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Plumbline" }
                link rel="stylesheet" href={ "/style.css?v=" (env!("CARGO_PKG_VERSION")) };
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header {
                    a.brand href="/" {
                        svg viewBox="0 0 16 24" width="14" height="21" aria-hidden="true" {
                            path class="brand-line" d="M8 0 V14" {}
                            path class="brand-bob" d="M4 13 H12 L8 24 Z" {}
                        }
                        "Plumbline"
                    }
                    nav aria-label="Pages" {
                        @for (path, name) in [("/", "Leads"), ("/models", "Models"), ("/watch", "Watch")] {
                            a href={ (path) (target) } aria-current=[(here == path).then_some("page")] { (name) }
                        }
                    }
                }
                main id="main" { (body) }
                footer { "Scores are probabilities; reasons are exact SHAP values. " a href="/api" { "The JSON API" } }
            }
        }
    };
    Html(page.into_string())
}

/// A page with what is said of its languages.
type Page = (HeaderMap, Html<String>);

/// Returns what is said of the languages of a page: its own, and those of the reasons on it.
fn languages<'a>(told: impl Iterator<Item = &'a Told>) -> HeaderMap {
    language::headers([Language::En].into_iter().chain(told.filter_map(|told| told.language)))
}

/// Returns what a page says where there is nothing to show yet, with the command that changes this.
fn empty(title: &str, explanation: &str, command: &str) -> Markup {
    html! {
        section.card.empty {
            h2 { (title) }
            p { (explanation) }
            p { "Next: " code { (command) } }
        }
    }
}

/// Returns a probability for people: `63 %`, and `4.2 %` where the tenth matters.
fn percent(probability: f64) -> String {
    let percent = 100.0 * probability;
    if (0.05..9.95).contains(&percent) || (percent > 99.0 && percent < 99.95) {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

fn day(moment: DateTime<Utc>) -> String {
    moment.format("%-d %b %Y").to_string()
}

/// Returns a name as words: `lead_age_days` is `lead age days`.
fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// Returns a message with its `values` set apart, as the page sets code apart.
fn ticked(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn first_upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Returns a text as a part of an address: all bytes but letters, digits and `-._~` become `%XX` (RFC 3986).
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_keep_a_tenth_where_it_matters() {
        let texts = [0.0, 0.0004, 0.042, 0.0996, 0.634, 0.994, 1.0].map(percent);
        assert_eq!(texts, ["0 %", "0 %", "4.2 %", "10 %", "63 %", "99.4 %", "100 %"]);
    }

    #[test]
    fn ids_survive_as_parts_of_an_address() {
        assert_eq!(encoded("email:a+b@x.org/ü"), "email%3Aa%2Bb%40x.org%2F%C3%BC");
    }
}
