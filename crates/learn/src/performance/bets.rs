//! Bets against outcomes that are as usual, whose stake grows if they are not.
//!
//! Let `N` be the positive outcomes of a week and `Λ` the sum of the hazards of the leads that were awaited. Leads are
//! independent given what was known before, so for every ratio `r`
//!
//! ```text
//! E[r^N] = Π (1 + (r - 1) h) <= exp((r - 1) Λ)
//! ```
//!
//! and `e = r^N exp(-(r - 1) Λ)` has an expectation of at most 1. For `r > 1` that holds of all hazards whose sum is `Λ` *or
//! less*, for `r < 1` of all whose sum is `Λ` *or more*: nothing is assumed of single leads, and a week's sums are all that
//! is needed. A product of such factors is what a gambler has who staked 1 on «more came» or «fewer came»: a test
//! supermartingale, which by Ville's inequality (1939) ever reaches `1 / α` with a probability of at most `α` (Shafer
//! 2021, Testing by betting; Ramdas and others 2023, Game-theoretic statistics and safe anytime-valid inference).
//!
//! How late the outcomes are is bet on given how many there are: each is late with the probability `π`, and
//! `e = exp(θ L - N ln(1 + π (exp θ - 1)))` of `L` late ones among `N` has an expectation of 1.

use serde::{Deserialize, Serialize};

use super::counts::Count;
use super::usual::Limits;
use crate::log_loss::sigmoid;

/// The number of bets on each change. Which one is best is not known, so the stake is spread over all of them.
pub(super) const BETS: usize = 5;

/// Ratios of outcomes to the most that are as usual.
const RATIOS_MORE: [f64; BETS] = [1.25, 1.5, 2.0, 3.0, 5.0];

/// Ratios of outcomes to the fewest that are as usual.
const RATIOS_FEWER: [f64; BETS] = [0.8, 0.65, 0.5, 0.3, 0.1];

/// Log-odds of a late outcome, more than what is as usual.
const LOG_ODDS_LATE: [f64; BETS] = [0.3, 0.6, 1.0, 1.5, 2.2];

/// What is bet on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Fewer positive outcomes come than the scores let expect.
    Fewer,
    /// More come.
    More,
    /// They come later than they used to.
    Later,
    /// They come earlier.
    Earlier,
}

impl Change {
    /// All of them.
    pub const ALL: [Change; 4] = [Change::Fewer, Change::More, Change::Later, Change::Earlier];

    /// Returns the logarithm of what each bet pays for a week.
    pub(super) fn log_payments(self, week: &Count, limits: &Limits) -> [f64; BETS] {
        let (observed, late) = (week.observed as f64, week.observed_late as f64);
        let of_rate = |ratio: f64, tolerated: f64| observed * ratio.ln() - (ratio - 1.0) * tolerated * week.expected;
        let share = if week.expected > 0.0 { (week.expected_late / week.expected).clamp(0.0, 1.0) } else { 0.0 };
        let of_late = |theta: f64, late: f64, share: f64| theta * late - observed * (share * theta.exp_m1()).ln_1p();
        let shifted = |share: f64| sigmoid((share / (1.0 - share)).ln() + limits.late);
        let payments = match self {
            Change::Fewer => RATIOS_FEWER.map(|ratio| of_rate(ratio, limits.tolerance.low)),
            Change::More => RATIOS_MORE.map(|ratio| of_rate(ratio, limits.tolerance.high)),
            // Where the outcomes can only be of one kind, there is nothing to bet on.
            Change::Later | Change::Earlier if share <= 0.0 || share >= 1.0 => [0.0; BETS],
            Change::Later => LOG_ODDS_LATE.map(|theta| of_late(theta, late, shifted(share))),
            Change::Earlier => LOG_ODDS_LATE.map(|theta| of_late(theta, observed - late, shifted(1.0 - share))),
        };
        payments.map(|payment| payment / limits.dispersion)
    }
}

/// An e-process of the number of positive outcomes: what a gambler has by now who staked 1 in the first week, in equal parts on
/// fewer and on more outcomes than are as usual. If they are as usual, it ever reaches `1 / α` with a probability of at most
/// `α`, whenever one looks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EProcess {
    logs: [[f64; BETS]; 2],
}

impl EProcess {
    /// Adds a week.
    pub(super) fn add(&mut self, week: &Count, limits: &Limits) {
        for (logs, change) in self.logs.iter_mut().zip([Change::Fewer, Change::More]) {
            let payments = change.log_payments(week, limits);
            logs.iter_mut().zip(payments).for_each(|(log, payment)| *log += payment);
        }
    }

