//! Labelled scores in their order, from which every measure is read in one pass.

use super::checks::check_rows;
use crate::error::Error;

/// Scores with their labels, best scores first; there are always both classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    pairs: Vec<(f64, bool)>,
    positives: usize,
}

/// The rows at or over some threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Called {
    /// How many they are.
    pub rows: usize,
    /// How many of them are positive.
    pub positives: usize,
}

/// Neighbouring rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bin {
    pub(super) rows: usize,
    pub(super) positives: usize,
    pub(super) mean_score: f64,
}

impl Ranked {
    /// Ranks scores, which may be any numbers. One class only, no rows, different lengths and a NaN are errors;
    /// `doing` is what the rows were for, in their messages.
    pub fn new(scores: &[f64], labels: &[bool], doing: &'static str) -> Result<Ranked, Error> {
        check_rows(scores, labels, doing)?;
        if let Some((row, score)) = scores.iter().enumerate().find(|(_, score)| score.is_nan()) {
            return Err(Error::Score { score: *score, row });
        }
        let mut pairs: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
        pairs.sort_by(|left, right| right.0.total_cmp(&left.0));
        let rows = pairs.len();
        Ranked::from_sorted(pairs).ok_or_else(|| {
            let class = if labels[0] { "positive" } else { "negative" };
            Error::OneClass { doing, rows, class }
        })
    }

    /// Takes pairs that are already in order; `None` if they are of one class.
    pub(super) fn from_sorted(pairs: Vec<(f64, bool)>) -> Option<Ranked> {
        let positives = pairs.iter().filter(|(_, label)| *label).count();
        (positives > 0 && positives < pairs.len()).then_some(Ranked { pairs, positives })
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.pairs.len()
    }

    /// Returns the number of positives.
    pub fn positives(&self) -> usize {
        self.positives
    }

    /// Returns the share of positives: over 0 and under 1.
    pub fn base_rate(&self) -> f64 {
        self.positives as f64 / self.rows() as f64
    }

    /// Returns each score with its label, best first.
    pub fn pairs(&self) -> impl Iterator<Item = (f64, bool)> + '_ {
        self.pairs.iter().copied()
    }

    /// Returns the area under the ROC curve.
    pub fn auc(&self) -> f64 {
        let (mut wins, mut positives_over) = (0.0, 0usize);
        for group in self.groups() {
            let positives = positives_of(group);
            let negatives = group.len() - positives;
            wins += negatives as f64 * (positives_over as f64 + positives as f64 / 2.0);
            positives_over += positives;
        }
        wins / (self.positives as f64 * (self.rows() - self.positives) as f64)
    }

    /// Returns the average precision.
    pub fn average_precision(&self) -> f64 {
        let (mut sum, mut found) = (0.0, 0);
        for (_, called) in self.cuts() {
            sum += (called.positives - found) as f64 * called.precision();
            found = called.positives;
        }
        sum / self.positives as f64
    }

    /// Returns each distinct score, best first, with the rows at or over it.
    pub fn cuts(&self) -> impl Iterator<Item = (f64, Called)> + '_ {
        self.groups().scan(Called { rows: 0, positives: 0 }, |called, group| {
            called.rows += group.len();
            called.positives += positives_of(group);
            Some((group[0].0, *called))
        })
    }

    /// Returns the rows at or over a threshold.
    pub fn called(&self, threshold: f64) -> Called {
        let rows = self.pairs.partition_point(|(score, _)| *score >= threshold);
        Called { rows, positives: positives_of(&self.pairs[..rows]) }
    }

    /// Cuts the rows into bins of equal count. Where a border falls among rows of one score, their positives are
    /// shared out evenly, so that the order of the table does not matter. Bins without rows are left out.
    pub(super) fn bins(&self, count: usize) -> impl Iterator<Item = Bin> + '_ {
        let border = move |bin: usize| (bin * self.rows()).div_ceil(count);
        let mut labels = self.groups().flat_map(|group| {
            let (rows, positives) = (group.len(), positives_of(group));
            let before = move |row: usize| (2 * row * positives + rows) / (2 * rows);
            (0..rows).map(move |row| (group[row].0, before(row + 1) - before(row)))
        });
        (0..count).filter_map(move |bin| {
            let rows = border(bin + 1) - border(bin);
            let (mut sum, mut positives) = (0.0, 0);
            for (score, positive) in labels.by_ref().take(rows) {
                sum += score;
                positives += positive;
            }
            (rows > 0).then(|| Bin { rows, positives, mean_score: sum / rows as f64 })
        })
    }

    /// Rows of the same score.
    fn groups(&self) -> impl Iterator<Item = &[(f64, bool)]> {
        self.pairs.chunk_by(|left, right| left.0 == right.0)
    }
}

impl Called {
    /// Returns the share of positives among them; 0 if there are no rows.
    pub fn precision(self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.positives as f64 / self.rows as f64 }
    }

    /// Returns the share of all positives that is among them.
    pub fn recall(self, positives: usize) -> f64 {
        if positives == 0 { 0.0 } else { self.positives as f64 / positives as f64 }
    }

    /// Returns the F-beta of having called these, of all the positives that there are.
    pub fn f_beta(self, positives: usize, beta: f64) -> f64 {
        let weight = beta * beta;
        let sum = weight * positives as f64 + self.rows as f64;
        if sum == 0.0 { 0.0 } else { (1.0 + weight) * self.positives as f64 / sum }
    }
}

impl Bin {
    pub(super) fn share(&self) -> f64 {
        self.positives as f64 / self.rows as f64
    }
}

fn positives_of(pairs: &[(f64, bool)]) -> usize {
    pairs.iter().filter(|(_, label)| *label).count()
}
