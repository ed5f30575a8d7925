//! The outcome of `plumb quick` as text: what was read, what is predicted, what may be wrong, and then the figures.

use std::fmt::Write;

use plumb_lead::Metric;

use super::reading_text::reading_text;
use crate::lifecycle::quick::{
    BETA, GroupSummary, LeaderboardGroup, LeftOut, PooledMetrics, QuickOutcome, Suspects, TargetSummary, WordClass,
};

/// Words of a target that the text lists.
const WORDS_SHOWN: usize = 12;

/// Returns names as one argument of a shell.
fn quoted(names: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "._-,".contains(letter);
    if names.chars().all(is_plain) { names.to_owned() } else { format!("'{}'", names.replace('\'', "'\\''")) }
}

/// Returns the outcome as text.
pub(super) fn text(outcome: &QuickOutcome) -> String {
    let (file, columns) = (&outcome.file, outcome.file.columns);
    let mut text = format!("{}: {} rows, {columns} columns\n", outcome.reading.file, file.rows);
    text.push_str(&reading_text(&outcome.reading));
    text.push_str(&target_text(&outcome.target));
    text.push_str(&left_out_text(&outcome.left_out));
    if let Some(time) = &outcome.time {
        text.push_str(&format!(
            "time: `{}` ({}; choose with --time), {} to {}\n",
            time.column, time.why, time.first, time.last
        ));
    }
    text.push_str(&groups_text(&outcome.groups));
    text.push_str(&suspects_text(&outcome.suspects));
    text.push_str(&format!("\n{}\n", leaderboard_text(&outcome.leaderboard)));
    outcome.pooled.iter().for_each(|pooled| text.push_str(&format!("{}\n", pooled_text(pooled))));
    text.push_str(&model_text(outcome));
    text
}

fn target_text(target: &TargetSummary) -> String {
    let mut text = format!(
        "positive: `{}` = {} ({}; choose with --positive); {} of {} rows, {:.1} %\n",
        target.column,
        target.positive,
        target.why,
        target.positives,
        target.rows,
        100.0 * target.base_rate
    );
    let of = |class: WordClass| {
        let mut words = target.words.iter().filter(|word| word.class == class).map(|word| {
            let also =
                if word.also.is_empty() { String::new() } else { format!(" (also `{}`)", word.also.join("`, `")) };
            format!("`{}`{also} {}", word.word, word.rows)
        });
        let shown: Vec<String> = words.by_ref().take(WORDS_SHOWN).collect();
        let more = words.count();
        if more == 0 { shown.join(", ") } else { format!("{} and {more} words more", shown.join(", ")) }
    };
    let is_plain = target.words.len() == 2 && target.words.iter().all(|word| word.also.is_empty());
    if !is_plain {
        for (heading, class) in
            [("positive", WordClass::Positive), ("negative", WordClass::Negative), ("left out", WordClass::Ignored)]
        {
            if target.words.iter().any(|word| word.class == class) {
                text.push_str(&format!("  {heading}: {}\n", of(class)));
            }
        }
    }
    if target.rows_missing > 0 {
        text.push_str(&format!("  left out: {} rows in which the target is missing\n", target.rows_missing));
    }
    target.warnings.iter().for_each(|warning| text.push_str(&format!("warning: {warning}\n")));
    text
}

/// Returns the columns that no model sees, together by their reasons.
fn left_out_text(left_out: &[LeftOut]) -> String {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for LeftOut { column, why } in left_out {
        let name = format!("`{column}`");
        match reasons.iter_mut().find(|(known, _)| known == why) {
            Some((_, names)) => names.push(name),
            None => reasons.push((why, vec![name])),
        }
    }
    reasons.into_iter().map(|(why, names)| format!("not used ({why}): {}\n", names.join(", "))).collect()
}

fn groups_text(groups: &GroupSummary) -> String {
    let mut text = String::new();
    if let Some(column) = &groups.column {
        let found = if groups.found { " (choose with --group)" } else { "" };
        text.push_str(&format!(
            "groups: rows of one `{column}` stay on one side of each split{found}: {} rows share theirs\n",
            groups.rows_in_groups
        ));
    }
    let duplicates = groups.duplicates;
    if groups.are_copies {
        text.push_str(&format!(
            "duplicates: {duplicates} rows are exact copies of an earlier one; copies stay on one side of each split\n"
        ));
    } else if duplicates > 0 {
        text.push_str(&format!(
            "duplicates: {duplicates} rows are like an earlier one in every column, about as many as chance makes: they count \
             as different leads\n"
        ));
    }
    text
}

