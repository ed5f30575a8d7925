//! The first section: the size of the table, and what to look at.

use maud::{Markup, html};
use plumb_profile::ColumnKind;
use plumb_profile::wording::{count, percent};

use super::reading::ticked;
use crate::lifecycle::profile::outcome::ProfileOutcome;

/// Findings on the page; the document has all.
const FINDINGS_SHOWN: usize = 100;

pub(super) fn overview(outcome: &ProfileOutcome) -> Markup {
    let profile = &outcome.profile;
    let cells = profile.rows * profile.columns.len() as u64;
    let missing: u64 = profile.columns.iter().map(|column| column.missing).sum();
    let of_kind = |kind: ColumnKind| profile.columns.iter().filter(|column| column.kind == kind).count();
    let kinds = [
        ColumnKind::Number,
        ColumnKind::Flag,
        ColumnKind::Timestamp,
        ColumnKind::Category,
        ColumnKind::Text,
        ColumnKind::Identifier,
    ];
    let kinds = kinds.map(|kind| (kind.word(), of_kind(kind)));
    let set_aside = outcome.reading.as_ref().map(|reading| reading.rows_set_aside);
    html! {
        dl.facts {
            (fact("rows", count(profile.rows)))
            (fact("columns", profile.columns.len().to_string()))
            (fact("cells missing", percent(missing as f64 / cells.max(1) as f64)))
            (fact("copies of rows", count(profile.duplicates.rows.more)))
            @if let Some(set_aside) = set_aside { (fact("records set aside", count(set_aside))) }
            @if let Some(target) = &profile.target { (fact("positive", percent(target.rate))) }
        }
        p.muted {
            @for (place, (kind, columns)) in kinds.iter().filter(|(_, columns)| *columns > 0).enumerate() {
                @if place > 0 { ", " } (columns) " " (kind) @if *columns > 1 { (if *kind == "category" { "" } else { "s" }) }
            }
            "."
            @if profile.sample_rows < profile.rows {
                " Quantiles, histograms and relations rest on a sample of " (count(profile.sample_rows)) " rows; counts, means and extremes on all."
            } @else { " All figures rest on all rows." }
        }
        h3 { "What to look at first" }
        @if profile.findings.is_empty() { p { "Nothing was found." } }
        ul.findings {
            @for finding in profile.findings.iter().take(FINDINGS_SHOWN) {
                li class=(finding.importance.word()) { (ticked(&finding.what)) "." div.advice { (ticked(&finding.advice)) } }
            }
        }
        @if profile.findings.len() > FINDINGS_SHOWN {
            p.muted { (profile.findings.len() - FINDINGS_SHOWN) " more are in " code { (outcome.document.display()) } "." }
        }
    }
}

fn fact(name: &str, value: String) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}
