//! A profile for the terminal: what was read, the columns, and what to look at first.

use std::fmt::Write;
use std::io::{IsTerminal, stdout};

use plumb_profile::{ColumnProfile, DistributionOf, Finding, Importance, Profile};
use plumb_tables::ReadingReport;

use crate::lifecycle::profile::ProfileOutcome;

/// Columns and findings in the text; the page has all.
const COLUMNS_SHOWN: usize = 60;
const FINDINGS_SHOWN: usize = 12;

/// Signs of a row of the table: it fits a terminal of 100.
const NAME_WIDTH: usize = 24;
const CONTENT_WIDTH: usize = 38;
const BARS: usize = 10;

/// Returns a profile as text for people.
pub(super) fn text(outcome: &ProfileOutcome) -> String {
    let ProfileOutcome { title, profile, .. } = outcome;
    let columns = profile.columns.len();
    let mut text = format!("{title}: {} rows, {columns} columns\n", count(profile.rows));
    if let Some(reading) = &outcome.reading {
        text.push_str(&reading_text(reading));
    }
    if let Some(against) = &outcome.against {
        let rows = count(against.reading.rows_read);
        text.push_str(&format!("compared with {}: {rows} rows\n{}", against.title, reading_text(&against.reading)));
    }
    text.push_str(&format!("\n{}", columns_text(profile, stdout().is_terminal())));
    text.push_str(&target_text(profile));
    text.push_str(&findings_text(&profile.findings));
    if profile.sample_rows < profile.rows {
        let sample = count(profile.sample_rows);
        text.push_str(&format!("\nquantiles, histograms and relations rest on a sample of {sample} rows\n"));
    }
    text.push_str(&format!("\npage: {}\n", outcome.page.display()));
    text
}

fn reading_text(report: &ReadingReport) -> String {
    report.lines().iter().map(|line| format!("{line}\n")).collect()
}

fn columns_text(profile: &Profile, with_bars: bool) -> String {
    let with_target = profile.target.is_some();
    let mut text = format!("{:<NAME_WIDTH$} {:<10} {:>8} {:>10}", "column", "kind", "missing", "distinct");
    text.push_str(if with_target { "   AUC" } else { "" });
    text.push_str("  what is in it\n");
    for column in profile.columns.iter().take(COLUMNS_SHOWN) {
        let about = if column.distinct.error > 0.0 { "~" } else { "" };
        let distinct = format!("{about}{}", count(column.distinct.count));
        let kind = column.kind.word();
        let name = shortened(&column.name, NAME_WIDTH);
        let _ = write!(text, "{name:<NAME_WIDTH$} {kind:<10} {:>8} {distinct:>10}", percent(column.missing_share));
        if with_target {
            let auc = column.signal.map_or_else(|| "-".to_owned(), |signal| format!("{:.2}", signal.auc));
            let _ = write!(text, "  {auc:>4}");
        }
        let content = content(column, with_bars);
        let _ = writeln!(text, "  {}", shortened(&content, CONTENT_WIDTH));
    }
    if profile.columns.len() > COLUMNS_SHOWN {
        let _ = writeln!(text, "… and {} more columns, on the page", profile.columns.len() - COLUMNS_SHOWN);
    }
    text
}

fn content(column: &ColumnProfile, with_bars: bool) -> String {
    if let Some(numbers) = &column.number {
        let at = |share: f64| numbers.quantiles.iter().find(|quantile| quantile.share == share).map(|one| one.value);
        let bars = if with_bars { bars(&numbers.histogram) + " " } else { String::new() };
        let min = numbers.min.map(|(value, _)| value);
        let max = numbers.max.map(|(value, _)| value);
        let said = [min, at(0.5), max].map(|value| value.map_or_else(|| "-".to_owned(), number));
        return format!("{bars}{} … {} … {}", said[0], said[1], said[2]);
    }
    if let Some(flag) = &column.flag {
        return format!("yes {}", percent(flag.share));
    }
    if let Some(time) = &column.time {
        let said = |end: &Option<(String, u64)>| {
            end.as_ref().map_or_else(|| "-".to_owned(), |(time, _)| time.chars().take(10).collect::<String>())
        };
        return format!("{} to {}", said(&time.earliest), said(&time.latest));
    }
    let values = column.values.iter().flat_map(|values| &values.top).take(4);
    let share = |rows: u64| percent(rows as f64 / column.present.max(1) as f64);
    let is_frequent = column.values.iter().flat_map(|values| &values.top).any(|value| value.rows > 1);
    if !is_frequent {
        return column
            .text
            .as_ref()
            .map_or_else(String::new, |text| format!("{} to {} characters", text.min, text.max));
    }
    values.map(|value| format!("{} {}", value.value, share(value.rows))).collect::<Vec<_>>().join(", ")
}

/// A histogram of a few signs.
fn bars(histogram: &DistributionOf) -> String {
    const SIGNS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let mut rows = [0_u64; BARS];
    for (place, bin) in histogram.bins.iter().enumerate() {
        rows[place * BARS / histogram.bins.len().max(1)] += bin.rows;
    }
    let most = rows.iter().copied().max().unwrap_or_default().max(1);
    rows.iter()
        .map(|rows| if *rows == 0 { ' ' } else { SIGNS[((rows * 8).div_ceil(most) as usize).clamp(1, 8) - 1] })
        .collect()
}

fn target_text(profile: &Profile) -> String {
    let Some(target) = &profile.target else { return String::new() };
    format!(
        "\ntarget: `{}` is {} ({}) in {} of {} rows ({} to {})\n",
        target.column,
        target.positives.join(" or "),
        target.why,
        percent(target.rate),
        count(target.rows),
        percent(target.interval.low),
        percent(target.interval.high)
    )
}

fn findings_text(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "\nnothing to look at was found\n".to_owned();
    }
    let mut text = "\nlook at first\n".to_owned();
    for finding in findings.iter().take(FINDINGS_SHOWN) {
        let sign = match finding.importance {
            Importance::High => "!!",
            Importance::Medium => " !",
            Importance::Low => "  ",
        };
        let _ = writeln!(text, "{sign} {}\n     {}", finding.what, finding.advice);
    }
    if findings.len() > FINDINGS_SHOWN {
        let _ = writeln!(text, "   … and {} more, on the page", findings.len() - FINDINGS_SHOWN);
    }
    text
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width - 1).chain(['…']).collect()
}

fn count(value: u64) -> String {
    plumb_profile::wording::count(value)
}

fn number(value: f64) -> String {
    plumb_profile::wording::number(value)
}

fn percent(share: f64) -> String {
    plumb_profile::wording::percent(share)
}