fn suspects_text(found: &Suspects) -> String {
    let mut text = String::new();
    if !found.suspects.is_empty() {
        let names = quoted(&found.names().join(","));
        text.push_str(&format!(
            "\nwarning: suspected leaks, columns that may be known only after the outcome, are left out\n{}  \
             Leave them out for good with `--leave-out {names}`, or say with `--keep {names}` that they are known before.\n",
            found.lines()
        ));
    }
    if !found.asks.is_empty() {
        text.push_str(
            "\nquestion: are these known before the outcome? They are used; if one is not, `--leave-out` it\n",
        );
        found.asks.iter().for_each(|ask| text.push_str(&format!("  `{}`: {}\n", ask.column, ask.why)));
    }
    text
}

/// Returns the figures to believe as a table, and what the suspected leaks would pretend in a line below.
fn leaderboard_text(groups: &[LeaderboardGroup]) -> String {
    let mut text = format!(
        "{:<10} {:>7} {:>9} {:>7} {:>10} {:>7} {:>9}\n",
        "",
        "AUC",
        "avg prec",
        format!("F{BETA}"),
        "threshold",
        "Brier",
        "lift 10%"
    );
    for group in groups.iter().filter(|group| !group.with_suspects) {
        text.push_str(&group_text(group));
    }
    for group in groups.iter().filter(|group| group.with_suspects && !group.models.is_empty()) {
        let figures: Vec<String> =
            group.models.iter().map(|model| format!("{} {:.3}", model.kind.word(), model.metrics.auc.value)).collect();
        text.push_str(&format!("\nnot to be expected, AUC on {}: {}\n", group.heading, figures.join(", ")));
    }
    text
}

fn group_text(group: &LeaderboardGroup) -> String {
    let LeaderboardGroup { heading, models, not_measured, dropped, .. } = group;
    if let Some(why) = not_measured {
        return format!("\n{heading}: {why}\n");
    }
    let Some(first) = models.first() else { return String::new() };
    let (rows, positives) = (first.metrics.rows, first.metrics.positives);
    let percent = 100.0 * positives as f64 / rows.max(1) as f64;
    let dropped = if dropped.is_empty() { String::new() } else { format!("; {dropped}") };
    let mut text = format!("\n{heading} ({rows} rows, {percent:.1} % positive{dropped})\n");
    for model in models {
        let metrics = &model.metrics;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:<10} {:>7.3} {:>9.3} {:>7.3} {:>10.3} {:>7.3} {:>9.2}",
            model.kind.word(),
            metrics.auc.value,
            metrics.average_precision.value,
            metrics.f_beta.value,
            model.threshold,
            metrics.brier.value,
            metrics.lift_top_decile.value,
        );
    }
    text
}

fn pooled_text(pooled: &PooledMetrics) -> String {
    let mut text = String::new();
    if let Some(first) = pooled.models.first() {
        let (rows, positives) = (first.metrics.rows, first.metrics.positives);
        let percent = 100.0 * positives as f64 / rows.max(1) as f64;
        text = format!("{} ({rows} rows pooled, {percent:.1} % positive; 95 % intervals)\n", pooled.heading);
        text.push_str(&format!("{:<10} {:>21} {:>21} {:>21} {:>21}\n", "", "AUC", "avg prec", "Brier", "log loss"));
    }
    for model in &pooled.models {
        let metrics = &model.metrics;
        let shown = [&metrics.auc, &metrics.average_precision, &metrics.brier, &metrics.log_loss].map(with_interval);
        let [auc, average_precision, brier, log_loss] = shown;
        text.push_str(&format!(
            "{:<10} {auc:>21} {average_precision:>21} {brier:>21} {log_loss:>21}\n",
            model.kind.word()
        ));
    }
    text
}

fn with_interval(metric: &Metric) -> String {
    match metric.interval {
        Some(interval) => format!("{:.4} ({:.3}-{:.3})", metric.value, interval.low, interval.high),
        None => format!("{:.4}", metric.value),
    }
}

fn model_text(outcome: &QuickOutcome) -> String {
    let QuickOutcome { model, folder, drift_warning, .. } = outcome;
    let (kind, id, folder) = (model.kind.word(), &model.model_id, folder.display());
    let mut text = format!("saved: {kind} `{id}` in {folder}, with how the file was read in reading.toml\n");
    text.push_str(&format!("  threshold {:.3}: {}\n", model.threshold.score, model.threshold.why));
    model.notes.iter().for_each(|note| text.push_str(&format!("  {note}\n")));
    if let Some(warning) = drift_warning {
        text.push_str(&format!("warning: {warning}\n"));
    }
    text + &format!("next: `plumb serve --data {folder}` or `plumb score --data {folder}`\n")
}
