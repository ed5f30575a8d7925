//! When evidence is enough for an alarm, if one looks every week for years.
//!
//! A gambler who begins once loses while all is well, and needs long to make up for it when something changes. So a new one
//! begins each week, and their money is added up: `M = (M + 1) e` week by week, the e-detector of Shiryaev and Roberts
//! (Shin, Ramdas and Rinaldo 2024, E-detectors: a nonparametric framework for sequential change detection). An alarm is
//! raised at `M >= c`, and `M` begins again at 0.
//!
//! While all is as usual `M + c A - t` of `A` alarms in `t` weeks is a supermartingale: a week adds at most 1 to the
//! expectation of `M`, and an alarm takes at least `c` from it. So the expected number of alarms in `t` weeks is at most
//! `t / c`, for every `t`. With money counted in years, `c` is one over the budget of alarms a year. Budgets of
//! several detectors add up, whether or not these are independent.

use super::bets::BETS;
use super::counts::WEEK;

/// The years of a week.
const YEARS: f64 = WEEK as f64 / 365.25;

/// A detector of one change.
#[derive(Clone, Debug)]
pub(super) struct Detector {
    /// False alarms a year.
    budget: f64,
    sums: [f64; BETS],
}

impl Detector {
    pub(super) fn new(budget: f64) -> Detector {
        Detector { budget, sums: [0.0; BETS] }
    }

    /// Adds a week and returns whether there is an alarm; if so, it has begun again.
    pub(super) fn add(&mut self, log_payments: [f64; BETS]) -> bool {
        for (sum, payment) in self.sums.iter_mut().zip(log_payments) {
            *sum = (*sum + YEARS) * payment.exp();
        }
        let is_alarm = self.strength() >= 1.0;
        if is_alarm {
            self.sums = [0.0; BETS];
        }
        is_alarm
    }

    /// Returns the evidence as a share of what is needed for an alarm.
    pub(super) fn strength(&self) -> f64 {
        self.budget * self.sums.iter().sum::<f64>() / BETS as f64
    }
}
