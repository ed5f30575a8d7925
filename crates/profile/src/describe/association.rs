//! Measures of how two columns go together.

/// Returns Pearson's correlation over the rows in which both have a value, and how many these are. The values may be
/// centred before, which keeps digits.
pub(super) fn pearson(left: &[f64], right: &[f64]) -> (Option<f64>, u64) {
    let (mut rows, mut x_sum, mut y_sum, mut xx, mut yy, mut xy) = (0_u64, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in left.iter().zip(right) {
        // A NaN of either side makes this one.
        if !(x + y).is_nan() {
            rows += 1;
            x_sum += x;
            y_sum += y;
            xx += x * x;
            yy += y * y;
            xy += x * y;
        }
    }
    let count = rows as f64;
    let covariance = xy - x_sum * y_sum / count;
    let spread = (xx - x_sum * x_sum / count) * (yy - y_sum * y_sum / count);
    let correlation = covariance / spread.sqrt();
    (Some(correlation).filter(|value| rows > 2 && value.is_finite()).map(|value| value.clamp(-1.0, 1.0)), rows)
}

/// Returns the rows of present values in ascending order.
pub(super) fn ascending(values: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).filter(|row| !values[*row as usize].is_nan()).collect();
    order.sort_unstable_by(|one, other| values[*one as usize].total_cmp(&values[*other as usize]));
    order
}

/// Writes the mean ranks of values, in the ascending order given, among the rows in which `other` has a value as well; NaN
/// elsewhere.
pub(super) fn ranks(values: &[f64], order: &[u32], other: Option<&[f64]>, ranks: &mut Vec<f64>) {
    ranks.clear();
    ranks.resize(values.len(), f64::NAN);
    let counts = |row: &&u32| other.is_none_or(|other| !other[**row as usize].is_nan());
    let mut tied: Vec<u32> = Vec::new();
    let mut below = 0;
    let settle = |tied: &mut Vec<u32>, below: &mut usize, ranks: &mut Vec<f64>| {
        let rank = *below as f64 + (tied.len() as f64 + 1.0) / 2.0;
        *below += tied.len();
        tied.drain(..).for_each(|row| ranks[row as usize] = rank);
    };
    for row in order.iter().filter(counts) {
        if tied.last().is_some_and(|last| values[*last as usize] != values[*row as usize]) {
            settle(&mut tied, &mut below, ranks);
        }
        tied.push(*row);
    }
    settle(&mut tied, &mut below, ranks);
}

/// Returns Cramér's V of two columns of codes with the correction for bias of W. Bergsma, "A bias-correction for Cramér's V
/// and Tschuprow's T" (2013), and the rows in which both have a value. `None` codes are missing.
pub(super) fn cramers_v(left: &[Option<u16>], right: &[Option<u16>]) -> (Option<f64>, u64) {
    let levels = |codes: &[Option<u16>]| codes.iter().flatten().max().map_or(0, |code| usize::from(*code) + 1);
    let (height, width) = (levels(left), levels(right));
    let mut counts = vec![0_u32; height * width];
    for (left, right) in left.iter().zip(right) {
        if let (Some(left), Some(right)) = (left, right) {
            counts[usize::from(*left) * width + usize::from(*right)] += 1;
        }
    }
    let rows: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    let of_row = |row: usize| counts[row * width..(row + 1) * width].iter().map(|count| f64::from(*count)).sum::<f64>();
    let of_column = |column: usize| (0..height).map(|row| f64::from(counts[row * width + column])).sum::<f64>();
    let row_sums: Vec<f64> = (0..height).map(of_row).collect();
    let column_sums: Vec<f64> = (0..width).map(of_column).collect();
    let count = rows as f64;
    let mut square = -1.0;
    for (place, counted) in counts.iter().enumerate().filter(|(_, counted)| **counted > 0) {
        square += f64::from(*counted).powi(2) / (row_sums[place / width] * column_sums[place % width]);
    }
    let used = |sums: &[f64]| sums.iter().filter(|sum| **sum > 0.0).count() as f64;
    let (height, width) = (used(&row_sums), used(&column_sums));
    let corrected = |levels: f64| levels - (levels - 1.0).powi(2) / (count - 1.0);
    let square = (square - (height - 1.0) * (width - 1.0) / (count - 1.0)).max(0.0);
    let value = (square / (corrected(height).min(corrected(width)) - 1.0)).sqrt();
    (Some(value).filter(|value| rows > 2 && value.is_finite()).map(|value| value.min(1.0)), rows)
}

