//! The frame of every page, with its navigation and the choice of a target.

use axum::http::HeaderMap;
use axum::response::Html;
use maud::{DOCTYPE, Markup, html};
use plumb_lake::FailedSource;
use plumb_lead::Language;

use super::text::{encoded, minute, ticked, words};
use crate::http::app::App;
use crate::http::error::Error;
use crate::http::middleware::accept_language::content_language;
use crate::http::stale_sources::shortened;
use crate::serving::StoredPrediction;

/// A page with the headers that name its languages.
pub(super) type Page = (HeaderMap, Html<String>);

/// The targets to choose from, and the one chosen.
#[derive(Default)]
pub(super) struct TargetChoice {
    pub(super) targets: Vec<String>,
    pub(super) chosen: Option<String>,
}

impl TargetChoice {
    pub(super) async fn read(app: &App, named: Option<&str>) -> Result<TargetChoice, Error> {
        Ok(TargetChoice { chosen: app.engine.target(named).await?, targets: app.engine.targets().await? })
    }

    /// Returns links that switch the target of a page.
    pub(super) fn switch(&self, path: &str) -> Markup {
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
pub(super) fn layout(title: &str, here: &str, choice: &TargetChoice, body: Markup) -> Html<String> {
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
                        @for (path, name) in [("/", "Leads"), ("/models", "Models"), ("/watch", "Watch"), ("/data", "Data")] {
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

/// Returns the headers that name the languages of a page: its own, and those of the reasons on it.
pub(super) fn languages<'a>(predictions: impl Iterator<Item = &'a StoredPrediction>) -> HeaderMap {
    content_language([Language::En].into_iter().chain(predictions.filter_map(|stored| stored.language)))
}

/// Returns a note of each source that the last ingestion could not read: what is on the page is older than it seems.
pub(super) fn stale_notes(stale: &[FailedSource]) -> Markup {
    html! {
        @for FailedSource { source, since, problem } in stale {
            p.card.stale role="status" {
                "What is known of " code { (source) } " is from before " (minute(*since))
                ": since then no ingestion could read it. " span.muted { (ticked(&shortened(problem))) }
            }
        }
    }
}

/// Returns the note of a page without content yet, with the command that changes this.
pub(super) fn empty(title: &str, explanation: &str, command: &str) -> Markup {
    html! {
        section.card.empty {
            h2 { (title) }
            p { (explanation) }
            p { "Next: " code { (command) } }
        }
    }
}
