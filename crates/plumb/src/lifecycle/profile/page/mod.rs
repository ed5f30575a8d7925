//! The page of a profile: one file with its style, its drawings and a few lines of script, which loads nothing from
//! anywhere.

mod charts;
mod columns;
mod overview;
mod reading;
mod relations;
mod rows;
mod target;
mod time;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::outcome::ProfileOutcome;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("page.js");

/// Returns the page of a profile.
pub(super) fn page(outcome: &ProfileOutcome) -> String {
    let sections = sections(outcome);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                // The page may be sent around: what is in its cells never becomes a script or loads anything.
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (outcome.title) " · profile" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#overview" { "Skip to the content" }
                header {
                    svg viewBox="0 0 16 24" width="14" height="21" aria-hidden="true" {
                        path class="brand-line" d="M8 0 V14" {}
                        path class="brand-bob" d="M4 13 H12 L8 24 Z" {}
                    }
                    strong { (outcome.title) }
                    span.muted { "profiled on " (outcome.profiled_at.format("%-d %b %Y, %H:%M UTC")) }
                }
                nav aria-label="Sections" {
                    @for (id, title, _) in &sections { a href={ "#" (id) } { (title) } }
                }
                main {
                    @for (id, title, content) in &sections {
                        section id=(id) { h2 { (title) } (content) }
                    }
                }
                footer { "Made by Plumbline " (env!("CARGO_PKG_VERSION")) ". Intervals are 95 % intervals." }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Returns the hash of the page's script, as a policy of content names it.
pub(crate) fn script_hash() -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(SCRIPT)))
}

fn policy() -> String {
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src '{}'; base-uri 'none'; form-action 'none'",
        script_hash()
    )
}

/// The sections that have content, each with its anchor and heading.
fn sections(outcome: &ProfileOutcome) -> Vec<(&'static str, &'static str, Markup)> {
    let profile = &outcome.profile;
    let mut sections = vec![("overview", "Overview", overview::overview(outcome))];
    if outcome.reading.is_some() || outcome.against.is_some() {
        sections.push(("reading", "What was read", reading::reading(outcome)));
    }
    sections.push(("columns", "Columns", columns::columns(profile)));
    if let Some(found) = &profile.target {
        sections.push(("target", "Target", target::target(found)));
    }
    if profile.target.is_some() {
        sections.push(("leaks", "Leaks", target::leaks(&profile.leaks)));
    }
    if let Some(drift) = &profile.drift {
        sections.push(("drift", "Drift", relations::drift(drift)));
    }
    sections.push(("missing", "Missing values", rows::missing(profile)));
    sections.push(("correlations", "Correlations", relations::correlations(&profile.correlations)));
    if profile.columns.iter().any(|column| column.time.is_some()) {
        sections.push(("time", "Time", time::time(profile)));
    }
    sections.push(("duplicates", "Duplicates", rows::duplicates(profile)));
    sections.push(("anomalies", "Unusual rows", rows::anomalies(profile)));
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_and_the_script_cannot_end_their_elements() {
        assert!(!STYLE.contains('<') && !SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
    }

    #[test]
    fn the_policy_allows_the_script_of_the_page_and_no_other() {
        assert!(policy().contains(&script_hash()) && !policy().contains("script-src 'unsafe-inline'"));
    }
}
