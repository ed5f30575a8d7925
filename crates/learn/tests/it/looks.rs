//! What a test promises that is looked at each week, by simulation.

use plumb_learn::looks::{errors_needed, errors_of_mean};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const WEEKS: usize = 52;
const LEADS_FIRST: usize = 80;
const LEADS_A_WEEK: usize = 40;
const RISK: f64 = 0.05;

/// Returns the week in which one of some challengers passes; `None` if none does in a year. Each is better by `gain` a lead,
/// in units of the standard deviation of one lead's difference, which is skewed to one side, as that of log losses is.
fn week_of_promotion(seed: u64, challengers: usize, gain: f64, side: f64) -> Option<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut differences: Vec<Vec<f64>> = vec![Vec::new(); challengers];
    for week in 1..=WEEKS {
        for of_challenger in &mut differences {
            let leads = if week == 1 { LEADS_FIRST } else { LEADS_A_WEEK };
            // An exponential number less its mean: its standard deviation is 1.
            let uniform = (0..leads).map(|_| random.random::<f64>());
            of_challenger.extend(uniform.map(|drawn: f64| gain + side * (1.0 + (1.0 - drawn).ln())));
        }
        let needed = errors_needed(RISK, week, challengers).expect("a chance");
        if differences.iter().any(|differences| errors_of_mean(differences) > needed) {
            return Some(week);
        }
    }
    None
}

#[test]
fn challengers_that_are_no_better_pass_no_more_often_than_the_risk() {
    for (challengers, side) in [(1, 1.0), (1, -1.0), (3, 1.0)] {
        let years = 150;
        let passed = (0..years).filter(|year| week_of_promotion(*year, challengers, 0.0, side).is_some()).count();
        // The risk is a bound: three standard errors of its share over it would be too often.
        let most = RISK * years as f64 + 3.0 * (RISK * (1.0 - RISK) * years as f64).sqrt();
        assert!((passed as f64) < most, "{passed} of {years} years with {challengers} challengers, skewed to {side}");
    }
}

#[test]
fn one_that_is_better_passes_in_weeks() {
    // A fifth of a standard deviation is what new criteria cost the demo company's first model.
    let mut weeks: Vec<usize> =
        (0..100).map(|year| week_of_promotion(year, 3, 0.2, 1.0).expect("within a year")).collect();
    weeks.sort_unstable();
    assert!(weeks[50] <= 10 && weeks[95] <= 20, "{weeks:?}");
}
