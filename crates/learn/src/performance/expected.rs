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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::metrics;

    const TERMS: Terms =
        Terms { threshold: 0.5, beta: 0.5, cost: Some(Cost { false_positive: 10.0, false_negative: 100.0 }) };

    fn value(figure: Option<Metric>) -> f64 {
        figure.expect("the figure has a value").value
    }

    #[test]
    fn expectations_are_those_over_all_outcomes() {
        let scores = [0.9, 0.7, 0.7, 0.4, 0.2, 0.1];
        let probabilities = [0.8, 0.75, 0.5, 0.45, 0.15, 0.1];
        let found = expect(&scores, &probabilities, 0.0, &TERMS).expect("rows are there");
        // By numpy over all 64 outcomes: the expected won pairs over the expected pairs.
        assert!((value(found.auc) - 0.8238095238095242).abs() < 1e-12, "{:?}", found.auc);
        assert!((value(found.precision) - 2.05 / 3.0).abs() < 1e-12);
        assert!((value(found.recall) - 2.05 / 2.75).abs() < 1e-12);
        assert!((value(found.f_beta) - 1.25 * 2.05 / (0.25 * 2.75 + 3.0)).abs() < 1e-12);
        assert!((value(found.money) - (2.05 * 100.0 - 0.95 * 10.0)).abs() < 1e-9);
        assert_eq!((found.rows, found.called), (6, 3));
    }

    #[test]
    fn figures_without_a_value_are_absent() {
        let terms = Terms { threshold: 0.99, cost: None, ..TERMS };
        let found = expect(&[0.2, 0.3], &[0.0, 0.0], 0.0, &terms).expect("rows are there");
        assert_eq!((found.auc, found.precision, found.recall, found.money), (None, None, None, None));
        assert!(expect(&[], &[], 0.0, &terms).is_err());
        assert!(expect(&[0.2], &[f64::NAN], 0.0, &terms).is_err());
        assert!(expect(&[0.2], &[0.2, 0.3], 0.0, &terms).is_err());
    }

    #[test]
    fn figures_move_from_expected_to_realised() {
        let delay: Delay =
            serde_json::from_str(r#"{"cumulative":[0.0,0.5,1.0],"positives":40}"#).expect("it is a delay");
        let lead = |positive_on| AwaitedLead { score: 0.4, day: 10, watched_from: 0, positive_on };
        let leads = [lead(None), lead(Some(1))];
        let close = |until: i32, expected: [f64; 2]| {
            let found = probabilities_so_far(&leads, &delay, until);
            assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12), "{found:?}");
        };
        close(10, [0.4, 0.4]);
        close(11, [0.25, 0.25]);
        close(12, [0.0, 1.0]);
    }

    #[test]
    fn intervals_hold_the_realised_figures() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let (mut inside, mut all) = ([0usize; 4], 0usize);
        for _ in 0..300 {
            let probabilities: Vec<f64> = (0..400).map(|_| random.random::<f64>().powi(3)).collect();
            let labels = probabilities.iter().map(|share| f64::from(u8::from(random.random_bool(*share))));
            let labels: Vec<f64> = labels.collect();
            let of = |truth: &[f64]| expect(&probabilities, truth, 0.0, &TERMS).expect("rows are there");
            let figures = |found: Performance| [found.auc, found.precision, found.recall, found.money];
            let pairs = figures(of(&probabilities)).into_iter().zip(figures(of(&labels)));
            for (count, (expected, realised)) in inside.iter_mut().zip(pairs) {
                let interval = expected.and_then(|figure| figure.interval).expect("there is an interval");
                *count += usize::from((interval.low..=interval.high).contains(&value(realised)));
            }
            all += 1;
        }
        let shares = inside.map(|count| count as f64 / all as f64);
        assert!(shares.iter().all(|share| (0.92..=0.98).contains(share)), "{shares:?}");
    }

    proptest! {
        #[test]
        fn known_outcomes_give_the_realised_figures(
            rows in prop::collection::vec((0..20u8, any::<bool>()), 2..60),
        ) {
            let scores: Vec<f64> = rows.iter().map(|(score, _)| f64::from(*score) / 20.0).collect();
            let labels: Vec<bool> = rows.iter().map(|(_, label)| *label).collect();
            prop_assume!(labels.iter().any(|label| *label) && labels.iter().any(|label| !*label));
            let truth: Vec<f64> = labels.iter().map(|label| f64::from(u8::from(*label))).collect();
            let found = expect(&scores, &truth, 0.0, &TERMS).expect("rows are there");
            let measured = metrics::evaluate(&scores, &labels, 0.5, 0.5, None).expect("both classes are there");
            prop_assert!((value(found.auc) - measured.auc.value).abs() < 1e-9);
            prop_assert!((value(found.recall) - measured.recall.value).abs() < 1e-9);
            prop_assert!((value(found.f_beta) - measured.f_beta.value).abs() < 1e-9);
            prop_assert!((found.precision.map_or(0.0, |figure| figure.value) - measured.precision.value).abs() < 1e-9);
        }
    }
}
