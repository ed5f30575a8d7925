//! Columns that leak only beside others: what a boosted tree gains from them.

use super::evidence::Evidence;
use super::findings::{Findings, Group, Sample};
use super::quick_model::QuickModel;
use super::report::LeakKind;
use crate::error::Error;

/// From this AUC on, at the lower end of its interval, all columns together are too good.
const AUC_TOO_GOOD: f64 = 0.96;

/// From this AUC on it is asked whether two columns tell together what neither tells alone.
const AUC_INTERPLAY: f64 = 0.85;

/// A column tells little alone under this AUC.
const AUC_ALONE_MAX: f64 = 0.70;

/// It tells much beside others if the AUC falls by this without it.
const FALL_MIN: f64 = 0.10;

/// Under this fall no column is missed more than another.
const FALL_CLEAR: f64 = 0.02;

/// Columns that are tried at each step.
const TRIED: usize = 4;

/// Steps at most.
const STEPS_MAX: usize = 12;

/// From this AUC on a column alone is asked about if the others together know no more.
const AUC_ASK: f64 = 0.80;

/// Columns of which that is asked.
const ASKED_MAX: usize = 6;

/// Takes the column out that a model loses most without, as long as the model is too good to be honest.
pub(super) fn take_out(sample: &Sample, model: &QuickModel, findings: &mut Findings) -> Result<(), Error> {
    for _ in 0..STEPS_MAX {
        // A kept column may be as good as it is: what is beside it is looked at without it.
        let honest: Vec<usize> = findings.honest().into_iter().filter(|column| !sample.is_kept[*column]).collect();
        let Some(found) = model.of(&honest)? else { return Ok(()) };
        if found.roc.auc < AUC_INTERPLAY {
            return Ok(());
        }
        let tried = found.by_importance.iter().copied().take(TRIED);
        let mut falls: Vec<(usize, f64)> = Vec::new();
        for column in tried {
            let others: Vec<usize> = honest.iter().copied().filter(|other| *other != column).collect();
            falls.push((column, found.roc.auc - model.auc(&others)?));
        }
        let is_telling =
            |(column, fall): &&(usize, f64)| *fall >= FALL_MIN && sample.alone[*column].auc < AUC_ALONE_MAX;
        let hidden: Vec<(usize, f64)> = falls.iter().filter(is_telling).copied().collect();
        let is_too_good = found.roc.auc_low() >= AUC_TOO_GOOD;
        if hidden.len() < 2 && !is_too_good {
            return Ok(());
        }
        let candidates = if hidden.is_empty() { &falls } else { &hidden };
        let Some(most) = candidates.iter().max_by(|left, right| left.1.total_cmp(&right.1)) else { return Ok(()) };
        // Where none is missed, because others say the same, the one that moves the scores most goes first.
        let (column, fall) = if most.1 < FALL_CLEAR { &falls[0] } else { most };
        let partners: Vec<usize> = hidden.iter().map(|(other, _)| *other).filter(|other| other != column).collect();
        accuse(sample, *column, &partners, (found.roc.auc, *fall), findings);
    }
    Ok(())
}

fn accuse(sample: &Sample, column: usize, partners: &[usize], (auc, fall): (f64, f64), findings: &mut Findings) {
    let names: Vec<String> = partners.iter().map(|partner| format!("`{}`", sample.name(*partner))).collect();
    let why = if names.is_empty() {
        format!("without it, the AUC of the columns that are left falls from {auc:.2}, which is too good, by {fall:.2}")
    } else {
        format!(
            "together with {} it gives the outcome away: alone its AUC is {:.2}, and without it that of all columns falls \
             from {auc:.2} by {fall:.2}",
            names.join(" and "),
            sample.alone[column].auc
        )
    };
    if !partners.is_empty() {
        let columns = [partners, &[column]].concat();
        findings.groups.push(Group { kind: LeakKind::Together, columns, why: why.clone() });
    }
    findings.add(column, Evidence::suspect(LeakKind::Together, why));
}

/// Asks about columns that alone know as much as all others that are no suspects.
pub(super) fn ask_about_the_best(sample: &Sample, model: &QuickModel, findings: &mut Findings) -> Result<(), Error> {
    let honest = findings.honest();
    let mut strong: Vec<usize> = honest
        .iter()
        .copied()
        .filter(|column| !sample.is_kept[*column] && sample.alone[*column].auc >= AUC_ASK)
        .collect();
    strong.sort_by(|left, right| sample.alone[*right].auc.total_cmp(&sample.alone[*left].auc));
    for column in strong.into_iter().take(ASKED_MAX) {
        let others: Vec<usize> = honest.iter().copied().filter(|other| *other != column).collect();
        let (alone, others) = (sample.alone[column].auc, model.auc(&others)?);
        if alone >= others {
            let why =
                format!("alone it ranks rows with an AUC of {alone:.2}, all other columns together with {others:.2}");
            findings.add(column, Evidence::ask(LeakKind::TooGood, why));
        }
    }
    Ok(())
}