/// Returns the correlation ratio of a number by a category, corrected for bias (T. L. Kelley's epsilon, 1935), and the rows
/// in which both have a value.
pub(super) fn correlation_ratio(codes: &[Option<u16>], values: &[f64]) -> (Option<f64>, u64) {
    let levels = codes.iter().flatten().max().map_or(0, |code| usize::from(*code) + 1);
    let mut sums = vec![(0_u64, 0.0); levels];
    let (mut rows, mut sum, mut squares) = (0_u64, 0.0, 0.0);
    for (code, value) in codes.iter().zip(values) {
        if let (Some(code), false) = (code, value.is_nan()) {
            let of_level = &mut sums[usize::from(*code)];
            of_level.0 += 1;
            of_level.1 += value;
            rows += 1;
            sum += value;
            squares += value * value;
        }
    }
    let count = rows as f64;
    let groups = sums.iter().filter(|(rows, _)| *rows > 0).count() as f64;
    let all = squares - sum * sum / count;
    let between: f64 =
        sums.iter().filter(|(rows, _)| *rows > 0).map(|(rows, sum)| sum * sum / *rows as f64).sum::<f64>()
            - sum * sum / count;
    let within = (all - between).max(0.0) / (count - groups);
    let value = ((between - (groups - 1.0) * within) / all).max(0.0).sqrt();
    (Some(value).filter(|value| count > groups && all > 0.0 && value.is_finite()).map(|value| value.min(1.0)), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: (Option<f64>, u64), expected: f64, rows: u64) {
        let value = found.0.expect("it can be computed");
        assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
        assert_eq!(found.1, rows);
    }

    fn numbers(rows: u32) -> (Vec<f64>, Vec<f64>) {
        let left = (0..rows).map(|row| f64::from((row * 7919) % 101));
        let right = (0..rows).map(|row| f64::from((row * row) % 53) + 0.5 * f64::from((row * 7919) % 101));
        (left.collect(), right.collect())
    }

    fn codes(rows: u32) -> (Vec<Option<u16>>, Vec<Option<u16>>) {
        let left = |row: u32| (row * row) % 3;
        let right = |row: u32| (left(row) + u32::from(row.is_multiple_of(7)) + u32::from(row.is_multiple_of(4))) % 4;
        ((0..rows).map(|row| Some(left(row) as u16)).collect(), (0..rows).map(|row| Some(right(row) as u16)).collect())
    }

    fn ranked(left: &[f64], right: &[f64]) -> (Option<f64>, u64) {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        ranks(left, &ascending(left), Some(right), &mut one);
        ranks(right, &ascending(right), Some(left), &mut other);
        pearson(&one, &other)
    }

    #[test]
    fn correlations_agree_with_scipy() {
        // scipy 1.18.1: `pearsonr(x, y)`, `spearmanr(x, y)`.
        let (left, right) = numbers(60);
        check(pearson(&left, &right), 0.7250283185901414, 60);
        check(ranked(&left, &right), 0.7166161934226593, 60);
    }

    #[test]
    fn correlations_of_rows_with_both_values_agree_with_pandas() {
        // pandas 3.1.1: `corr()` and `corr("spearman")` of both, rounded tenths, every seventh and every fifth missing.
        let (mut left, mut right) = numbers(60);
        left.iter_mut().chain(&mut right).for_each(|value| *value = (*value / 10.0).round_ties_even());
        left.iter_mut().step_by(7).for_each(|value| *value = f64::NAN);
        right.iter_mut().step_by(5).for_each(|value| *value = f64::NAN);
        check(pearson(&left, &right), 0.7159562249373677, 41);
        check(ranked(&left, &right), 0.7123949343162853, 41);
    }

    #[test]
    fn cramers_v_agrees_with_the_formula_on_scipys_chi_squared() {
        // scipy 1.18.1: `chi2_contingency(pandas.crosstab(a, b), correction=False)`, then Bergsma's correction.
        let (left, right) = codes(200);
        check(cramers_v(&left, &right), 0.7389185599210751, 200);
        // What is missing on either side does not count.
        let with_missing = |codes: &[Option<u16>], more: Option<u16>| [codes, &[more]].concat();
        check(cramers_v(&with_missing(&left, None), &with_missing(&right, Some(0))), 0.7389185599210751, 200);
    }

    #[test]
    fn the_correlation_ratio_agrees_with_scipys_f() {
        // scipy 1.18.1: `f_oneway` of the groups; sqrt((k - 1) (F - 1) / ((k - 1) F + n - k)).
        let (left, _) = codes(200);
        let values: Vec<f64> = (0..200_u32).map(|row| f64::from((row * 31) % 17 + 2 * ((row * row) % 3))).collect();
        check(correlation_ratio(&left, &values), 0.17852528784722058, 200);
    }

    #[test]
    fn of_a_constant_or_of_no_row_there_is_no_correlation() {
        assert_eq!(pearson(&[1.0, 2.0, 3.0], &[5.0, 5.0, 5.0]).0, None);
        assert_eq!(pearson(&[f64::NAN, 1.0], &[1.0, f64::NAN]), (None, 0));
        assert_eq!(cramers_v(&[Some(0), Some(0), Some(0)], &[Some(0), Some(1), Some(0)]).0, None);
        assert_eq!(cramers_v(&[None], &[None]), (None, 0));
        assert_eq!(correlation_ratio(&[Some(0), None], &[1.0, 2.0]).0, None);
    }
}
