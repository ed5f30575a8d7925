//! Numbers: what is summed up over all rows.

use crate::sketch::Moments;

/// What is summed up of a column of numbers.
#[derive(Default)]
pub(crate) struct NumberFacts {
    pub(crate) moments: Moments,
    /// The smallest number and its line.
    pub(crate) min: Option<(f64, u64)>,
    /// The largest number and its line.
    pub(crate) max: Option<(f64, u64)>,
    pub(crate) zeros: u64,
    pub(crate) negative: u64,
}

impl NumberFacts {
    /// Adds the numbers of a block; `lines` are those of its rows.
    pub(crate) fn add(&mut self, values: &[f64], lines: &[u64]) {
        self.moments.join(Moments::of(values));
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            // NaN is neither of these.
            self.zeros += u64::from(*value == 0.0);
            self.negative += u64::from(*value < 0.0);
            low = low.min(*value);
            high = high.max(*value);
        }
        let line_of = |wanted: f64| {
            let row = values.iter().position(|value| *value == wanted)?;
            Some((wanted, lines.get(row).copied().unwrap_or_default()))
        };
        if self.min.is_none_or(|(min, _)| low < min) {
            self.min = line_of(low).or(self.min);
        }
        if self.max.is_none_or(|(max, _)| high > max) {
            self.max = line_of(high).or(self.max);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_have_the_first_line_at_which_they_are() {
        let mut facts = NumberFacts::default();
        facts.add(&[f64::NAN, f64::NAN], &[2, 3]);
        facts.add(&[3.0, -1.0, 0.0, f64::NAN], &[4, 5, 6, 7]);
        facts.add(&[3.0, -1.0], &[8, 9]);
        assert_eq!((facts.min, facts.max), (Some((-1.0, 5)), Some((3.0, 4))));
        assert_eq!((facts.zeros, facts.negative), (1, 2));
    }
}
