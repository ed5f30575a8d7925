//! The evidence that each column, block of columns or date gives by itself. It does not depend on the other columns, so no
//! leak can hide another one.

use super::dates;
use super::evidence::Evidence;
use super::findings::{Findings, Group, Sample};
use super::identifiers::identifier;
use super::input::FieldHistory;
use super::missingness;
use super::names::{self, NameHint};
use super::post_outcome::post_outcome_change;
use super::report::{LeakKind, LeakLevel};
use super::values::{self, Base};

/// The chance with which anything honest of a whole table may be accused by one of the tests.
const CHANCE: f64 = 0.01;

/// From this AUC on, at the lower end of its interval, a column alone is too good.
const AUC_TOO_GOOD: f64 = 0.93;

/// A name that speaks of the end is believed from this AUC on, at the lower end.
const AUC_NAMED: f64 = 0.57;

/// A name that may speak of it, from this one on.
const AUC_MAYBE_NAMED: f64 = 0.70;

/// Looks at each column, at the blocks of columns, at dates and at the history.
pub(super) fn judge_columns(sample: &Sample, history: &[FieldHistory], findings: &mut Findings) {
    let values: usize = sample.table.columns().iter().map(values::values_of).sum();
    let base = Base { rate: sample.base_rate, chance: CHANCE / values as f64 };
    for column in (0..sample.table.columns().len()).filter(|column| !sample.is_kept[*column]) {
        of_values(sample, column, base, findings);
    }
    of_blocks(sample, base, findings);
    of_dates(sample, findings);
    for changed in history {
        let column = sample.index(&changed.column).filter(|column| !sample.is_kept[*column]);
        let evidence = post_outcome_change(&changed.column, &changed.field, changed.counts);
        if let (Some(column), Some(evidence)) = (column, evidence) {
            findings.add(column, Evidence::suspect(LeakKind::PostOutcome, evidence.why));
        }
    }
    for column in (0..sample.table.columns().len()).filter(|column| !sample.is_kept[*column]) {
        if let Some(evidence) = of_name(sample, column) {
            findings.add(column, evidence);
        }
    }
}

fn of_values(sample: &Sample, index: usize, base: Base, findings: &mut Findings) {
    let column = &sample.table.columns()[index];
    let is_date = sample.dates.iter().any(|dates| dates.name == column.name);
    // The days of an event, one a row, are all different as well.
    if !is_date && let Some(evidence) = identifier(column) {
        return findings.add(index, evidence);
    }
    let chance = CHANCE / sample.table.columns().len() as f64;
    let mut found = values::pure_values(column, &sample.labels, base);
    found.extend(missingness::presence(column, &sample.labels, chance));
    found.extend(too_good(sample, index, chance));
    found.into_iter().for_each(|evidence| findings.add(index, evidence));
}

fn too_good(sample: &Sample, column: usize, chance: f64) -> Option<Evidence> {
    let roc = &sample.alone[column];
    if roc.auc_low() >= AUC_TOO_GOOD {
        let why = format!("alone it ranks rows with an AUC of {:.2}, as nothing does that is known before", roc.auc);
        return Some(Evidence::suspect(LeakKind::TooGood, why));
    }
    let beyond = roc.beyond_honest(chance)?;
    let class = if beyond.positive { ["positive", "negative"] } else { ["negative", "positive"] };
    let why = format!(
        "alone it puts {} of {} {} rows apart, with {} of {} {} ones among them, and ranks all rows with an AUC of {:.2}",
        beyond.class_rows.0, beyond.class_rows.1, class[0], beyond.other_rows.0, beyond.other_rows.1, class[1], roc.auc
    );
    Some(Evidence::suspect(LeakKind::PureValues, why))
}

fn of_blocks(sample: &Sample, base: Base, findings: &mut Findings) {
    for block in missingness::blocks(&sample.table, &sample.labels, base) {
        let columns: Vec<usize> = block.columns.into_iter().filter(|column| !sample.is_kept[*column]).collect();
        columns.iter().for_each(|column| findings.add(*column, block.evidence.clone()));
        if block.evidence.level == LeakLevel::Suspect && !columns.is_empty() {
            findings.groups.push(Group { kind: block.evidence.kind, columns, why: block.evidence.why });
        }
    }
}

fn of_dates(sample: &Sample, findings: &mut Findings) {
    let index = |name: &str| sample.index(name).filter(|column| !sample.is_kept[*column]);
    if let Some(creation) = &sample.creation {
        for dates in &sample.dates {
            let evidence = dates::after_creation(dates, creation, &sample.labels);
            if let (Some(column), Some(evidence)) = (index(&dates.name), evidence) {
                findings.add(column, evidence);
            }
        }
    }
    for (late, early, evidence) in dates::pairs(&sample.dates, sample.creation.as_ref(), &sample.labels) {
        let Some(column) = index(&late) else { continue };
        let columns: Vec<usize> = [index(&early), Some(column)].into_iter().flatten().collect();
        findings.groups.push(Group { kind: LeakKind::DatePair, columns, why: evidence.why.clone() });
        findings.add(column, evidence);
    }
    let is_late = |name: &&String| sample.index(name).is_some_and(|column| findings.is_suspect(column));
    let late: Vec<String> = sample.dates.iter().map(|dates| &dates.name).filter(is_late).cloned().collect();
    for (name, evidence) in dates::lengths(&sample.table, &sample.dates, &late) {
        if let Some(column) = index(&name) {
            findings.add(column, evidence);
        }
    }
}

/// What a name says is believed with some evidence of the values; without, it is a question.
fn of_name(sample: &Sample, column: usize) -> Option<Evidence> {
    let name = sample.name(column);
    let hint = names::hint(name)?;
    let roc = &sample.alone[column];
    let (kind, limit) = match hint {
        NameHint::Outcome => (LeakKind::Name, AUC_NAMED),
        NameHint::ClosingDuration => (LeakKind::DurationAtClosing, AUC_NAMED),
        NameHint::Maybe => (LeakKind::Name, AUC_MAYBE_NAMED),
    };
    let what = match hint {
        NameHint::Outcome => "its name says that it is written when the outcome is known",
        NameHint::ClosingDuration => "its name says that it is a length of time up to the outcome",
        NameHint::Maybe => "its name may say that it is written late",
    };
    let why = format!("{what}, and alone it ranks rows with an AUC of {:.2}", roc.auc);
    let level = if roc.auc_low() >= limit { Evidence::suspect } else { Evidence::ask };
    Some(level(kind, why))
}
