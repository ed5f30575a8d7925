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
