//! Drawings in SVG. Colours are classes of the stylesheet, so that they follow light and dark.

use maud::{Markup, html};
use plumb_profile::wording::{count, number, percent};
use plumb_profile::{Bar, Coverage, DistributionOf, FewRows};

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 70.0;

/// Returns a histogram with its ends, and with what lies beyond them.
pub(super) fn histogram(histogram: &DistributionOf, label: &str) -> Markup {
    let (Some(first), Some(last)) = (histogram.bins.first(), histogram.bins.last()) else { return html! {} };
    let most = histogram.bins.iter().map(|bin| bin.rows).max().unwrap_or_default().max(1) as f64;
    let width = WIDTH / histogram.bins.len() as f64;
    html! {
        svg.plot viewBox="0 0 340 84" role="img" aria-label=(label) {
            @for (place, bin) in histogram.bins.iter().enumerate() {
                @let height = if bin.rows == 0 { 0.0 } else { (HEIGHT * bin.rows as f64 / most).max(1.0) };
                rect.fill x=(short(width * place as f64 + 0.5)) y=(short(HEIGHT - height))
                    width=(short((width - 1.0).max(0.5))) height=(short(height)) {
                    title { (number(bin.low)) " to " (number(bin.high)) ": " (count(bin.rows)) " rows" }
                }
            }
            line.axis x1="0" x2="340" y1="70" y2="70" {}
            text x="0" y="81" { (number(first.low)) @if histogram.under > 0 { " (" (count(histogram.under)) " lower)" } }
            text x="340" y="81" text-anchor="end" {
                @if histogram.over > 0 { "(" (count(histogram.over)) " higher) " } (number(last.high))
            }
        }
    }
}

/// Returns a histogram small enough for a cell.
pub(super) fn spark(histogram: &DistributionOf) -> Markup {
    let most = histogram.bins.iter().map(|bin| bin.rows).max().unwrap_or_default().max(1) as f64;
    let width = 100.0 / histogram.bins.len().max(1) as f64;
    html! {
        svg.spark viewBox="0 0 100 22" preserveAspectRatio="none" aria-hidden="true" {
            @for (place, bin) in histogram.bins.iter().enumerate().filter(|(_, bin)| bin.rows > 0) {
                @let height = (22.0 * bin.rows as f64 / most).max(1.0);
                rect.fill x=(short(width * place as f64)) y=(short(22.0 - height)) width=(short(width)) height=(short(height)) {}
            }
        }
    }
}

/// Returns a share from 0 to 1 as a bar.
pub(super) fn share(share: f64) -> Markup {
    html! {
        svg.line viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" {
            rect.track x="0" y="1" width="100" height="10" {}
            rect.fill x="0" y="1" width=(short(100.0 * share.clamp(0.0, 1.0))) height="10" {}
        }
    }
}

/// Returns rates with their intervals, a line each; the dashed line is the mean of all.
pub(super) fn rates(bars: &[Bar], mean: f64) -> Markup {
    let top = bars.iter().map(|bar| bar.interval.high.min(2.0 * bar.rate + 0.05)).fold(mean, f64::max).max(1e-9);
    let x = |rate: f64| short(100.0 * (rate / top).min(1.0));
    html! {
        table.bars {
            @for bar in bars {
                tr {
                    th scope="row" { (bar.name) }
                    td.bar {
                        svg.line viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" {
                            rect.track x="0" y="1" width="100" height="10" {}
                            rect.fill x="0" y="1" width=(x(bar.rate)) height="10" {}
                            rect x=(x(bar.interval.low)) y="5.5" height="1" fill="currentColor" opacity="0.6"
                                width=(short(100.0 * ((bar.interval.high.min(top) - bar.interval.low) / top).max(0.0))) {}
                            line.mean x1=(x(mean)) x2=(x(mean)) y1="0" y2="12" {}
                        }
                    }
                    td.figure title={ (percent(bar.interval.low)) " to " (percent(bar.interval.high)) } {
                        (percent(bar.rate)) " " span.muted { "of " (count(bar.rows)) }
                    }
                }
            }
        }
    }
}

/// Returns the rates of months as a line of bars with intervals.
pub(super) fn months(bars: &[Bar], mean: f64) -> Markup {
    let bars: Vec<&Bar> = bars.iter().filter(|bar| bar.name != "missing").collect();
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else { return html! {} };
    // A month of few rows has an interval that nothing else could be seen beside.
    let top = bars.iter().filter(|bar| bar.rows >= 30).map(|bar| bar.interval.high).fold(1.5 * mean, f64::max).min(1.0);
    let width = 600.0 / bars.len() as f64;
    let y = |rate: f64| 100.0 - 92.0 * (rate / top).min(1.0);
    html! {
        svg.plot.wide viewBox="0 0 640 116" role="img" aria-label="The rate by month" {
            @for (place, bar) in bars.iter().enumerate() {
                @let middle = 36.0 + width * (place as f64 + 0.5);
                rect class=(if bar.rows < 30 { "fill-soft" } else { "fill" })
                    x=(short(middle - 0.4 * width)) width=(short(0.8 * width))
                    y=(short(y(bar.rate))) height=(short(100.0 - y(bar.rate))) {
                    title { (bar.name) ": " (percent(bar.rate)) " of " (count(bar.rows)) " rows, "
                        (percent(bar.interval.low)) " to " (percent(bar.interval.high)) }
                }
                line.whisker x1=(short(middle)) x2=(short(middle)) y1=(short(y(bar.interval.low))) y2=(short(y(bar.interval.high))) {}
            }
            line.mean x1="36" x2="636" y1=(short(y(mean))) y2=(short(y(mean))) {}
            text x="32" y=(short(y(mean) + 3.0)) text-anchor="end" { (percent(mean)) }
            text x="32" y="10" text-anchor="end" { (percent(top)) }
            line.axis x1="36" x2="636" y1="100" y2="100" {}
            text x="36" y="112" { (first.name) }
            text x="636" y="112" text-anchor="end" { (last.name) }
        }
    }
}

/// Returns rows over time, with the gaps marked.
pub(super) fn timeline(coverage: &Coverage) -> Markup {
    let most = coverage.periods.iter().map(|period| period.rows).max().unwrap_or_default().max(1) as f64;
    let width = 640.0 / coverage.periods.len().max(1) as f64;
    let in_gap = |from: &str| {
        let covers = |gap: &&FewRows| gap.from.as_str() <= from && from <= gap.to.as_str();
        coverage.gaps.iter().any(|gap| covers(&gap))
    };
    html! {
        svg.plot.wide viewBox="0 0 640 96" role="img" aria-label={ "Rows by " (coverage.period) } {
            @for (place, period) in coverage.periods.iter().enumerate() {
                @let height = if period.rows == 0 { 0.0 } else { (80.0 * period.rows as f64 / most).max(1.0) };
                @let x = width * place as f64;
                @if in_gap(&period.from) { rect.fill-gap x=(short(x)) y="0" width=(short(width)) height="80" {} }
                rect.fill x=(short(x)) y=(short(80.0 - height)) width=(short((width - 0.6).max(0.4))) height=(short(height)) {
                    title { (coverage.period) " of " (period.from) ": " (count(period.rows)) " rows" }
                }
            }
            line.axis x1="0" x2="640" y1="80" y2="80" {}
            text x="0" y="92" { (coverage.from) }
            text x="640" y="92" text-anchor="end" { (coverage.to) }
        }
    }
}

/// Returns a coordinate with no more digits than an eye can use.
pub(super) fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
