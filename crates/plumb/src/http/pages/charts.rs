//! Charts as SVG, drawn by hand: the pages have no script, and chart libraries draw with one or bring fonts and a renderer.
//! Colours are classes of the stylesheet, so that they follow light and dark; each chart has a label in words.

use maud::{Markup, html};
use plumb_lead::{Band, GainBin, Prediction, ReliabilityBin};

use super::text::{day, percent};

/// Returns a score as a bar from 0 to 1.
pub(super) fn score_bar(score: f64, band: Band) -> Markup {
    html! {
        svg.bar viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
            rect class="track" x="0" y="0" width="100" height="8" {}
            rect class={ "fill-" (band.letter()) } x="0" y="0" width=(number(100.0 * score)) height="8" {}
        }
    }
}

/// Returns a contribution as a bar from a middle line: to the right if it speaks for the lead.
pub(super) fn diverging(contribution: f64, largest: f64) -> Markup {
    let length = if largest > 0.0 { 50.0 * contribution.abs() / largest } else { 0.0 };
    let start = if contribution >= 0.0 { 50.0 } else { 50.0 - length };
    html! {
        svg.diverging viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
            rect class="track" x="0" y="0" width="100" height="10" {}
            rect class=(if contribution >= 0.0 { "fill-for" } else { "fill-against" })
                x=(number(start)) y="1" width=(number(length)) height="8" {}
            rect class="axis" x="49.75" y="0" width="0.5" height="10" {}
        }
    }
}

/// Returns the share of a largest value as a bar.
pub(super) fn share(value: f64, largest: f64) -> Markup {
    let width = if largest > 0.0 { 100.0 * value / largest } else { 0.0 };
    html! {
        svg.share viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
            rect class="fill-main" x="0" y="0" width=(number(width)) height="8" {}
        }
    }
}

/// Returns how a lead's score moved, with the threshold. `history` is newest first.
pub(super) fn history(history: &[Prediction], threshold: Option<f64>) -> Markup {
    let (Some(newest), Some(oldest)) = (history.first(), history.last()) else { return html! {} };
    let span = (newest.as_of - oldest.as_of).num_seconds().max(1) as f64;
    let top = history.iter().map(|prediction| prediction.score.get()).chain(threshold).fold(0.05, f64::max);
    let top = (top * 1.15).min(1.0);
    let height = |score: f64| 110.0 - 100.0 * score / top;
    let points: Vec<(f64, f64, &Prediction)> = history
        .iter()
        .rev()
        .map(|prediction| {
            let share = (prediction.as_of - oldest.as_of).num_seconds() as f64 / span;
            (40.0 + 270.0 * share, height(prediction.score.get()), prediction)
        })
        .collect();
    let line: Vec<String> = points.iter().map(|(x, y, _)| format!("{},{}", number(*x), number(*y))).collect();
    let label = format!(
        "From {} on {} to {} on {}",
        percent(oldest.score.get()),
        day(oldest.as_of),
        percent(newest.score.get()),
        day(newest.as_of)
    );
    html! {
        svg.plot viewBox="0 0 330 134" role="img" aria-label=(label) {
            (level(top, height(top))) (level(0.0, height(0.0)))
            @if let Some(threshold) = threshold {
                line class="threshold" x1="40" x2="318" y1=(number(height(threshold))) y2=(number(height(threshold))) {}
                text x="318" y=(number(height(threshold) - 3.0)) text-anchor="end" { "threshold " (percent(threshold)) }
            }
            polyline class="curve" points=(line.join(" ")) {}
            @for (x, y, prediction) in &points {
                circle class={ "dot fill-" (prediction.band.letter()) } cx=(number(*x)) cy=(number(*y)) r="4" {
                    title { (day(prediction.as_of)) ": " (percent(prediction.score.get())) }
                }
            }
            text x="40" y="130" { (day(oldest.as_of)) }
            text x="318" y="130" text-anchor="end" { (day(newest.as_of)) }
        }
    }
}

fn level(score: f64, y: f64) -> Markup {
    html! {
        line class="grid" x1="40" x2="318" y1=(number(y)) y2=(number(y)) {}
        text x="36" y=(number(y + 3.0)) text-anchor="end" { (percent(score)) }
    }
}

