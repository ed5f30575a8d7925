//! Contributions of features to margins, and the grid that makes their sums exact.

/// The contribution of each feature to each row's margin: its SHAP values.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The mean margin, which all rows start from.
    pub base: f64,
    /// The number of features.
    pub columns: usize,
    /// A contribution a feature, row by row. With the base, those of a row sum to its margin.
    pub contributions: Vec<f64>,
}

impl Explanation {
    /// Returns the contributions of one row, a feature each. Panics if it is out of range.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.contributions[row * self.columns..(row + 1) * self.columns]
    }

    /// Returns the margin of one row: the base and its contributions. Panics if it is out of range.
    pub fn margin(&self, row: usize) -> f64 {
        self.base + self.row(row).iter().sum::<f64>()
    }

    /// Makes the rows add up to these margins, which are on the grid. What rounding has left over, some billionths of a
    /// thousandth, goes to a row's largest contribution.
    pub(crate) fn settle(&mut self, margins: &[f64]) {
        self.base = on_grid(self.base);
        if self.columns == 0 {
            return;
        }
        for (contributions, margin) in self.contributions.chunks_exact_mut(self.columns).zip(margins) {
            let mut rest = margin - self.base;
            let mut largest = 0;
            for at in 0..contributions.len() {
                contributions[at] = on_grid(contributions[at]);
                rest -= contributions[at];
                if contributions[at].abs() > contributions[largest].abs() {
                    largest = at;
                }
            }
            contributions[largest] += rest;
        }
    }
}

/// Margins and contributions are whole multiples of one over this, 2 to the 40th: then, under 4096 and so for all
/// log-odds there are, their sums are exact, in whatever order they are added up.
const GRID: f64 = (1_u64 << 40) as f64;

/// Returns the number on the grid that is nearest.
pub(crate) fn on_grid(number: f64) -> f64 {
    // A number that is too large for the grid is on it.
    if number.abs() < 4096.0 { (number * GRID).round() / GRID } else { number }
}
