//! What scores let expect of AUC, precision, recall, F-beta and money.

use plumb_lead::{Interval, Metric};
use serde::{Deserialize, Serialize};

use super::awaited::AwaitedLead;
use super::delay::Delay;
use crate::error::Error;
use crate::metrics::check_beta;
use crate::objective::Cost;

/// Standard deviations to either side that hold 95 % of a normal distribution.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// What the figures depend on beside the scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Leads with a score at or over it are called.
    pub threshold: f64,
    /// The beta of F-beta, over 0.
    pub beta: f64,
    /// What a wasted call costs and what a good lead that is called earns; without it there is no figure in money.
    pub cost: Option<Cost>,
}

/// How good scores are on some leads. A figure is absent where it has no value: precision if no lead is called, recall if no
/// positive one is to be expected, AUC if there is one class alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    /// The number of leads.
    pub rows: usize,
    /// How many have a score at or over the threshold.
    pub called: usize,
    /// How many are positive.
    pub positives: Metric,
    /// The area under the ROC curve.
    pub auc: Option<Metric>,
    /// The share of positive leads among those that are called.
    pub precision: Option<Metric>,
    /// The share of the positive leads that is called.
    pub recall: Option<Metric>,
    /// F-beta.
    pub f_beta: Option<Metric>,
    /// What calling those leads earns.
    pub money: Option<Metric>,
}

/// Returns what is to be expected of leads that are positive with these probabilities (CBPE, confidence-based performance
/// estimation). `scores` order them and are compared with the threshold; calibrated scores are the probabilities too.
///
/// With `p` for probabilities, the expected confusion matrix at the threshold is `TP = Σ p` of the called leads, and so on;
/// the expected AUC is `Σ p_i (1 - p_j)` over pairs of two leads with `i` scored over `j`, ties half, over the same sum of
/// all pairs. A probability of 0 or 1 is an outcome that is known: if all of them are, the figures are the realised ones.
///
/// The interval of each figure is that of the realised one: 95 % of what chance makes of outcomes with these probabilities,
/// and of an error that all log-odds have in common, `calibration_error` as a standard deviation. It is the delta method's,
/// `Σ p (1 - p) g² + (error Σ p (1 - p) g)²` with the derivative `g` of the figure by each outcome.
pub fn expect(
    scores: &[f64],
    probabilities: &[f64],
    calibration_error: f64,
    terms: &Terms,
) -> Result<Performance, Error> {
    check(scores, probabilities, terms)?;
    let is_called = |row: usize| scores[row] >= terms.threshold;
    let called_rows = (0..scores.len()).filter(|row| is_called(*row));
    let (called, good) = called_rows.fold((0, 0.0), |(count, sum), row| (count + 1, sum + probabilities[row]));
    let (all, calls) = (probabilities.iter().sum::<f64>(), f64::from(called));
    let spread = Spread { probabilities, error: calibration_error };
    // Each figure is linear in the outcomes or a ratio of two that are: `of_called` and `of_any` are its derivatives.
    let linear = |value: f64, of_called: f64, of_any: f64| {
        spread.metric(value, |row| of_any + if is_called(row) { of_called } else { 0.0 })
    };
    let recall = good / all;
    let weight = terms.beta * terms.beta;
    let denominator = weight * all + calls;
    let f_beta = (1.0 + weight) * good / denominator;
    Ok(Performance {
        rows: scores.len(),
        called: called as usize,
        positives: linear(all, 0.0, 1.0),
        auc: auc(scores, &spread).map(as_share),
        precision: (called > 0).then(|| as_share(linear(good / calls, 1.0 / calls, 0.0))),
        recall: (all > 0.0).then(|| as_share(linear(recall, 1.0 / all, -recall / all))),
        f_beta: (denominator > 0.0)
            .then(|| as_share(linear(f_beta, (1.0 + weight) / denominator, -weight * f_beta / denominator))),
        money: terms.cost.map(|cost| {
            let of_good = cost.false_negative + cost.false_positive;
            linear(of_good * good - cost.false_positive * calls, of_good, 0.0)
        }),
    })
}

