//! Every measure of one set of rows.

use super::ranked::Ranked;

/// The number of bins of a gain table and of a reliability diagram.
pub(super) const BINS: usize = 10;

/// Scores nearer to 0 or 1 than this are moved to it before a logarithm is taken: the same as in scikit-learn.
const EPSILON: f64 = f64::EPSILON;

/// Every measure of one set of rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measures {
    pub(super) auc: f64,
    pub(super) average_precision: f64,
    pub(super) f1: f64,
    pub(super) f_beta: f64,
    pub(super) precision: f64,
    pub(super) recall: f64,
    pub(super) brier: f64,
    pub(super) log_loss: f64,
    pub(super) lift_top_decile: f64,
    pub(super) calibration_error: f64,
}

impl Measures {
    pub(super) fn of(ranked: &Ranked, threshold: f64, beta: f64) -> Measures {
        let called = ranked.called(threshold);
        let best_tenth = ranked.bins(BINS).next().map_or(0.0, |bin| bin.share());
        let distance: f64 = ranked.bins(BINS).map(|bin| bin.rows as f64 * (bin.mean_score - bin.share()).abs()).sum();
        Measures {
            auc: ranked.auc(),
            average_precision: ranked.average_precision(),
            f1: called.f_beta(ranked.positives(), 1.0),
            f_beta: called.f_beta(ranked.positives(), beta),
            precision: called.precision(),
            recall: called.recall(ranked.positives()),
            brier: mean(ranked.pairs().map(|(score, label)| squared_error(score, label))),
            log_loss: mean(ranked.pairs().map(|(score, label)| log_loss_of(score, label))),
            lift_top_decile: best_tenth / ranked.base_rate(),
            calibration_error: distance / ranked.rows() as f64,
        }
    }
}

pub(super) fn log_loss_of(score: f64, label: bool) -> f64 {
    let of_label = if label { score } else { 1.0 - score };
    -of_label.clamp(EPSILON, 1.0 - EPSILON).ln()
}

pub(super) fn squared_error(score: f64, label: bool) -> f64 {
    (score - f64::from(u8::from(label))).powi(2)
}

pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
    sum / count as f64
}
