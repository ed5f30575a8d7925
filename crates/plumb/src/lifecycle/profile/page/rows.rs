//! What is between rows: missing values, duplicates, unusual rows.

use maud::{Markup, html};
use plumb_profile::wording::{count, percent};
use plumb_profile::{MissingOverTime, Profile, RepeatedRows};

use super::charts::{share, short};
use super::reading::ticked;

/// Columns in the chart of missing values, those missing most.
const COLUMNS_SHOWN: usize = 40;

pub(super) fn missing(profile: &Profile) -> Markup {
    let missing = &profile.missing;
    let mut columns: Vec<_> = profile.columns.iter().filter(|column| column.missing > 0).collect();
    columns.sort_by_key(|column| std::cmp::Reverse(column.missing));
    html! {
        @if columns.is_empty() { p { "No cell is missing." } }
        @else {
            p { (count(missing.complete)) " of " (count(missing.rows)) " rows are complete; " (columns.len()) " columns have missing values." }
            table.bars { @for column in columns.iter().take(COLUMNS_SHOWN) { tr {
                th scope="row" { (column.name) } td.bar { (share(column.missing_share)) }
                td.figure title={ (percent(column.missing_interval.low)) " to " (percent(column.missing_interval.high)) } {
                    (percent(column.missing_share)) " " span.muted { (count(column.missing)) }
                }
            } } }
        }
        @if !missing.groups.is_empty() {
            h3 { "Missing in the same rows" }
            ul.plain { @for group in &missing.groups { li {
                (code_list(&group.columns)) " " span.muted { "all in " (count(group.rows)) " rows, correlation from " (format!("{:.2}", group.correlation)) }
            } } }
        }
        @if !missing.patterns.is_empty() {
            h3 { "The most frequent sets of missing columns" }
            div.scroll tabindex="0" { table {
                thead { tr { th { "Rows" } th { "Columns" } } }
                tbody { @for pattern in &missing.patterns { tr { td { (count(pattern.rows)) } td { (code_list(&pattern.columns)) } } } }
            } }
        }
        @if !missing.over_time.is_empty() {
            h3 { "The share that is missing changes over time" }
            div.cards { @for change in &missing.over_time { article { h3 { (change.column) } (over_time(change)) } } }
        }
    }
}

fn over_time(change: &MissingOverTime) -> Markup {
    let width = 340.0 / change.months.len().max(1) as f64;
    html! {
        svg.plot viewBox="0 0 340 74" role="img" aria-label="The share that is missing, by month" {
            @for (place, month) in change.months.iter().enumerate() {
                @let height = 60.0 * month.share;
                @let x = width * place as f64;
                rect.track x=(short(x)) y="0" width=(short((width - 1.0).max(0.5))) height="60" {}
                rect.fill x=(short(x)) y=(short(60.0 - height)) width=(short((width - 1.0).max(0.5))) height=(short(height)) {
                    title { (month.month) ": " (percent(month.share)) " of " (count(month.rows)) " rows" }
                }
            }
            @if let (Some(first), Some(last)) = (change.months.first(), change.months.last()) {
                text x="0" y="71" { (first.month) } text x="340" y="71" text-anchor="end" { (last.month) }
            }
        }
    }
}

fn code_list(columns: &[String]) -> Markup {
    html! { @for (place, column) in columns.iter().enumerate() { @if place > 0 { ", " } code { (column) } } }
}

pub(super) fn duplicates(profile: &Profile) -> Markup {
    let duplicates = &profile.duplicates;
    html! {
        div.scroll tabindex="0" { table {
            thead { tr { th { "What is the same" } th { "Rows beyond the first" } th { "Groups" } th { "Largest" } th { "Lines, as" } } }
            tbody {
                (repeated("all cells", &duplicates.rows))
                @if let Some(but) = &duplicates.rows_but_identifiers { (repeated("all cells but the identifiers", but)) }
                @for people in &duplicates.people {
                    (repeated(&format!("people by `{}`: {}", people.columns.join("` and `"), people.rule), &people.found))
                }
            }
        } }
    }
}

fn repeated(what: &str, found: &RepeatedRows) -> Markup {
    html! {
        tr {
            th scope="row" { (ticked(what)) @if found.looked_at < 1.0 { " " span.muted.small { "estimated on " (percent(found.looked_at)) " of the rows" } } }
            td { (count(found.more)) } td { (count(found.groups)) } td { (count(found.largest)) }
            td.small { @for (place, (first, second)) in found.examples.iter().take(5).enumerate() { @if place > 0 { ", " } (first) "=" (second) } }
        }
    }
}

pub(super) fn anomalies(profile: &Profile) -> Markup {
    let anomalies = &profile.anomalies;
    html! {
        p.muted.small {
            "Of " (count(anomalies.rows)) " rows those whose values are rarest or farthest from the middle, added up over the columns, "
            "beyond what one row in a hundred has."
        }
        @if anomalies.found.is_empty() { p { "None stands out." } }
        @else { div.scroll tabindex="0" { table {
            thead { tr { th { "Line" } th { "Surprise" } th { "Why" } } }
            tbody { @for row in &anomalies.found { tr {
                td { (row.line) } td { (format!("{:.1}", row.surprise)) }
                td { @for (place, reason) in row.reasons.iter().enumerate() { @if place > 0 { "; " } (ticked(reason)) } }
            } } }
        } } }
    }
}
