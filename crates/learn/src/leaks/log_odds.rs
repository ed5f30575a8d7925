//! Each row's log-odds by one column alone, learned from other rows.

use plumb_lead::{MISSING_LEVEL, Values};

/// Rows are dealt out to folds in turn, so that each fold is like the whole file even if it is sorted.
const FOLDS: usize = 5;

/// Numbers are cut into this many bins of equal count.
const BINS: usize = 50;

/// As many rows of the overall rate are mixed into the rate of each bin.
const SMOOTHING: f64 = 10.0;

/// Returns the log-odds of each row by these values, relative to all rows, each learned from the folds that the row is not in.
pub(super) fn log_odds_alone(values: &Values, labels: &[bool]) -> Vec<f64> {
    log_odds(&bins(values), labels)
}

/// The bin of each row; missing values have one of their own.
fn bins(values: &Values) -> Vec<usize> {
    match values {
        Values::Category { codes, levels } => {
            codes.iter().map(|code| if *code == MISSING_LEVEL { levels.len() } else { *code as usize }).collect()
        }
        Values::Number(values) | Values::Flag(values) => {
            let mut sorted: Vec<f32> = values.iter().copied().filter(|value| !value.is_nan()).collect();
            sorted.sort_by(f32::total_cmp);
            let mut edges: Vec<f32> =
                (1..BINS).filter_map(|bin| sorted.get(bin * sorted.len() / BINS)).copied().collect();
            edges.dedup();
            // The least value is no edge where it fills bins: what is over it is another bin.
            let bin = |value: &f32| edges.partition_point(|edge| edge < value);
            values.iter().map(|value| if value.is_nan() { BINS + 1 } else { bin(value) }).collect()
        }
    }
}

/// The log-odds of each row's bin, from the rows of the other folds.
fn log_odds(bins: &[usize], labels: &[bool]) -> Vec<f64> {
    let count = bins.iter().max().map_or(0, |bin| bin + 1);
    let mut sums = vec![[(0.0, 0.0); FOLDS]; count];
    let mut all = [(0.0, 0.0); FOLDS];
    for (row, (bin, label)) in bins.iter().zip(labels).enumerate() {
        let fold = row % FOLDS;
        for sum in [&mut sums[*bin][fold], &mut all[fold]] {
            sum.0 += 1.0;
            sum.1 += f64::from(u8::from(*label));
        }
    }
    let without = |sums: &[(f64, f64); FOLDS], fold: usize| {
        sums.iter()
            .enumerate()
            .filter(|(other, _)| *other != fold)
            .fold((0.0, 0.0), |total, (_, sum)| (total.0 + sum.0, total.1 + sum.1))
    };
    let rates: Vec<f64> =
        (0..FOLDS).map(|fold| without(&all, fold)).map(|(rows, positives)| (positives + 0.5) / (rows + 1.0)).collect();
    let odds: Vec<[f64; FOLDS]> = sums
        .iter()
        .map(|sums| {
            std::array::from_fn(|fold| {
                let (rows, positives) = without(sums, fold);
                let rate = (positives + SMOOTHING * rates[fold]) / (rows + SMOOTHING);
                (rate / (1.0 - rate)).ln() - (rates[fold] / (1.0 - rates[fold])).ln()
            })
        })
        .collect();
    bins.iter().enumerate().map(|(row, bin)| odds[*bin][row % FOLDS]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_missing_values_have_bins_of_their_own() {
        let mut values = vec![0.0; 98];
        values.extend([3.0, f32::NAN]);
        let bins = bins(&Values::Number(values));
        assert_eq!((bins[0], bins[97]), (0, 0));
        assert!(bins[98] > 0 && bins[99] > bins[98]);
    }
}