    /// Returns the logarithm of the e-value: 0 says nothing, 3 is as much as a p-value of 0.05.
    pub(super) fn log_value(&self) -> f64 {
        let logs = self.logs.iter().flatten();
        let most = logs.clone().copied().fold(f64::NEG_INFINITY, f64::max);
        most + (logs.map(|log| (log - most).exp()).sum::<f64>() / (2 * BETS) as f64).ln()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::performance::usual::Tolerance;

    fn limits(low: f64, high: f64, late: f64, dispersion: f64) -> Limits {
        Limits { tolerance: Tolerance { low, high }, late, dispersion }
    }

    /// Returns the expectation of what each bet pays, over all outcomes of leads with these hazards; the second of each is
    /// whether an outcome of the lead is a late one.
    fn expectations(change: Change, expected: Count, limits: &Limits, leads: &[(f64, bool)]) -> [f64; BETS] {
        let mut sums = [0.0; BETS];
        for outcomes in 0..1u32 << leads.len() {
            let (mut probability, mut week) = (1.0, expected);
            for (index, (hazard, is_late)) in leads.iter().enumerate() {
                if outcomes >> index & 1 == 1 {
                    probability *= hazard;
                    week.observed += 1;
                    week.observed_late += usize::from(*is_late);
                } else {
                    probability *= 1.0 - hazard;
                }
            }
            let payments = change.log_payments(&week, limits);
            sums.iter_mut().zip(payments).for_each(|(sum, payment)| *sum += probability * payment.exp());
        }
        sums
    }

    fn expected(leads: &[(f64, bool)]) -> Count {
        let sum = |only_late: bool| -> f64 {
            leads.iter().filter(|(_, late)| *late || !only_late).map(|(hazard, _)| hazard).sum()
        };
        Count { expected: sum(false), expected_late: sum(true), ..Count::default() }
    }

    proptest! {
        /// Single leads may be off as they like, if only the sum is as usual.
        #[test]
        fn no_bet_on_the_number_gains_while_sums_are_as_usual(
            leads in prop::collection::vec((0.0..0.9f64, any::<bool>()), 1..9),
            (low, high) in (0.4..1.0f64, 1.0..2.0f64),
            place in 0.0..=1.0f64,
            dispersion in 1.0..3.0f64,
        ) {
            let limits = limits(low, high, 0.2, dispersion);
            let mut of_scores = expected(&leads);
            // The true sum lies between the least and the most that is usual of what the scores let expect.
            of_scores.expected /= low + place * (high - low);
            for change in [Change::Fewer, Change::More] {
                for gain in expectations(change, of_scores, &limits, &leads) {
                    prop_assert!(gain <= 1.0 + 1e-9, "{change:?} gains {gain}");
                }
            }
        }

        #[test]
        fn no_bet_on_the_delay_gains_while_it_is_as_usual(
            count in 1..9usize, share in 0.05..0.95f64, shift in -0.2..=0.2f64,
        ) {
            // Given their number, each outcome is late with a probability whose log-odds are within what is tolerated.
            let truth = sigmoid((share / (1.0 - share)).ln() + shift);
            for change in [Change::Later, Change::Earlier] {
                let mut sums = [0.0; BETS];
                for outcomes in 0..1u32 << count {
                    let late = outcomes.count_ones() as usize;
                    let week = Count { observed: count, expected: 1.0, observed_late: late, expected_late: share };
                    let probability = truth.powi(late as i32) * (1.0 - truth).powi((count - late) as i32);
                    let payments = change.log_payments(&week, &limits(1.0, 1.0, 0.2, 1.0));
                    sums.iter_mut().zip(payments).for_each(|(sum, payment)| *sum += probability * payment.exp());
                }
                for gain in sums {
                    prop_assert!(gain <= 1.0 + 1e-9, "{change:?} gains {gain}");
                }
            }
        }
    }

    #[test]
    fn bets_gain_where_outcomes_have_changed() {
        let limits = limits(0.9, 1.1, 0.2, 1.0);
        let week = |observed, observed_late| Count { observed, expected: 10.0, observed_late, expected_late: 5.0 };
        let best = |change: Change, week: Count| {
            change.log_payments(&week, &limits).into_iter().fold(f64::NEG_INFINITY, f64::max)
        };
        // By hand: 3 ln 0.3 + 0.7 * 9 and 25 ln 2 - 11; ten outcomes of which nine are late.
        assert!((best(Change::Fewer, week(3, 1)) - (3.0 * 0.3f64.ln() + 6.3)).abs() < 1e-9);
        assert!((best(Change::More, week(25, 12)) - (25.0 * 2f64.ln() - 11.0)).abs() < 1e-9);
        assert!(best(Change::Later, week(10, 9)) > 1.5 && best(Change::Earlier, week(10, 1)) > 1.5);
        assert!(best(Change::Later, week(10, 5)) < 0.0 && best(Change::Fewer, week(10, 5)) < 0.0);
        let mut e_process = EProcess::default();
        assert!(e_process.log_value().abs() < 1e-12, "nothing says nothing");
        (0..10).for_each(|_| e_process.add(&week(3, 1), &limits));
        assert!(e_process.log_value() > 20.0);
    }
}
