//! The columns: a table to sort, and a card for each with its distribution.

use maud::{Markup, html};
use plumb_profile::wording::{count, number, percent};
use plumb_profile::{ColumnProfile, NumberProfile, Profile, TextProfile, ValuesProfile};

use super::charts::{histogram, share, spark};

/// Columns with a card; the table has all. A card takes some kilobytes, and the page has to stay small.
const CARDS_MAX: usize = 400;

const VALUES_SHOWN: usize = 8;
const SPELLINGS_SHOWN: usize = 5;

pub(super) fn columns(profile: &Profile) -> Markup {
    let has_target = profile.target.is_some();
    html! {
        input #search type="search" placeholder="Search columns" aria-label="Search columns" hidden;
        div.scroll tabindex="0" role="region" aria-label="All columns" {
            table.sorts {
                thead { tr {
                    th scope="col" { "Column" } th scope="col" { "Kind" } th scope="col" { "Missing" } th scope="col" { "Distinct" }
                    @if has_target { th scope="col" title="How well the column alone ranks rows" { "AUC" } }
                    th scope="col" { "Distribution" } th scope="col" { "Middle" } th scope="col" { "From" } th scope="col" { "To" }
                } }
                tbody { @for column in &profile.columns { (row(column, has_target)) } }
            }
        }
        div.cards { @for column in profile.columns.iter().take(CARDS_MAX) { (card(column)) } }
        @if profile.columns.len() > CARDS_MAX {
            p.muted { "The table has all columns, and the first " (CARDS_MAX) " have a drawing; the document has all." }
        }
    }
}

fn row(column: &ColumnProfile, has_target: bool) -> Markup {
    let middle = column.number.as_ref().and_then(|numbers| quantile(numbers, 0.5));
    let ends = ends(column);
    html! {
        tr data-name=(column.name.to_lowercase()) {
            th scope="row" { (column.name) }
            td { (column.kind.word()) }
            td data-value=(column.missing_share) { (percent(column.missing_share)) }
            td data-value=(column.distinct.count) { (distinct(column)) }
            @if has_target {
                td data-value=(column.signal.map_or(0.0, |signal| signal.auc)) {
                    @if let Some(signal) = column.signal { (format!("{:.2}", signal.auc)) } @else { "–" }
                }
            }
            td { @if let Some(numbers) = &column.number { (spark(&numbers.histogram)) } @else { (frequent(column)) } }
            td data-value=(middle.unwrap_or(f64::NEG_INFINITY)) { @if let Some(middle) = middle { (number(middle)) } }
            td { (ends.0) } td { (ends.1) }
        }
    }
}

fn frequent(column: &ColumnProfile) -> Markup {
    let first = column.values.as_ref().and_then(|values| values.top.first()).filter(|value| value.rows > 1);
    html! {
        @if let Some(flag) = &column.flag { span.small { "yes " (percent(flag.share)) } }
        @if let Some(value) = first {
            span.small { (shortened(&value.value)) " " span.muted { (percent(value.rows as f64 / column.present.max(1) as f64)) } }
        }
    }
}

fn ends(column: &ColumnProfile) -> (String, String) {
    let said = |end: Option<(f64, u64)>| end.map_or_else(String::new, |(value, _)| number(value));
    let day = |end: &Option<(String, u64)>| {
        end.as_ref().map_or_else(String::new, |(time, _)| time.chars().take(10).collect())
    };
    match (&column.number, &column.time) {
        (Some(numbers), _) => (said(numbers.min), said(numbers.max)),
        (_, Some(time)) => (day(&time.earliest), day(&time.latest)),
        _ => (String::new(), String::new()),
    }
}

fn card(column: &ColumnProfile) -> Markup {
    html! {
        article data-name=(column.name.to_lowercase()) {
            h3 { (column.name) span.kind { (column.kind.word()) } }
            dl.pairs {
                (pair("missing", &format!("{} ({})", percent(column.missing_share), count(column.missing))))
                (pair("distinct", &distinct(column)))
                @if let Some(signal) = column.signal {
                    (pair("AUC", &format!("{:.3} ({:.3} to {:.3})", signal.auc, signal.interval.low, signal.interval.high)))
                }
            }
            @if let Some(numbers) = &column.number { (of_numbers(column, numbers)) }
            @if let Some(flag) = &column.flag {
                p.small { "yes " (percent(flag.share)) ", " (percent(flag.interval.low)) " to " (percent(flag.interval.high)) }
                (share(flag.share))
            }
            @if let Some(time) = &column.time {
                dl.pairs {
                    @if let Some((earliest, line)) = &time.earliest { (pair("earliest", &format!("{earliest} (line {line})"))) }
                    @if let Some((latest, line)) = &time.latest { (pair("latest", &format!("{latest} (line {line})"))) }
                }
                p.small.muted { "More under " a href="#time" { "Time" } "." }
            }
            @if let Some(values) = &column.values { (of_values(column, values)) }
            @if let Some(text) = &column.text { @if !is_frequent(column) { (of_text(text)) } }
        }
    }
}

