//! How a feature becomes columns of a linear model.

use plumb_lead::{FeatureKind, FeatureSet};
use serde::{Deserialize, Serialize};

use crate::samples::Samples;

/// A level, or the missing values of a feature, get a weight of their own from this many training rows on.
const ROWS_MIN: usize = 20;

/// The most levels of one category with a weight of their own: the cost of a fit grows with the cube of the columns.
const LEVELS_MAX: usize = 60;

/// The columns of one feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Encoding {
    /// A number or flag: `(value - center) / scale`, the value clamped to `low` and `high`.
    Number {
        low: f32,
        high: f32,
        center: f64,
        scale: f64,
        column: usize,
        /// The column of a missing value; without one it counts as the mean.
        missing: Option<usize>,
    },
    /// A category: the column of each level, where rare levels share one.
    Category { levels: Vec<usize>, missing: Option<usize> },
    /// A feature that never changes in training.
    Constant,
}

impl Encoding {
    /// Returns the encoding of each feature, and the number of columns of all.
    pub(crate) fn learn(features: &FeatureSet, train: Samples) -> (Vec<Encoding>, usize) {
        let mut width = 0;
        let encodings = features.features.iter().enumerate().map(|(index, feature)| {
            let values: Vec<f32> = train.matrix.column(index).collect();
            match &feature.kind {
                FeatureKind::Category { levels } => Encoding::category(&values, levels.len(), &mut width),
                FeatureKind::Number | FeatureKind::Flag => Encoding::number(&values, train.weights, &mut width),
            }
        });
        (encodings.collect(), width)
    }

    /// Calls `put` with the columns that a value sets. Returns whether training had such values.
    pub(crate) fn encode(&self, value: f32, mut put: impl FnMut(usize, f64)) -> bool {
        let one = match self {
            Encoding::Constant => None,
            Encoding::Number { missing, .. } if value.is_nan() => *missing,
            Encoding::Number { low, high, center, scale, column, .. } => {
                put(*column, (f64::from(value.clamp(*low, *high)) - center) / scale);
                return true;
            }
            Encoding::Category { missing, .. } if value.is_nan() => *missing,
            Encoding::Category { levels, .. } => levels.get(value as usize).copied(),
        };
        if let Some(column) = one {
            put(column, 1.0);
        }
        one.is_some()
    }

    /// Returns the columns of the feature, each once.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        let mut columns = match self {
            Encoding::Constant => Vec::new(),
            Encoding::Number { column, missing, .. } => std::iter::once(*column).chain(*missing).collect(),
            Encoding::Category { levels, missing } => levels.iter().copied().chain(*missing).collect(),
        };
        columns.sort_unstable();
        columns.dedup();
        columns.into_iter()
    }

    fn number(values: &[f32], weights: &[f32], width: &mut usize) -> Encoding {
        let present = || values.iter().zip(weights).filter(|(value, _)| !value.is_nan());
        let total: f64 = present().map(|(_, weight)| f64::from(*weight)).sum();
        let center = present().map(|(value, weight)| f64::from(*weight) * f64::from(*value)).sum::<f64>() / total;
        let variance =
            present().map(|(value, weight)| f64::from(*weight) * (f64::from(*value) - center).powi(2)).sum::<f64>();
        let scale = (variance / total).sqrt();
        let low = present().map(|(value, _)| *value).fold(f32::INFINITY, f32::min);
        let high = present().map(|(value, _)| *value).fold(f32::NEG_INFINITY, f32::max);
        // The comparison is false for the NaN of a feature that is always missing, too.
        if !(low < high && scale > 0.0) {
            return Encoding::Constant;
        }
        let column = next(width);
        let missing = (values.len() - present().count() >= ROWS_MIN).then(|| next(width));
        Encoding::Number { low, high, center, scale, column, missing }
    }

    fn category(values: &[f32], levels: usize, width: &mut usize) -> Encoding {
        let mut counts = vec![0_usize; levels];
        let mut missing_rows = 0;
        for value in values {
            match counts.get_mut(*value as usize) {
                Some(count) if !value.is_nan() => *count += 1,
                _ => missing_rows += 1,
            }
        }
        let mut common: Vec<usize> = (0..levels).filter(|level| counts[*level] >= ROWS_MIN).collect();
        common.sort_by_key(|level| std::cmp::Reverse(counts[*level]));
        common.truncate(LEVELS_MAX);
        let mut rare = None;
        let columns = (0..levels)
            .map(|level| if common.contains(&level) { next(width) } else { *rare.get_or_insert_with(|| next(width)) })
            .collect();
        let missing = match missing_rows {
            0 => None,
            rows if rows >= ROWS_MIN => Some(next(width)),
            _ => Some(*rare.get_or_insert_with(|| next(width))),
        };
        Encoding::Category { levels: columns, missing }
    }
}

fn next(width: &mut usize) -> usize {
    *width += 1;
    *width - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_levels_share_a_column_and_a_rare_missing_value_joins_them() {
        let mut values = vec![0.0; 25];
        values.extend([1.0; 3]);
        values.extend([2.0; 20]);
        values.extend([3.0; 19]);
        values.extend([f32::NAN; 2]);
        let mut width = 0;
        let encoding = Encoding::category(&values, 4, &mut width);
        assert_eq!(encoding, Encoding::Category { levels: vec![0, 1, 2, 1], missing: Some(1) });
        assert_eq!((width, encoding.columns().collect::<Vec<_>>()), (3, vec![0, 1, 2]));
    }

    #[test]
    fn a_number_is_standardised_and_held_in_the_range_of_training() {
        let mut width = 0;
        let encoding = Encoding::number(&[1.0, 3.0, f32::NAN], &[1.0; 3], &mut width);
        let encoded = |value| {
            let mut found = Vec::new();
            encoding.encode(value, |column, value| found.push((column, value)));
            found
        };
        assert_eq!(encoded(3.0), [(0, 1.0)]);
        assert_eq!(encoded(1e9), [(0, 1.0)]);
        assert_eq!(encoded(-1e9), [(0, -1.0)]);
        assert_eq!(encoded(f32::NAN), [], "one missing value is too few for a weight of its own");
    }

    #[test]
    fn what_never_changes_has_no_column() {
        let mut width = 0;
        assert_eq!(Encoding::number(&[2.0, 2.0, f32::NAN], &[1.0; 3], &mut width), Encoding::Constant);
        assert_eq!(Encoding::number(&[f32::NAN; 3], &[1.0; 3], &mut width), Encoding::Constant);
        assert_eq!(width, 0);
    }
}
