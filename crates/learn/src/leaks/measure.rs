//! What the score loses without each suspect, and the report.

use super::duplicates::duplicate_groups;
use super::findings::{Findings, Sample};
use super::quick_model::QuickModel;
use super::report::{LeakGroup, LeakKind, LeakLevel, LeakReport, LeakSuspect};
use crate::error::Error;

/// What a single column is worth is measured on at most so many rows, evenly taken.
const ROWS_MAX: usize = 4_000;

/// Of so many columns and groups, those that are strongest alone.
const MEASURED_MAX: usize = 16;

/// Measures the findings and ranks them.
pub(super) fn report(
    sample: &Sample,
    model: &QuickModel,
    findings: &Findings,
    seed: u64,
    empty: LeakReport,
) -> Result<LeakReport, Error> {
    let all: Vec<usize> = (0..sample.table.columns().len()).collect();
    let honest = findings.honest();
    let auc_without = model.auc(&honest)?;
    let auc_with = if honest.len() == all.len() { auc_without } else { model.auc(&all)? };
    let losses = Losses::new(sample, &honest, seed)?;
    let groups: Result<Vec<LeakGroup>, Error> = findings
        .groups
        .iter()
        .map(|group| {
            let columns = group.columns.iter().map(|column| sample.name(*column).to_owned()).collect();
            let loss = Some(losses.of(&group.columns)?);
            Ok(LeakGroup { kind: group.kind, columns, why: group.why.clone(), loss })
        })
        .collect();
    let mut found: Vec<LeakSuspect> = Vec::new();
    let mut by_strength = all;
    by_strength.sort_by(|left, right| sample.alone[*right].auc.total_cmp(&sample.alone[*left].auc));
    for column in by_strength {
        let measured = found.iter().filter(|suspect| suspect.loss.is_some()).count() < MEASURED_MAX;
        found.extend(suspect(sample, findings, column, measured.then_some(&losses))?);
    }
    // Those of no measured loss come last; equal ones keep the order of their AUC.
    let loss = |suspect: &LeakSuspect| suspect.loss.unwrap_or(f64::NEG_INFINITY);
    found.sort_by(|left, right| loss(right).total_cmp(&loss(left)));
    let (suspects, asks) = found.into_iter().partition(|suspect| suspect.level == LeakLevel::Suspect);
    Ok(LeakReport {
        suspects,
        asks,
        groups: groups?,
        auc_with_suspects: Some(auc_with),
        auc_without: Some(auc_without),
        ..empty
    })
}

fn suspect(
    sample: &Sample,
    findings: &Findings,
    column: usize,
    losses: Option<&Losses>,
) -> Result<Option<LeakSuspect>, Error> {
    let evidence = findings.of(column);
    let Some(first) = evidence.first() else { return Ok(None) };
    let says_nothing = matches!(first.kind, LeakKind::Identifier | LeakKind::RunningNumber);
    let group = findings.groups.iter().position(|group| group.columns.contains(&column));
    let with_group = group.filter(|_| first.level == LeakLevel::Suspect).map(|group| &findings.groups[group].columns);
    let loss = match losses {
        Some(losses) if !says_nothing => Some(losses.of(with_group.unwrap_or(&vec![column]))?),
        _ => None,
    };
    Ok(Some(LeakSuspect {
        column: sample.name(column).to_owned(),
        level: first.level,
        kinds: evidence.iter().map(|evidence| evidence.kind).collect(),
        why: evidence.iter().map(|evidence| evidence.why.as_str()).collect::<Vec<_>>().join("; "),
        auc_alone: (!says_nothing).then_some(sample.alone[column].auc),
        loss,
        group,
    }))
}

/// What columns add to those that are no suspects.
struct Losses {
    model: QuickModel,
    honest: Vec<usize>,
    auc: f64,
}

impl Losses {
    fn new(sample: &Sample, honest: &[usize], seed: u64) -> Result<Losses, Error> {
        let rows = sample.labels.len();
        let wanted = rows.min(ROWS_MAX);
        let taken: Vec<usize> = (0..wanted).map(|row| row * rows / wanted).collect();
        let table = sample.table.select(&taken);
        let labels: Vec<bool> = taken.iter().map(|row| sample.labels[*row]).collect();
        let model = QuickModel::new(&table, &labels, &duplicate_groups(&table), seed)?;
        let auc = model.auc(honest)?;
        Ok(Losses { model, honest: honest.to_vec(), auc })
    }

    /// Returns how far the AUC of the columns that are no suspects is under that with these; of a column that is none, how
    /// far it falls without it.
    fn of(&self, columns: &[usize]) -> Result<f64, Error> {
        let others = || self.honest.iter().copied().filter(|column| !columns.contains(column));
        let without: Vec<usize> = others().collect();
        let with: Vec<usize> = others().chain(columns.iter().copied()).collect();
        let auc_without = if without.len() == self.honest.len() { self.auc } else { self.model.auc(&without)? };
        Ok(self.model.auc(&with)? - auc_without)
    }
}
