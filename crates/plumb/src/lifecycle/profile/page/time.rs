//! Columns of times: how the rows are spread, and where they are few.

use maud::{Markup, html};
use plumb_profile::wording::{count, percent};
use plumb_profile::{Profile, TimeProfile};

use super::charts::{share, timeline};

const GAPS_SHOWN: usize = 12;
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub(super) fn time(profile: &Profile) -> Markup {
    html! {
        @for column in &profile.columns {
            @if let Some(time) = &column.time {
                article data-name=(column.name.to_lowercase()) {
                    h3 { (column.name) @if profile.time.as_deref() == Some(&column.name) { span.muted.small { ", by which time is told" } } }
                    (of_column(time))
                }
            }
        }
    }
}

fn of_column(time: &TimeProfile) -> Markup {
    let all: u64 = time.weekdays.iter().sum();
    html! {
        @if let Some(coverage) = &time.coverage {
            (timeline(coverage))
            p.small.muted { "Rows a " (coverage.period) ", " (coverage.from) " to " (coverage.to) "."
                @if time.far_off > 0 { " " (count(time.far_off)) " rows are far before or after and not drawn." }
                @if time.in_future > 0 { " " (count(time.in_future)) " rows are in the future." }
            }
            @if !coverage.gaps.is_empty() {
                ul.findings { @for gap in coverage.gaps.iter().take(GAPS_SHOWN) { li.high {
                    (gap.from) " to " (gap.to) ": " (count(gap.rows)) " rows instead of about " (count(gap.usual))
                } } }
            }
            @if coverage.gaps.len() > GAPS_SHOWN { p.muted { (coverage.gaps.len() - GAPS_SHOWN) " more gaps are in the document." } }
        } @else { p { "It is missing in all rows." } }
        details {
            summary { "By weekday" }
            table.bars { @for (day, rows) in DAYS.iter().zip(time.weekdays) { tr {
                th scope="row" { (day) } td.bar { (share(rows as f64 / all.max(1) as f64)) } td.figure { (percent(rows as f64 / all.max(1) as f64)) }
            } } }
        }
    }
}
