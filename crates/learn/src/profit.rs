//! Profit: what a policy would have earned on leads whose outcome is known, compared with the team's rules, with calling
//! leads as they arrive, and with perfect foresight.
//!
//! A good lead that is called earns its value, a call that leads nowhere costs a call, a lead that is not called earns
//! nothing. The rules and the order of arrival get as many calls as the model makes; perfect foresight calls the good leads,
//! and where the team's time is short the most valuable of as many.
//!
//! Each row counts as a lead of its own. Where a lead has several rows, the sums are of rows: they compare policies, and are
//! no forecast of money.

use plumb_lead::{Interval, Metric, Profit};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::Error;
use crate::metrics::Bootstrap;
use crate::objective::Cost;

/// Leads whose outcome is known, with their scores.
#[derive(Clone, Copy, Debug)]
pub struct ScoredOutcomes<'a> {
    /// The model's score of each.
    pub scores: &'a [f64],
    /// The points or scores of the team's rules, where it has any.
    pub rules: Option<&'a [f64]>,
    /// The label of each.
    pub labels: &'a [bool],
    /// The value of each if it is good; `cost.false_negative` where it is not known.
    pub values: Option<&'a [f64]>,
    /// The cost of a wasted call, and the value of a good lead whose value is not known.
    pub cost: Cost,
}

/// A policy: which leads are called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Policy {
    /// Leads with a score at or over a threshold.
    Threshold(f64),
    /// Leads that are expected to earn more than a call costs: score times value over the rest times the cost.
    Expected,
    /// The best leads by score times value, as many as the team has time for: a share of the leads.
    Best(f64),
}

/// Returns what a policy earns, with 95 % intervals.
pub fn profit(name: &str, policy: Policy, outcomes: ScoredOutcomes, bootstrap: Bootstrap) -> Result<Profit, Error> {
    let rows = outcomes.check()?;
    let gains: Vec<f64> = (0..rows).map(|row| outcomes.gain(row)).collect();
    let ranks: Vec<f64> = match policy {
        Policy::Threshold(_) => outcomes.scores.to_vec(),
        Policy::Expected | Policy::Best(_) => {
            (0..rows).map(|row| outcomes.scores[row] * (outcomes.value(row) + outcomes.cost.false_positive)).collect()
        }
    };
    let (calls, of_model) = match policy {
        Policy::Threshold(least) => shares_over(&ranks, least),
        Policy::Expected => shares_over(&ranks, outcomes.cost.false_positive),
        Policy::Best(share) => {
            let calls = (share.clamp(0.0, 1.0) * rows as f64).floor();
            (calls, shares_of_best(&ranks, calls))
        }
    };
    let earns = |shares: &[f64]| -> Vec<f64> { shares.iter().zip(&gains).map(|(share, gain)| share * gain).collect() };
    let arrival = vec![calls / rows as f64; rows];
    let calls_max = if matches!(policy, Policy::Best(_)) { calls } else { rows as f64 };
    let of_perfect: Vec<f64> =
        earns(&shares_of_best(&gains, calls_max)).into_iter().map(|earned| earned.max(0.0)).collect();
    let of_rules = outcomes.rules.map(|rules| earns(&shares_of_best(rules, calls)));
    let mut draws = Draws::new(bootstrap, rows);
    Ok(Profit {
        policy: name.to_owned(),
        rows,
        calls: calls as usize,
        model: draws.total(&earns(&of_model)),
        rules: of_rules.map(|earned| draws.total(&earned)),
        arrival: draws.total(&earns(&arrival)),
        perfect: draws.total(&of_perfect),
    })
}

impl ScoredOutcomes<'_> {
    fn check(&self) -> Result<usize, Error> {
        let rows = self.labels.len();
        if rows == 0 {
            return Err(Error::NoRows { doing: "say what was earned on" });
        }
        let lengths = [
            ("scores", self.scores.len()),
            ("points of rules", self.rules.map_or(rows, <[f64]>::len)),
            ("values", self.values.map_or(rows, <[f64]>::len)),
        ];
        match lengths.into_iter().find(|(_, found)| *found != rows) {
            Some((what, found)) => Err(Error::Lengths { what, found, expected: rows }),
            None => Ok(rows),
        }
    }

    /// Returns the value of a lead if it is good.
    fn value(&self, row: usize) -> f64 {
        let known = self.values.and_then(|values| values.get(row)).copied();
        known.filter(|value| value.is_finite() && *value >= 0.0).unwrap_or(self.cost.false_negative)
    }

    /// Returns what calling a lead earned.
    fn gain(&self, row: usize) -> f64 {
        if self.labels[row] { self.value(row) } else { -self.cost.false_positive }
    }
}

