//! How much weeks differ from each other: real weeks differ by more than their numbers of rows explain, and a test that does not
//! know that cries every month.

use super::distance::{g_statistic, total};
use super::tails::f_above;

/// With fewer weeks nothing is known of how they differ.
const WEEKS_MIN: usize = 8;

/// A week of fewer rows shows nothing.
const ROWS_MIN: f64 = 30.0;

/// Degrees of freedom that stand for infinitely many.
const MANY: f64 = 1e6;

/// How the weeks of a column differ: the correlation of two rows of one week, by the statistic of each week against all others.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BetweenWeeks {
    /// The variance between weeks over that within one.
    rho: f64,
    /// How many independent directions the weeks move in; `None` if they are too few to tell.
    directions: Option<f64>,
    /// Each week's statistic after its expectation, over which a new one has to be.
    statistics: Vec<f64>,
}

/// A week of the training data against all others.
struct Held {
    /// G over its degrees of freedom.
    ratio: f64,
    /// What the variance between weeks is multiplied by in it.
    factor: f64,
}

impl BetweenWeeks {
    /// Returns how these weeks differ. Each is a histogram over the same bins.
    pub(super) fn of(weeks: &[Vec<u32>]) -> BetweenWeeks {
        let weeks: Vec<&Vec<u32>> = weeks.iter().filter(|week| total(week) >= ROWS_MIN).collect();
        let unknown = BetweenWeeks { rho: 0.0, directions: None, statistics: Vec::new() };
        if weeks.len() < WEEKS_MIN {
            return unknown;
        }
        let mut all = vec![0u32; weeks[0].len()];
        for week in &weeks {
            all.iter_mut().zip(*week).for_each(|(rows, more)| *rows += more);
        }
        let held: Vec<Held> = weeks.iter().filter_map(|week| Held::out(week, &all, &weeks)).collect();
        if held.len() < WEEKS_MIN {
            return unknown;
        }
        let excess: f64 = held.iter().map(|held| held.ratio - 1.0).sum();
        let rho = (excess / held.iter().map(|held| held.factor).sum::<f64>()).max(0.0);
        let statistics: Vec<f64> = held.iter().map(|held| held.ratio / (1.0 + rho * held.factor)).collect();
        let count = statistics.len() as f64;
        let mean = statistics.iter().sum::<f64>() / count;
        let variance = statistics.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        // Satterthwaite: chi-squared over its degrees of freedom has a mean of 1 and a variance of 2 over them.
        let directions = (2.0 * mean * mean / variance.max(1e-9)).max(1.0);
        BetweenWeeks { rho, directions: Some(directions), statistics }
    }

    /// Returns the chance that a window differs from the reference by as much or more.
    /// `concentration` is the sum of squares of the weeks' shares of the reference.
    pub(super) fn p_value(&self, before: &[u32], now: &[u32], concentration: f64) -> f64 {
        let (g, freedom) = g_statistic(before, now);
        if freedom == 0.0 {
            return 1.0;
        }
        let statistic = g / freedom / (1.0 + self.rho * factor(total(before), total(now), concentration));
        let Some(directions) = self.directions else { return f_above(statistic, freedom, MANY) };
        let directions = directions.min(freedom);
        let p_value = f_above(statistic, directions, directions * (self.statistics.len() as f64 - 1.0));
        // A week of the training data that was as unusual says how usual that is.
        match self.statistics.iter().filter(|known| **known >= statistic).count() {
            0 => p_value,
            known => p_value.max(known as f64 / (self.statistics.len() + 1) as f64),
        }
    }

    /// Returns the variance of a share's difference over that of one row: what chance makes of PSI a degree of freedom.
    pub(super) fn noise(&self, before: f64, now: f64, concentration: f64) -> f64 {
        1.0 / before + 1.0 / now + self.rho * (1.0 + concentration)
    }
}

impl Held {
    fn out(week: &[u32], all: &[u32], weeks: &[&Vec<u32>]) -> Option<Held> {
        let others: Vec<u32> = all.iter().zip(week).map(|(all, rows)| all - rows).collect();
        let (g, freedom) = g_statistic(&others, week);
        let (before, now) = (total(&others), total(week));
        let squares: f64 = weeks.iter().map(|week| total(week).powi(2)).sum::<f64>() - now * now;
        (freedom > 0.0).then(|| Held { ratio: g / freedom, factor: factor(before, now, squares / (before * before)) })
    }
}

/// How many times the variance between weeks weighs that within them.
fn factor(before: f64, now: f64, concentration: f64) -> f64 {
    (1.0 + concentration) / (1.0 / before + 1.0 / now)
}
