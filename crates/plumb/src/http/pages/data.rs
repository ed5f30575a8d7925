//! `/data`: the jobs at a glance, the profiles in the data folder, and each as the page that `plumb profile` wrote.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use axum::extract::{OriginalUri, Path, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse, Response};
use chrono::Utc;
use maud::{Markup, html};

use super::jobs::job_table;
use super::layout::{TargetChoice, empty, layout};
use super::text::day;
use crate::files::read_within;
use crate::http::app::App;
use crate::http::error::Error;
use crate::lifecycle::jobs::overview;
use crate::lifecycle::profile::{SavedProfile, page_path, saved_profiles, script_hash};

/// Profiles in the list, the newest.
const PROFILES_SHOWN: usize = 200;

/// The largest page that is served; `plumb profile` writes smaller ones.
const PAGE_BYTES_MAX: u64 = 32 << 20;

pub(super) async fn get(State(app): State<Arc<App>>) -> Result<Html<String>, Error> {
    let folder = app.profiles.clone();
    let profiles =
        tokio::task::spawn_blocking(move || saved_profiles(&folder)).await.context("the list ended early")?;
    let jobs = overview(None, Some(app.engine.store()), Utc::now()).await?;
    let body = html! {
        h1 { "Data" }
        (job_table(&jobs))
        @if profiles.is_empty() {
            (empty("No profile yet", "A profile shows what is in a file or in the features of a target.", "plumb profile FILE"))
        } @else {
            (list(&profiles))
        }
    };
    Ok(layout("Data", "/data", &TargetChoice::default(), body))
}

/// Answers with the page of a profile. The page has a script and a style of its own: it may run that script and no other,
/// and a sandbox keeps it from this server's other pages, whatever may have been written into the file.
pub(super) async fn profile(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    Path(name): Path<String>,
) -> Result<Response, Error> {
    let folder = app.profiles.clone();
    let read = move || page_path(&folder, &name).map(|path: PathBuf| read_within(&path, PAGE_BYTES_MAX, "a profile"));
    let page = tokio::task::spawn_blocking(read).await.context("reading the page ended early")?;
    let page = page.ok_or_else(|| Error::unknown_path(uri.path()))??;
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src '{}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; sandbox allow-scripts",
        script_hash()
    );
    let mut response = Html(page).into_response();
    let policy = HeaderValue::from_str(&policy).context("a hash is no header")?;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

fn list(profiles: &[SavedProfile]) -> Markup {
    let figure = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    html! {
        section.card {
            h2 { "Profiles" }
            div.scroll tabindex="0" role="region" aria-label="Profiles" {
                table.metrics {
                    thead { tr {
                        th scope="col" { "Of" } th scope="col" { "Rows" } th scope="col" { "Columns" }
                        th scope="col" { "To look at" } th scope="col" { "Made" }
                    } }
                    tbody { @for profile in profiles.iter().take(PROFILES_SHOWN) { tr {
                        th scope="row" { a href={ "/data/" (profile.name) } { (profile.title.as_ref().unwrap_or(&profile.name)) } }
                        td { (figure(profile.rows.map(|rows| rows.to_string()))) }
                        td { (figure(profile.columns.map(|columns| columns.to_string()))) }
                        td { (figure(profile.findings.map(|findings| findings.to_string()))) }
                        td { (figure(profile.written_at.map(day))) }
                    } } }
                }
            }
            p.muted.small { "Each is made by " code { "plumb profile" } ", and is a file of its own in the data folder." }
        }
    }
}
