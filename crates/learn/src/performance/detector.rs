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

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::performance::bets::Change;
    use crate::performance::counts::Count;
    use crate::performance::usual::{Limits, Tolerance};

    /// Returns the alarms of so many weeks of forty leads, each with this probability of an outcome where a tenth is
    /// expected and nothing more is tolerated.
    fn alarms(change: Change, budget: f64, weeks: usize, hazard: f64, seed: u64) -> usize {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let limits = Limits { tolerance: Tolerance { low: 1.0, high: 1.0 }, late: 0.0, dispersion: 1.0 };
        let mut detector = Detector::new(budget);
        let mut outcomes = || (0..40).filter(|_| random.random_bool(hazard)).count();
        let weeks = (0..weeks).map(|_| Count { observed: outcomes(), expected: 4.0, ..Count::default() });
        weeks.filter(|week| detector.add(change.log_payments(week, &limits))).count()
    }

    #[test]
    fn false_alarms_stay_within_the_budget_of_a_thousand_years() {
        for change in [Change::Fewer, Change::More] {
            let years = 1_000.0;
            let found = alarms(change, 1.0, (years / YEARS) as usize, 0.1, 1) as f64;
            assert!(found > 0.0 && found <= years, "{change:?}: {found} alarms");
        }
    }

    #[test]
    fn change_is_told_in_weeks_even_after_many_quiet_years() {
        assert_eq!(alarms(Change::Fewer, 0.1, 20, 0.1, 2), 0);
        assert!(alarms(Change::Fewer, 0.1, 20, 0.03, 2) >= 1);
        assert!(alarms(Change::More, 0.1, 20, 0.25, 2) >= 1);
        let mut detector = Detector::new(0.1);
        (0..2_000).for_each(|_| assert!(!detector.add([-0.1; BETS])));
        let weeks = (0..).take_while(|_| !detector.add([1.5; BETS])).count();
        assert!(weeks <= 5, "{weeks} weeks");
    }
}
