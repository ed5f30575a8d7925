//! Columns that are filled in together, and for one class more than for the other.
//!
//! A form that is filled in when a deal is won leaves a block of columns empty in all other rows. Each of them seems strong;
//! taken out one by one, those that are left still give the outcome away, so the block is judged as a whole.

use plumb_lead::{Column, Table};

use super::evidence::Evidence;
use super::report::LeakKind;
use super::roc::Roc;
use super::values::{Base, implied, is_missing};

/// Two columns are filled in together if at most this share of the rows in which one is present, or missing, differs.
const DIFFERENCE_MAX: f64 = 0.02;

/// With fewer rows that are present, or missing, nothing is said.
const STATE_ROWS_MIN: usize = 12;

/// A block is suspected if the AUC of its presence is at least this, at the lower end of its interval.
const AUC_SUSPECT: f64 = 0.70;

/// From this AUC on a person is asked.
const AUC_ASK: f64 = 0.62;

/// A column is inside a block that is present in at most this share of the rows, if it is never present without it: in a
/// block that is nearly always there, everything is.
const INSIDE_SHARE_MAX: f64 = 0.7;

/// Columns that are filled in together.
pub(super) struct Block {
    /// The columns, ascending.
    pub(super) columns: Vec<usize>,
    pub(super) evidence: Evidence,
}

/// Returns the blocks whose presence tells the outcome.
pub(super) fn blocks(table: &Table, labels: &[bool], base: Base) -> Vec<Block> {
    let present: Vec<Vec<bool>> = table
        .columns()
        .iter()
        .map(|column| (0..labels.len()).map(|row| !is_missing(&column.values, row)).collect())
        .collect();
    let mut leaders: Vec<(usize, Vec<usize>)> = Vec::new();
    for (index, pattern) in present.iter().enumerate() {
        let rows = count(pattern);
        if rows.min(labels.len() - rows) < STATE_ROWS_MIN {
            continue;
        }
        let place = leaders.iter().position(|(leader, _)| are_together(&present[*leader], pattern));
        match place {
            Some(place) => leaders[place].1.push(index),
            None => leaders.push((index, vec![index])),
        }
    }
    let judged = leaders.iter().filter(|(_, columns)| columns.len() > 1).filter_map(|(leader, columns)| {
        let evidence = judge(&present[*leader], columns.len(), labels, base)?;
        let columns = with_inside(columns, &present[*leader], &present);
        Some(Block { columns, evidence })
    });
    judged.collect()
}

/// Returns what the presence of one column tells, if no honest column would.
pub(super) fn presence(column: &Column, labels: &[bool], chance: f64) -> Option<Evidence> {
    let scores: Vec<f64> = (0..labels.len()).map(|row| f64::from(u8::from(!is_missing(&column.values, row)))).collect();
    Roc::new(&scores, labels).beyond_honest(chance)?;
    let positives = labels.iter().filter(|label| **label).count();
    let present_positives = labels.iter().zip(&scores).filter(|(label, score)| **label && **score == 1.0).count();
    let present = scores.iter().filter(|score| **score == 1.0).count();
    let why = format!(
        "it is present in {present_positives} of {positives} positive rows and in {} of {} negative ones",
        present - present_positives,
        labels.len() - positives
    );
    Some(Evidence::suspect(LeakKind::OneClass, why))
}

fn count(pattern: &[bool]) -> usize {
    pattern.iter().filter(|present| **present).count()
}

fn are_together(left: &[bool], right: &[bool]) -> bool {
    let differing = left.iter().zip(right).filter(|(left, right)| left != right).count();
    let least = |pattern: &[bool]| count(pattern).min(pattern.len() - count(pattern));
    differing as f64 <= DIFFERENCE_MAX * least(left).min(least(right)) as f64
}

/// Returns the columns of a block and those that are never present without it.
fn with_inside(columns: &[usize], block: &[bool], present: &[Vec<bool>]) -> Vec<usize> {
    if count(block) as f64 > INSIDE_SHARE_MAX * block.len() as f64 {
        return columns.to_vec();
    }
    let is_inside = |pattern: &[bool]| {
        let rows = count(pattern);
        let outside = pattern.iter().zip(block).filter(|(present, block)| **present && !**block).count();
        rows >= STATE_ROWS_MIN && outside as f64 <= DIFFERENCE_MAX * rows as f64
    };
    (0..present.len()).filter(|column| columns.contains(column) || is_inside(&present[*column])).collect()
}

fn judge(pattern: &[bool], columns: usize, labels: &[bool], base: Base) -> Option<Evidence> {
    let mut states = [[0, 0], [0, 0]];
    pattern.iter().zip(labels).for_each(|(present, label)| states[usize::from(*present)][usize::from(*label)] += 1);
    let scores: Vec<f64> = pattern.iter().map(|present| f64::from(u8::from(*present))).collect();
    let turned: Vec<f64> = scores.iter().map(|score| -score).collect();
    let (roc, other) = (Roc::new(&scores, labels), Roc::new(&turned, labels));
    let roc = if roc.auc >= other.auc { roc } else { other };
    let [missing, present] = states;
    let why = format!(
        "{columns} columns are filled in together, in {} of {} positive rows and in {} of {} negative ones: alone this \
         ranks rows with an AUC of {:.2}",
        present[1],
        present[1] + missing[1],
        present[0],
        present[0] + missing[0],
        roc.auc
    );
    let is_implied = states.iter().any(|counts| implied(*counts, base).is_some());
    if is_implied || roc.auc_low() >= AUC_SUSPECT {
        Some(Evidence::suspect(LeakKind::SharedMissingness, why))
    } else if roc.auc_low() >= AUC_ASK {
        Some(Evidence::ask(LeakKind::SharedMissingness, why))
    } else {
        None
    }
}
