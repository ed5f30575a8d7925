//! How long 200,000 leads of 120 days take.

use std::time::Instant;

use plumb_learn::Error;
use plumb_learn::performance::{AwaitedLead, Dimension, Terms, Usual, UsualParams, WatchParams, expect, watch};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const LEADS: usize = 200_000;
const AGES: u32 = 120;
const DAYS: i32 = 730;
const RUNS: usize = 3;

/// Prints the least seconds of three runs.
pub(crate) fn print() -> Result<(), Error> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let leads: Vec<AwaitedLead> = (0..LEADS)
        .map(|_| {
            let score = 0.3 * random.random::<f64>();
            let age = random.random_range(0..AGES);
            let day = random.random_range(0..DAYS);
            AwaitedLead { score, day, watched_from: 0, positive_on: random.random_bool(score).then_some(age) }
        })
        .collect();
    let levels: Vec<String> = (0..20).map(|level| level.to_string()).collect();
    let codes: Vec<u32> = (0..LEADS).map(|row| row as u32 % 20).collect();
    let dimensions = [Dimension { name: "channel", levels: &levels, codes: &codes }; 3];
    let params = UsualParams { age_max: AGES, tolerance_min: 0.1 };
    let usual = Usual::measured(&leads, &dimensions, DAYS, params)?;
    println!("\n{LEADS} leads, {AGES} days each, three columns of 20 segments; seconds on the clock");
    let seconds = least(|| Usual::measured(&leads, &dimensions, DAYS, params).map(|_| ()))?;
    println!("what is usual: {seconds:.2} s");
    let params = WatchParams { from: 0, until: DAYS, budget: 1.0 };
    println!("the watch: {:.2} s", least(|| watch(&leads, &dimensions, &usual, params).map(|_| ()))?);
    let scores: Vec<f64> = leads.iter().map(|lead| lead.score).collect();
    let terms = Terms { threshold: 0.15, beta: 0.5, cost: None };
    println!("expected figures with intervals: {:.2} s", least(|| expect(&scores, &scores, 0.1, &terms).map(|_| ()))?);
    Ok(())
}

fn least(run: impl Fn() -> Result<(), Error>) -> Result<f64, Error> {
    let mut least = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        run()?;
        least = least.min(start.elapsed().as_secs_f64());
    }
    Ok(least)
}
