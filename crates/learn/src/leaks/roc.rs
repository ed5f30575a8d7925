//! How well a column alone ranks rows, and whether anything honest does as well.
//!
//! The strongest honest column is taken to be binormal with an AUC of 0.90: of that, the share of the one class that stands
//! before a share of the other is known (`1 - Φ(√2 Φ⁻¹(0.9) + Φ⁻¹(1 - share))`). A leak need not have a higher AUC: it may
//! give away a part of the rows and say nothing of the others. So each point of the curve is compared, at both ends.

use crate::chance::{at_most, normal_above, normal_quantile_above};

/// √2 times the normal quantile of 0.90: the distance of the two classes' means, in standard deviations.
const HONEST_DISTANCE: f64 = 1.8124;

/// Points of the curve that are compared, at each end.
const POINTS: usize = 25;

/// A point says little of a class of which it has fewer rows.
const POINT_ROWS_MIN: usize = 12;

/// The curve of a column: rows of the same score together, best first.
pub(super) struct Roc {
    steps: Vec<[usize; 2]>,
    rows: [usize; 2],
    /// The area under it.
    pub(super) auc: f64,
}

/// A point of the curve that no honest column reaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Beyond {
    /// Whether these rows are positive.
    pub(super) positive: bool,
    /// The rows of the class, and how many there are in all.
    pub(super) class_rows: (usize, usize),
    /// The rows of the other class among them, and how many there are in all.
    pub(super) other_rows: (usize, usize),
}

impl Roc {
    /// Returns the curve of scores, which are numbers.
    pub(super) fn new(scores: &[f64], labels: &[bool]) -> Roc {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|left, right| scores[*right].total_cmp(&scores[*left]));
        let steps: Vec<[usize; 2]> = order
            .chunk_by(|left, right| scores[*left] == scores[*right])
            .map(|rows| {
                let positive = rows.iter().filter(|row| labels[**row]).count();
                [rows.len() - positive, positive]
            })
            .collect();
        let rows = steps.iter().fold([0, 0], |sum, step| [sum[0] + step[0], sum[1] + step[1]]);
        let (mut before, mut area) = (0.0, 0.0);
        for [negative, positive] in &steps {
            area += *negative as f64 * (before + *positive as f64 / 2.0);
            before += *positive as f64;
        }
        let auc = area / (rows[0] as f64 * rows[1] as f64).max(1.0);
        Roc { steps, rows, auc }
    }

    /// Returns the area less 1.96 standard errors (Hanley and McNeil 1982).
    pub(super) fn auc_low(&self) -> f64 {
        let (auc, [negatives, positives]) = (self.auc, self.rows.map(|rows| rows as f64));
        let (first, second) = (auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc));
        let variance =
            auc * (1.0 - auc) + (positives - 1.0) * (first - auc * auc) + (negatives - 1.0) * (second - auc * auc);
        auc - 1.96 * (variance.max(0.0) / (positives * negatives).max(1.0)).sqrt()
    }

    /// Returns the point that is furthest beyond honest columns; `None` if what is beyond could be chance, at this chance for
    /// all points together.
    pub(super) fn beyond_honest(&self, chance: f64) -> Option<Beyond> {
        let ends = [true, false].into_iter().filter_map(|positive| self.furthest(positive));
        let (found, least) = ends.min_by(|left, right| left.1.total_cmp(&right.1))?;
        (least < chance / (2.0 * POINTS as f64)).then_some(found)
    }

    /// Returns the point with the least chance at one end, and this chance.
    fn furthest(&self, positive: bool) -> Option<(Beyond, f64)> {
        let steps: Box<dyn Iterator<Item = &[usize; 2]>> =
            if positive { Box::new(self.steps.iter()) } else { Box::new(self.steps.iter().rev()) };
        let (class, other) = (usize::from(positive), usize::from(!positive));
        let every = (self.rows[class] / POINTS).max(1);
        let (mut found, mut next) = (None::<(Beyond, f64)>, every.max(POINT_ROWS_MIN));
        let mut sums = [0, 0];
        for step in steps {
            sums = [sums[0] + step[0], sums[1] + step[1]];
            if sums[class] < next {
                continue;
            }
            next = sums[class] + every;
            let chance = at_most(sums[other], self.rows[other], honest_share(sums[class], self.rows[class]));
            if found.is_none_or(|(_, least)| chance < least) {
                let (class_rows, other_rows) = ((sums[class], self.rows[class]), (sums[other], self.rows[other]));
                found = Some((Beyond { positive, class_rows, other_rows }, chance));
            }
        }
        found
    }
}

/// The share of the other class that stands before so many rows of the class in the strongest honest column. Two standard
/// errors of the class's own share are taken off it first.
fn honest_share(rows: usize, of: usize) -> f64 {
    let (rows, of) = (rows as f64, of as f64);
    let share = rows / of;
    let low = share - 2.0 * (share * (1.0 - share) / of).sqrt() - 1.0 / of;
    if low <= 0.0 { 0.0 } else { normal_above(HONEST_DISTANCE + normal_quantile_above(low)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_counts_equal_scores_by_half() {
        // Of four pairs two are in order, one is equal.
        let roc = Roc::new(&[3.0, 1.0, 1.0, 0.0], &[true, false, true, false]);
        assert!((roc.auc - 0.875).abs() < 1e-12);
        assert!(roc.auc_low() < roc.auc);
    }

    #[test]
    fn a_part_of_the_rows_that_is_given_away_is_beyond_honest() {
        let labels: Vec<bool> = (0..1_000).map(|row| row % 5 == 0).collect();
        // Half of the positives, and no negative, have a score of 1.
        let scores: Vec<f64> = (0..1_000).map(|row| f64::from(u8::from(row % 10 == 0))).collect();
        let found = Roc::new(&scores, &labels).beyond_honest(0.01).expect("it is a leak");
        // Said from the other end: before all negatives stand half of the positives only.
        assert!(!found.positive && found.class_rows == (800, 800) && found.other_rows == (100, 200), "{found:?}");
        let weaker: Vec<f64> = (0..1_000).map(|row| f64::from(u8::from(row % 10 == 0 || row % 7 == 1))).collect();
        assert_eq!(Roc::new(&weaker, &labels).beyond_honest(0.01), None);
    }
}
