//! Reasons: whether scores rest on the same features as in training.

use plumb_lead::FeatureSet;

use super::tails::t_beyond;

/// Under this the ranking of attributions has drifted, as Amazon SageMaker Model Monitor has it.
pub const NDCG_MIN: f64 = 0.9;

/// With fewer weeks nothing is known of how attributions differ.
const WEEKS_MIN: usize = 8;

/// How the attributions of a window differ from those of the training data.
#[derive(Clone, Debug, PartialEq)]
pub struct ReasonDrift {
    /// Normalized discounted cumulative gain of the window's ranking; 1 is the same ranking.
    pub ndcg: f64,
    /// The chance of a ranking as far off, given how much the weeks of the training data differ; 1 if they are too few.
    pub p_value: f64,
    /// Features by how much their share of all attributions changed, the most first: share before and now.
    pub features: Vec<(String, f64, f64)>,
}

/// Returns how far attributions moved. `before`, `weeks` and `now` are mean absolute attributions by feature: of the training
/// data, of each of its weeks, and of the window.
pub fn reason_drift(features: &FeatureSet, before: &[f64], weeks: &[Vec<f64>], now: &[f64]) -> ReasonDrift {
    let ndcg = ndcg(before, now);
    let share = |values: &[f64], index: usize| values[index] / values.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let mut moved: Vec<(String, f64, f64)> = features
        .features
        .iter()
        .enumerate()
        .map(|(index, feature)| (feature.name.clone(), share(before, index), share(now, index)))
        .collect();
    moved.sort_by(|one, other| (other.1 - other.2).abs().total_cmp(&(one.1 - one.2).abs()));
    ReasonDrift { ndcg, p_value: p_value(before, weeks, ndcg), features: moved }
}

/// Normalized discounted cumulative gain: each feature's attribution in training over the logarithm of its rank now, against
/// the same in the ranking of training.
pub fn ndcg(before: &[f64], now: &[f64]) -> f64 {
    let gain = |ranking: &[f64]| -> f64 {
        let mut order: Vec<usize> = (0..before.len()).collect();
        order.sort_by(|one, other| ranking[*other].total_cmp(&ranking[*one]).then(one.cmp(other)));
        order.iter().enumerate().map(|(rank, feature)| before[*feature] / (rank as f64 + 2.0).log2()).sum()
    };
    let ideal = gain(before);
    if ideal > 0.0 { gain(now) / ideal } else { 1.0 }
}

/// By how far the weeks of the training data fall short of 1, in logarithms, because a shortfall is skewed.
fn p_value(before: &[f64], weeks: &[Vec<f64>], found: f64) -> f64 {
    if weeks.len() < WEEKS_MIN {
        return 1.0;
    }
    let shortfall = |ndcg: f64| (1.0 - ndcg).max(1e-4).ln();
    let known: Vec<f64> = weeks.iter().map(|week| shortfall(ndcg(before, week))).collect();
    let (found, count) = (shortfall(found), known.len() as f64);
    let mean = known.iter().sum::<f64>() / count;
    let variance = known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    if found <= mean {
        return 1.0;
    }
    let spread = (variance * (1.0 + 1.0 / count)).sqrt().max(0.05);
    t_beyond((found - mean) / spread, count - 1.0) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ndcg_agrees_with_sklearn() {
        // scikit-learn 1.9.1: `ndcg_score([[0.5, 0.3, 0.15, 0.05]], [[0.05, 0.15, 0.3, 0.5]])`.
        let (before, reversed) = ([0.5, 0.3, 0.15, 0.05], [0.05, 0.15, 0.3, 0.5]);
        assert!((ndcg(&before, &reversed) - 0.648_981_248_386_012).abs() < 1e-9, "{}", ndcg(&before, &reversed));
        assert_eq!((ndcg(&before, &before), ndcg(&[0.0; 2], &[1.0, 2.0])), (1.0, 1.0));
    }

    #[test]
    fn a_ranking_is_only_unusual_beside_the_weeks_of_training() {
        let before = [0.5, 0.3, 0.15, 0.05];
        let calm: Vec<Vec<f64>> = (0..12).map(|week| vec![0.5, 0.3, 0.15 + 0.001 * f64::from(week), 0.05]).collect();
        let wild: Vec<Vec<f64>> =
            (0..12).map(|week| if week % 3 == 0 { vec![0.05, 0.15, 0.3, 0.5] } else { before.to_vec() }).collect();
        let now = [0.05, 0.2, 0.25, 0.5];
        assert!(p_value(&before, &calm, ndcg(&before, &now)) < 1e-4);
        assert!(p_value(&before, &wild, ndcg(&before, &now)) > 0.01);
        assert_eq!(p_value(&before, &calm[..3], 0.1), 1.0, "too few weeks");
    }
}