/// Returns the lift of each tenth of the test rows, best scores first; the line is the average lead.
/// `most` is the height of the tallest bar, given so that the charts of several models can be compared.
pub(super) fn lift(gain: &[GainBin], most: f64) -> Markup {
    // The tallest bar leaves room for its figure.
    let height = |lift: f64| 94.0 * lift / most.max(1.5);
    let width = 270.0 / gain.len().max(1) as f64;
    let first = gain.first().map_or(0.0, |bin| bin.lift);
    html! {
        svg.plot viewBox="0 0 330 134" role="img"
            aria-label=(format!("Lift by tenth of the leads; the best tenth has {first:.1} times the average")) {
            @for (index, bin) in gain.iter().enumerate() {
                @let x = 40.0 + width * index as f64;
                rect class="fill-main" x=(number(x + 2.0)) y=(number(110.0 - height(bin.lift)))
                    width=(number(width - 4.0)) height=(number(height(bin.lift))) {
                    title { (format!("tenth {}: {} of {} positive, lift {:.2}", index + 1, bin.positives, bin.rows, bin.lift)) }
                }
                @if let Some(interval) = bin.interval {
                    line class="whisker" x1=(number(x + width / 2.0)) x2=(number(x + width / 2.0))
                        y1=(number(110.0 - height(interval.low))) y2=(number((110.0 - height(interval.high)).max(2.0))) {}
                }
                text x=(number(x + width / 2.0)) y="122" text-anchor="middle" { (index + 1) }
                @if bin.lift > 0.0 && index < 3 {
                    text.value x=(number(x + width / 2.0)) y=(number(106.0 - height(bin.lift))) text-anchor="middle" {
                        (format!("{:.1}", bin.lift))
                    }
                }
            }
            line class="threshold" x1="40" x2="312" y1=(number(110.0 - height(1.0))) y2=(number(110.0 - height(1.0))) {}
            text x="36" y=(number(113.0 - height(1.0))) text-anchor="end" { "1" }
            text x="175" y="133" text-anchor="middle" { "tenths of the leads, best scores first" }
        }
    }
}

/// Returns predicted against observed shares; on the diagonal a score is the true share.
pub(super) fn reliability(bins: &[ReliabilityBin]) -> Markup {
    let top = bins.iter().map(|bin| bin.predicted.max(bin.observed)).fold(0.05, f64::max);
    let top = (1.08 * top).min(1.0);
    let (x, y) = (|share: f64| 40.0 + 150.0 * share / top, |share: f64| 158.0 - 150.0 * share / top);
    let worst = bins.iter().map(|bin| (bin.predicted - bin.observed).abs()).fold(0.0, f64::max);
    let line: Vec<String> =
        bins.iter().map(|bin| format!("{},{}", number(x(bin.predicted)), number(y(bin.observed)))).collect();
    html! {
        svg.plot.square viewBox="0 0 200 190" role="img"
            aria-label=(format!("Reliability: predicted and observed shares differ by at most {}", percent(worst))) {
            rect class="frame" x="40" y="8" width="150" height="150" {}
            line class="threshold" x1="40" y1="158" x2="190" y2="8" {}
            polyline class="curve" points=(line.join(" ")) {}
            @for bin in bins {
                @if let Some(interval) = bin.interval {
                    line class="whisker" x1=(number(x(bin.predicted))) x2=(number(x(bin.predicted)))
                        y1=(number(y(interval.low))) y2=(number(y(interval.high.min(top)))) {}
                }
                circle class="dot fill-main" cx=(number(x(bin.predicted))) cy=(number(y(bin.observed))) r="3.5" {
                    title { (format!("{} rows: predicted {}, observed {}", bin.rows, percent(bin.predicted), percent(bin.observed))) }
                }
            }
            text x="36" y="14" text-anchor="end" { (percent(top)) }
            text x="36" y="160" text-anchor="end" { "0 %" }
            text x="190" y="170" text-anchor="end" { (percent(top)) }
            text x="115" y="184" text-anchor="middle" { "predicted → observed ↑" }
        }
    }
}

/// Returns a coordinate with no more digits than an eye can use.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