fn of_numbers(column: &ColumnProfile, numbers: &NumberProfile) -> Markup {
    let said = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), number);
    let with_line = |end: Option<(f64, u64)>| {
        end.map_or_else(|| "–".to_owned(), |(value, line)| format!("{} (line {line})", number(value)))
    };
    html! {
        (histogram(&numbers.histogram, &format!("Histogram of {}", column.name)))
        dl.pairs {
            (pair("mean", &said(numbers.mean))) (pair("sd", &said(numbers.deviation)))
            (pair("min", &with_line(numbers.min))) (pair("max", &with_line(numbers.max)))
            @for quantile in &numbers.quantiles {
                @if [0.05, 0.25, 0.5, 0.75, 0.95].contains(&quantile.share) {
                    (pair(&format!("{:.0} %", 100.0 * quantile.share), &number(quantile.value)))
                }
            }
            (pair("skew", &said(numbers.skew))) (pair("kurtosis", &said(numbers.kurtosis)))
            (pair("zeros", &count(numbers.zeros))) (pair("negative", &count(numbers.negative)))
            @if let Some((low, high)) = numbers.outliers.fences.filter(|_| numbers.outliers.rows > 0) {
                (pair("outliers", &format!("{} outside {} to {}", count(numbers.outliers.rows), number(low), number(high))))
            }
            @if numbers.quantile_error > 0.0 { (pair("quantiles within", &percent(numbers.quantile_error))) }
        }
        @if !numbers.frequent.is_empty() {
            p.small { "Frequent: "
                @for (place, value) in numbers.frequent.iter().enumerate() {
                    @if place > 0 { ", " } (value.value) " " span.muted { (percent(value.rows as f64 / numbers.rows.max(1) as f64)) }
                }
            }
        }
        @if !numbers.outliers.examples.is_empty() {
            p.small.muted { "Farthest: "
                @for (place, (value, line)) in numbers.outliers.examples.iter().take(5).enumerate() {
                    @if place > 0 { ", " } (number(*value)) " (line " (line) ")"
                }
            }
        }
    }
}

fn of_values(column: &ColumnProfile, values: &ValuesProfile) -> Markup {
    let most = values.top.first().map_or(1, |value| value.rows).max(1);
    html! {
        @if is_frequent(column) {
            table.bars { @for value in values.top.iter().take(VALUES_SHOWN) { tr {
                th scope="row" { (shortened(&value.value)) }
                td.bar { (share(value.rows as f64 / most as f64)) }
                td.figure { (percent(value.rows as f64 / column.present.max(1) as f64)) " " span.muted { (count(value.rows)) } }
            } } }
        }
        dl.pairs {
            @if let Some(entropy) = values.entropy { (pair("entropy", &format!("{entropy:.2} bits"))) }
            @if let (Some(rare), Some(rows)) = (values.rare_values, values.rare_rows) {
                @if rare > 0 { (pair("rare", &format!("{} values in {} rows", count(rare), count(rows)))) }
            }
            @if values.short_by > 0 { (pair("counts short by at most", &count(values.short_by))) }
        }
        @if !values.spellings.is_empty() {
            p.small { "In several spellings: "
                @for (place, spelling) in values.spellings.iter().take(SPELLINGS_SHOWN).enumerate() {
                    @if place > 0 { "; " }
                    @for (place, one) in spelling.spellings.iter().take(4).enumerate() {
                        @if place > 0 { ", " } code { (one.value) } " " span.muted { (count(one.rows)) }
                    }
                }
            }
        }
    }
}

fn of_text(text: &TextProfile) -> Markup {
    html! {
        (histogram(&text.histogram, "Lengths of the texts"))
        p.small.muted { (count(text.min)) " to " (count(text.max)) " characters" @if let Some(mean) = text.mean { ", " (number(mean.round())) " on average" } }
    }
}

fn is_frequent(column: &ColumnProfile) -> bool {
    column.values.iter().flat_map(|values| &values.top).any(|value| value.rows > 1)
}

fn distinct(column: &ColumnProfile) -> String {
    let about = if column.distinct.error > 0.0 { "about " } else { "" };
    format!("{about}{}", count(column.distinct.count))
}

fn quantile(numbers: &NumberProfile, share: f64) -> Option<f64> {
    numbers.quantiles.iter().find(|quantile| quantile.share == share).map(|quantile| quantile.value)
}

fn pair(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// A long text is a text to read elsewhere.
fn shortened(text: &str) -> String {
    const LENGTH_MAX: usize = 60;
    if text.chars().count() <= LENGTH_MAX {
        text.to_owned()
    } else {
        text.chars().take(LENGTH_MAX - 1).chain(['…']).collect()
    }
}