/// Returns how many ranks are at or over the least one, and of each row whether it is.
fn shares_over(ranks: &[f64], least: f64) -> (f64, Vec<f64>) {
    let shares: Vec<f64> = ranks.iter().map(|rank| f64::from(u8::from(*rank >= least))).collect();
    (shares.iter().sum(), shares)
}

/// Returns the share of each row that is among so many best ones: rows at the border share the calls that are left evenly, so
/// that their order in the table does not matter.
fn shares_of_best(ranks: &[f64], count: f64) -> Vec<f64> {
    let mut sorted = ranks.to_vec();
    sorted.sort_by(|left, right| right.total_cmp(left));
    let whole = (count as usize).min(sorted.len());
    let Some(border) = whole.checked_sub(1).map(|last| sorted[last]) else { return vec![0.0; ranks.len()] };
    let over = sorted.partition_point(|rank| *rank > border);
    let at_border = sorted.partition_point(|rank| *rank >= border) - over;
    let share = (whole - over) as f64 / at_border as f64;
    ranks
        .iter()
        .map(|rank| {
            if *rank > border {
                1.0
            } else if *rank < border {
                0.0
            } else {
                share
            }
        })
        .collect()
}

/// Bootstrap draws of rows.
struct Draws {
    rows: usize,
    resamples: usize,
    random: ChaCha8Rng,
}

impl Draws {
    fn new(bootstrap: Bootstrap, rows: usize) -> Draws {
        Draws { rows, resamples: bootstrap.resamples, random: ChaCha8Rng::seed_from_u64(bootstrap.seed) }
    }

    /// Returns the total with its interval over draws of as many rows with replacement.
    fn total(&mut self, earned: &[f64]) -> Metric {
        let value = earned.iter().sum();
        let mut totals: Vec<f64> = (0..self.resamples)
            .map(|_| (0..self.rows).map(|_| earned[self.random.random_range(0..self.rows)]).sum())
            .collect();
        totals.sort_by(f64::total_cmp);
        let place = |share: f64| totals.get((share * (totals.len().max(1) - 1) as f64).round() as usize).copied();
        let interval = place(0.025).zip(place(0.975)).map(|(low, high)| Interval { low, high });
        Metric { value, interval }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORES: [f64; 6] = [0.9, 0.7, 0.6, 0.4, 0.3, 0.1];
    const LABELS: [bool; 6] = [true, false, true, false, true, false];

    fn outcomes<'a>(rules: Option<&'a [f64]>, values: Option<&'a [f64]>) -> ScoredOutcomes<'a> {
        let cost = Cost { false_positive: 10.0, false_negative: 100.0 };
        ScoredOutcomes { scores: &SCORES, rules, labels: &LABELS, values, cost }
    }

    fn of(policy: Policy, outcomes: ScoredOutcomes) -> Profit {
        profit("test", policy, outcomes, Bootstrap { resamples: 200, seed: 1 }).expect("six rows")
    }

    #[test]
    fn each_policy_earns_what_is_computed_by_hand() {
        // Three calls: 100 - 10 + 100. By the rules rows 1, 2 and half of 0 and 3 each: -10 + 100 + 50 - 5. As they
        // come: half of 3 * 100 - 3 * 10. Perfect foresight calls three good ones.
        let rules = [1.0, 2.0, 3.0, 1.0, 0.0, 0.0];
        let found = of(Policy::Threshold(0.6), outcomes(Some(&rules), None));
        assert_eq!((found.calls, found.model.value), (3, 190.0));
        assert_eq!(found.rules.expect("there are rules").value, 135.0);
        assert_eq!((found.arrival.value, found.perfect.value), (135.0, 300.0));
        let interval = found.model.interval.expect("a bootstrap was given");
        assert!(interval.low < 190.0 && interval.high > 190.0, "{interval:?}");
    }

    #[test]
    fn values_change_which_leads_are_called() {
        let values = [100.0, 100.0, 1.0, f64::NAN, 5_000.0, 100.0];
        // Score times value and cost: 99, 77, 6.6, 44, 1503, 11: all but the third are over a call's 10.
        let found = of(Policy::Expected, outcomes(None, Some(&values)));
        assert_eq!((found.calls, found.model.value), (5, 100.0 - 10.0 - 10.0 + 5_000.0 - 10.0));
        let best = of(Policy::Best(0.34), outcomes(None, Some(&values)));
        assert_eq!((best.calls, best.model.value, best.perfect.value), (2, 5_100.0, 5_100.0));
        assert_eq!(of(Policy::Best(0.1), outcomes(None, None)).calls, 0, "there is no time for any call");
    }
}
