//! The target: the rate by column and by month, and suspected leaks.

use maud::{Markup, html};
use plumb_lead::LeakEvidence;
use plumb_profile::TargetProfile;
use plumb_profile::wording::{count, percent};

use super::charts::{months, rates};
use super::reading::ticked;

/// Columns whose rates are drawn, the strongest; the document has all.
const COLUMNS_SHOWN: usize = 60;

pub(super) fn target(target: &TargetProfile) -> Markup {
    html! {
        p {
            code { (target.column) } " is "
            @for (place, value) in target.positives.iter().enumerate() { @if place > 0 { " or " } code { (value) } }
            " (" (target.why) ") in " strong { (percent(target.rate)) } " of " (count(target.rows)) " rows; the share is "
            (percent(target.interval.low)) " to " (percent(target.interval.high)) "."
            @if target.unknown > 0 { " In " (count(target.unknown)) " rows it is missing." }
        }
        @if target.by_month.len() > 1 { h3 { "By month" } (months(&target.by_month, target.rate)) }
        h3 { "By column, the strongest first" }
        p.muted.small {
            "AUC: how well the column alone ranks rows, by the rates that other rows have; 0.5 is not at all. "
            "The thin line is the interval of a rate, the dashed one the rate of all rows."
        }
        div.cards {
            @for rate in target.by_column.iter().take(COLUMNS_SHOWN) {
                article {
                    h3 { (rate.column) span.muted.small { "AUC " (format!("{:.3}", rate.auc)) " (" (format!("{:.3}", rate.auc_interval.low)) " to " (format!("{:.3}", rate.auc_interval.high)) ")" } }
                    (rates(&rate.bars, target.rate))
                }
            }
        }
    }
}

pub(super) fn leaks(leaks: &[LeakEvidence]) -> Markup {
    html! {
        p.muted { "Columns that may be known only after the outcome. No statistic proves a leak: ask when each is filled in." }
        @if leaks.is_empty() { p { "None is suspected." } }
        ul.findings {
            @for leak in leaks { li.high { code { (leak.column) } ": " (ticked(&leak.why)) } }
        }
    }
}