/// Returns the probability that each lead is positive in the end, by what has come of it before the day `until`: 1 if it is
/// positive, and less and less while it is not, down to 0. With them [`expect`] gives figures that move from the expected
/// to the realised ones.
pub fn probabilities_so_far(leads: &[AwaitedLead], delay: &Delay, until: i32) -> Vec<f64> {
    let so_far = |lead: &AwaitedLead| {
        let ages = lead.ages(until, delay.age_max());
        match lead.positive_within(&(0..ages.end)) {
            Some(_) => 1.0,
            None => delay.still_positive(lead.score, ages.end),
        }
    };
    leads.iter().map(so_far).collect()
}

fn check(scores: &[f64], probabilities: &[f64], terms: &Terms) -> Result<(), Error> {
    check_beta(terms.beta)?;
    if scores.len() != probabilities.len() {
        return Err(Error::Lengths { what: "probabilities", found: probabilities.len(), expected: scores.len() });
    }
    if scores.is_empty() {
        return Err(Error::NoRows { doing: "say how good scores are on" });
    }
    for values in [scores, probabilities] {
        if let Some((row, score)) = values.iter().enumerate().find(|(_, value)| !(0.0..=1.0).contains(*value)) {
            return Err(Error::Score { score: *score, row });
        }
    }
    Ok(())
}

/// How far outcomes are spread around their expectation.
struct Spread<'a> {
    probabilities: &'a [f64],
    error: f64,
}

impl Spread<'_> {
    /// Returns a figure with its interval, from its derivative by the outcome of each row.
    fn metric(&self, value: f64, derivative: impl Fn(usize) -> f64) -> Metric {
        let (mut own, mut common) = (0.0, 0.0);
        for (row, share) in self.probabilities.iter().enumerate() {
            let (variance, derivative) = (share * (1.0 - share), derivative(row));
            own += variance * derivative * derivative;
            common += variance * derivative;
        }
        let half = NORMAL_95 * (own + (self.error * common).powi(2)).sqrt();
        Metric { value, interval: Some(Interval { low: value - half, high: value + half }) }
    }
}

/// Returns the expected AUC; `None` if there are not both classes.
fn auc(scores: &[f64], spread: &Spread) -> Option<Metric> {
    let probabilities = spread.probabilities;
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|left, right| scores[*left].total_cmp(&scores[*right]));
    let positives: f64 = probabilities.iter().sum();
    let negatives = scores.len() as f64 - positives;
    let own: f64 = probabilities.iter().map(|share| share * (1.0 - share)).sum();
    let pairs = positives * negatives - own;
    // Rounding leaves a little of nothing.
    if pairs <= 1e-9 * positives.max(1.0) {
        return None;
    }
    // The derivative of the won pairs by each outcome: the negatives under it less the positives over it.
    let mut derivatives = vec![0.0; scores.len()];
    let (mut wins, mut negatives_under, mut positives_under) = (0.0, 0.0, 0.0);
    for group in order.chunk_by(|left, right| scores[*left] == scores[*right]) {
        let here: f64 = group.iter().map(|row| probabilities[*row]).sum();
        let others = group.len() as f64 - here;
        for row in group {
            let share = probabilities[*row];
            let (tied_negatives, tied_positives) = (others - (1.0 - share), here - share);
            let under = negatives_under + tied_negatives / 2.0;
            let over = positives - positives_under - here + tied_positives / 2.0;
            wins += share * under;
            derivatives[*row] = under - over;
        }
        (negatives_under, positives_under) = (negatives_under + others, positives_under + here);
    }
    let value = wins / pairs;
    let of_pairs = |row: usize| negatives - positives - (1.0 - 2.0 * probabilities[row]);
    Some(spread.metric(value, |row| (derivatives[row] - value * of_pairs(row)) / pairs))
}

/// Returns a figure that is a share, with its interval within 0 and 1.
fn as_share(figure: Metric) -> Metric {
    let within = |interval: Interval| Interval { low: interval.low.max(0.0), high: interval.high.min(1.0) };
    Metric { interval: figure.interval.map(within), ..figure }
}
