//! Intervals by resampling rows. Rows count as independent: where a lead has several rows, intervals are a little
//! too narrow.
//!
//! Many rows are first drawn together into blocks of neighbouring scores, and each block's rows are drawn at once: how
//! many of its positives and of its negatives a draw has are two Poisson numbers. A measure moves by less than a
//! hundredth of its interval by that, and a million rows cost no more than sixteen thousand.

use plumb_lead::Interval;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::blocks::Blocks;
use super::measures::Measures;
use super::ranked::Ranked;
use crate::error::Error;

/// How often rows are drawn anew, and from which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// The number of draws; 200 give an interval to about a tenth of its width.
    pub resamples: usize,
    /// The seed of the draws.
    pub seed: u64,
}

/// Up to so many rows each is drawn on its own.
const ROWS_EACH_MAX: usize = 16_384;

/// The measures of every draw.
pub(super) struct Draws(Vec<Measures>);

impl Bootstrap {
    pub(super) fn intervals(self, ranked: &Ranked, threshold: f64, beta: f64) -> Result<Draws, Error> {
        if self.resamples == 0 {
            let expected = "a number from 1 up, or no bootstrap at all";
            return Err(Error::Parameter { name: "resamples", found: "0".to_owned(), expected });
        }
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let draws = 0..self.resamples;
        Ok(Draws(if ranked.rows() > ROWS_EACH_MAX {
            let blocks = Blocks::new(ranked, threshold);
            draws.map(|_| blocks.draw(&mut random).measures(beta)).collect()
        } else {
            draws.map(|_| Measures::of(&draw(ranked, &mut random), threshold, beta)).collect()
        }))
    }
}

impl Draws {
    /// Returns the 2.5th and the 97.5th percentile of a measure.
    pub(super) fn of(&self, measure: fn(&Measures) -> f64) -> Interval {
        let mut values: Vec<f64> = self.0.iter().map(measure).collect();
        values.sort_by(f64::total_cmp);
        Interval { low: quantile(&values, 0.025), high: quantile(&values, 0.975) }
    }
}

/// Draws as many rows with replacement. They are counted and not sorted: the order is that of the ranking.
fn draw(ranked: &Ranked, random: &mut ChaCha8Rng) -> Ranked {
    loop {
        let mut times = vec![0usize; ranked.rows()];
        (0..ranked.rows()).for_each(|_| times[random.random_range(0..ranked.rows())] += 1);
        let pairs = ranked.pairs().zip(times).flat_map(|(pair, times)| std::iter::repeat_n(pair, times)).collect();
        // No measure can be computed on a draw of one class. A draw of both comes soon, because both classes are there.
        if let Some(drawn) = Ranked::from_sorted(pairs) {
            return drawn;
        }
    }
}

/// The quantile of sorted values, linear between neighbours.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}
