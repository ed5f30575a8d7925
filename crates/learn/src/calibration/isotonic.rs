//! Isotonic regression: the rising steps that lie closest to the labels, by pooling adjacent violators (Ayer 1955).

use serde::{Deserialize, Serialize};

/// A step has at least so much weight: one of few rows is chance.
const STEP_WEIGHT_MIN: f64 = 50.0;

/// Steps, each at the mean margin of its rows; between them the curve is a line, beyond them it is flat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Isotonic {
    margins: Vec<f64>,
    probabilities: Vec<f64>,
}

/// Neighbouring rows.
#[derive(Clone, Copy, Debug)]
struct Pool {
    weight: f64,
    margins: f64,
    positives: f64,
}

impl Isotonic {
    /// Returns the steps, or `None` if the rows are too few for two.
    pub(super) fn fit(margins: &[f64], labels: &[bool], weights: &[f32]) -> Option<Isotonic> {
        let mut order: Vec<usize> = (0..margins.len()).filter(|row| weights[*row] > 0.0).collect();
        order.sort_by(|left, right| margins[*left].total_cmp(&margins[*right]));
        let mut pools: Vec<Pool> = Vec::new();
        for group in order.chunk_by(|left, right| margins[*left] == margins[*right]) {
            let weight: f64 = group.iter().map(|row| f64::from(weights[*row])).sum();
            let positives = group.iter().filter(|row| labels[**row]).map(|row| f64::from(weights[*row])).sum();
            pools.push(Pool { weight, margins: weight * margins[group[0]], positives });
            while let [.., before, last] = pools[..]
                && (before.rate() >= last.rate() || before.weight < STEP_WEIGHT_MIN)
            {
                pools.truncate(pools.len() - 2);
                pools.push(before.with(last));
            }
        }
        // The last step may be a small one still.
        if let [.., before, last] = pools[..]
            && last.weight < STEP_WEIGHT_MIN
        {
            pools.truncate(pools.len() - 2);
            pools.push(before.with(last));
        }
        // Smoothing moves a small pool more than a large one, so the steps are made to rise once more.
        let mut highest = 0.0;
        let probabilities = pools.iter().map(|pool| {
            highest = pool.smoothed().max(highest);
            highest
        });
        let probabilities = probabilities.collect();
        let margins = pools.iter().map(|pool| pool.margins / pool.weight).collect();
        (pools.len() > 1).then_some(Isotonic { margins, probabilities })
    }

    /// Returns the probability of a margin.
    pub(super) fn probability(&self, margin: f64) -> f64 {
        let next = self.margins.partition_point(|step| *step < margin);
        match (next.checked_sub(1), self.margins.get(next)) {
            (None, _) => self.probabilities[0],
            (Some(before), None) => self.probabilities[before],
            (Some(before), Some(after_margin)) => {
                let share = (margin - self.margins[before]) / (after_margin - self.margins[before]);
                self.probabilities[before] + share * (self.probabilities[next] - self.probabilities[before])
            }
        }
    }

    /// Returns the number of steps.
    pub(super) fn count(&self) -> usize {
        self.margins.len()
    }

    /// Returns whether stored steps rise, within 0 and 1.
    pub(super) fn is_usable(&self) -> bool {
        let rises = |numbers: &[f64]| numbers.windows(2).all(|pair| pair[0] <= pair[1]);
        !self.margins.is_empty()
            && self.margins.len() == self.probabilities.len()
            && rises(&self.margins)
            && rises(&self.probabilities)
            && self.probabilities.iter().all(|probability| (0.0..=1.0).contains(probability))
    }
}

impl Pool {
    fn rate(&self) -> f64 {
        self.positives / self.weight
    }

    /// Returns the rate with half a row of each class added, so that no step is 0 or 1.
    fn smoothed(&self) -> f64 {
        (self.positives + 0.5) / (self.weight + 1.0)
    }

    fn with(self, other: Pool) -> Pool {
        Pool {
            weight: self.weight + other.weight,
            margins: self.margins + other.margins,
            positives: self.positives + other.positives,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violators_are_pooled_and_lines_join_the_steps() {
        // 60 rows at each of four margins; of them 6, 18, 12 and 54 are positive: the middle two are pooled to 15.
        let margins: Vec<f64> = (0..240).map(|row| f64::from(row / 60)).collect();
        let labels: Vec<bool> = (0..240).map(|row| row % 60 < [6, 18, 12, 54][row as usize / 60]).collect();
        let steps = Isotonic::fit(&margins, &labels, &[1.0; 240]).expect("three steps");
        assert_eq!(steps.margins, [0.0, 1.5, 3.0]);
        let expected = [6.5 / 61.0, 30.5 / 121.0, 54.5 / 61.0];
        assert_eq!(steps.probabilities, expected);
        assert_eq!((steps.probability(-9.0), steps.probability(9.0)), (expected[0], expected[2]));
        assert!((steps.probability(0.75) - (expected[0] + expected[1]) / 2.0).abs() < 1e-12);
        assert_eq!(Isotonic::fit(&margins[..60], &labels[..60], &[1.0; 60]), None);
    }
}
