//! What is between columns, and between this table and another one.

use maud::{Markup, html};
use plumb_profile::wording::{count, number, percent};
use plumb_profile::{Correlation, Correlations, DriftOfColumn, DriftProfile};

use super::charts::short;

/// Columns of the heat map: those of the strongest pairs.
const COLUMNS_MAX: usize = 50;
const PAIRS_SHOWN: usize = 40;

const CELL: f64 = 16.0;
const NAMES: f64 = 150.0;

pub(super) fn correlations(correlations: &Correlations) -> Markup {
    let columns = strongest_columns(correlations);
    html! {
        p.muted.small {
            "On " (count(correlations.rows)) " rows: Pearson and Spearman between numbers, times and flags, Cramér's V between categories, "
            "the correlation ratio between a category and a number, the last two corrected for bias. Pairs under 0.05 are left out."
        }
        @if correlations.pairs.is_empty() { p { "No two columns go together." } }
        @else {
            div.scroll tabindex="0" role="region" aria-label="Heat map of the correlations" { (heat_map(&columns, correlations)) }
            h3 { "The strongest pairs" }
            div.scroll tabindex="0" { table.sorts {
                thead { tr { th { "Column" } th { "Column" } th { "Measure" } th { "Value" } th { "Spearman" } th { "Rows" } } }
                tbody { @for pair in correlations.pairs.iter().take(PAIRS_SHOWN) { tr {
                    th scope="row" { (pair.left) } th scope="row" { (pair.right) }
                    td { (pair.measure.name()) }
                    td data-value=(pair.value) { (format!("{:.2}", pair.value)) }
                    td { @if let Some(spearman) = pair.spearman { (format!("{spearman:.2}")) } }
                    td data-value=(pair.rows) { (count(pair.rows)) }
                } } }
            } }
        }
        @if !correlations.left_out.is_empty() {
            details {
                summary { (correlations.left_out.len()) " columns were not compared" }
                ul.plain { @for (column, why) in &correlations.left_out { li { code { (column) } ": " (why) } } }
            }
        }
    }
}

/// The columns of the strongest pairs, in the order of the table.
fn strongest_columns(correlations: &Correlations) -> Vec<&str> {
    let mut chosen: Vec<&str> = Vec::new();
    for pair in &correlations.pairs {
        for column in [&pair.left, &pair.right] {
            if chosen.len() < COLUMNS_MAX && !chosen.contains(&column.as_str()) {
                chosen.push(column);
            }
        }
    }
    correlations.columns.iter().map(String::as_str).filter(|column| chosen.contains(column)).collect()
}

fn heat_map(columns: &[&str], correlations: &Correlations) -> Markup {
    let place = |name: &str| columns.iter().position(|column| *column == name);
    let size = NAMES + CELL * columns.len() as f64 + 60.0;
    let cell = |pair: &Correlation| {
        let (left, right) = (place(&pair.left)?, place(&pair.right)?);
        // Under the diagonal, each pair once.
        Some((left.min(right), left.max(right)))
    };
    html! {
        svg.heat width=(short(size)) height=(short(CELL * columns.len() as f64 + NAMES)) role="img" aria-label="Heat map of the correlations" {
            @for (place, column) in columns.iter().enumerate() {
                @let middle = CELL * place as f64 + 12.0;
                text x=(short(NAMES - 6.0)) y=(short(middle)) text-anchor="end" { (shortened(column)) title { (column) } }
                rect.track x=(short(NAMES + CELL * place as f64)) y=(short(CELL * place as f64)) width="15" height="15" {}
                @let x = NAMES + CELL * place as f64 + 11.0;
                @let y = CELL * columns.len() as f64 + 6.0;
                text x=(short(x)) y=(short(y)) text-anchor="end" transform={ "rotate(-60 " (short(x)) " " (short(y)) ")" } { (shortened(column)) }
            }
            @for pair in &correlations.pairs {
                @if let Some((column, row)) = cell(pair) {
                    @let against = pair.spearman.unwrap_or(pair.value) < 0.0;
                    rect class=(if against { "fill-against" } else { "fill" }) fill-opacity=(format!("{:.2}", pair.strength()))
                        x=(short(NAMES + CELL * column as f64)) y=(short(CELL * row as f64)) width="15" height="15" {
                        title { (pair.left) " and " (pair.right) ": " (pair.measure.name()) " " (format!("{:.2}", pair.value))
                            @if let Some(spearman) = pair.spearman { ", Spearman " (format!("{spearman:.2}")) } }
                    }
                }
            }
        }
    }
}

fn shortened(text: &str) -> String {
    const LENGTH_MAX: usize = 26;
    if text.chars().count() <= LENGTH_MAX {
        text.to_owned()
    } else {
        text.chars().take(LENGTH_MAX - 1).chain(['…']).collect()
    }
}

pub(super) fn drift(drift: &DriftProfile) -> Markup {
    html! {
        p.muted.small {
            (count(drift.rows.0)) " rows of this table and " (count(drift.rows.1)) " of the other, which has "
            (count(drift.rows_against)) ". Verdicts are those of the monitoring: a column has moved if its PSI is large beyond what chance explains. "
            "Of identifiers, texts and times only what is missing is compared."
        }
        @for (columns, title) in [(&drift.only_here, "Only here"), (&drift.only_there, "Only in the other table")] {
            @if !columns.is_empty() { p { (title) ": " @for (place, column) in columns.iter().enumerate() { @if place > 0 { ", " } code { (column) } } } }
        }
        @for changed in &drift.kinds_changed { p { code { (changed.column) } " was read as " (changed.there) " there and as " (changed.here) " here." } }
        div.scroll tabindex="0" role="region" aria-label="Drift by column" { table.sorts {
            thead { tr { th { "Column" } th { "Verdict" } th { "PSI" } th { "Jensen–Shannon" } th { "Missing before" } th { "now" } th { "Mean before" } th { "now" } th { "New and gone" } } }
            tbody { @for column in &drift.columns { (drift_row(column)) } }
        } }
    }
}

fn drift_row(column: &DriftOfColumn) -> Markup {
    let drift = &column.drift;
    let word = drift.verdict.word();
    html! {
        tr {
            th scope="row" { (drift.column) }
            td data-value=(drift.verdict as u8) { span class={ "key v-" (word) } { (word.replace('_', " ")) } }
            @if column.values_compared {
                td { (format!("{:.3}", drift.psi)) } td { (format!("{:.3}", drift.jensen_shannon)) }
            } @else { td.muted { "–" } td.muted { "–" } }
            td data-value=(drift.missing_baseline) { (percent(drift.missing_baseline)) } td data-value=(drift.missing) { (percent(drift.missing)) }
            @if let Some((here, there)) = column.means { td data-value=(there) { (number(there)) } td data-value=(here) { (number(here)) } } @else { td {} td {} }
            td {
                @for (level, share) in drift.unseen.iter().take(6) { "+ " code { (shortened(level)) } " " span.muted { (percent(*share)) } " " }
                @for value in &column.vanished { "− " code { (shortened(&value.value)) } " " span.muted { (count(value.rows)) } " " }
            }
        }
    }
}
