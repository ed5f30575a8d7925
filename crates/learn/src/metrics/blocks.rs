//! Rows drawn together into blocks of neighbouring scores, from which a draw with replacement is two Poisson numbers a
//! block and every measure is one pass.

use rand::{Rng, RngExt};

use super::measures::{BINS, Measures, log_loss_of, squared_error};
use super::ranked::{Called, Ranked};

/// About how many blocks the rows are drawn together into.
const BLOCKS: usize = 4_096;

/// Blocks in the order of the ranking, best scores first.
pub(super) struct Blocks {
    blocks: Vec<Block>,
    /// The number of blocks at or over the threshold.
    called: usize,
}

/// Neighbouring rows; all of them or none are at or over the threshold.
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    score: f64,
    /// How many negatives and how many positives; in a draw, how many were drawn.
    rows: [f64; 2],
    /// The mean log loss of a negative and of a positive.
    losses: [f64; 2],
    /// The mean squared error of the same.
    errors: [f64; 2],
}

impl Blocks {
    pub(super) fn new(ranked: &Ranked, threshold: f64) -> Blocks {
        let pairs: Vec<(f64, bool)> = ranked.pairs().collect();
        let rows_max = pairs.len().div_ceil(BLOCKS);
        let border = ranked.called(threshold).rows;
        let (over, under) = pairs.split_at(border);
        let blocks: Vec<Block> = over.chunks(rows_max).chain(under.chunks(rows_max)).map(Block::of).collect();
        Blocks { blocks, called: over.len().div_ceil(rows_max) }
    }

    /// Draws as many rows with replacement, as nearly as Poisson numbers do; always some of each class.
    pub(super) fn draw(&self, random: &mut impl Rng) -> Blocks {
        loop {
            let draw =
                |block: &Block, random: &mut _| Block { rows: block.rows.map(|mean| poisson(mean, random)), ..*block };
            let blocks: Vec<Block> = self.blocks.iter().map(|block| draw(block, random)).collect();
            let drawn = Blocks { blocks, called: self.called };
            if drawn.sum(0) > 0.0 && drawn.sum(1) > 0.0 {
                return drawn;
            }
        }
    }

    fn sum(&self, class: usize) -> f64 {
        self.blocks.iter().map(|block| block.rows[class]).sum()
    }

    /// Returns every measure. Rows of one block count as rows of one score.
    pub(super) fn measures(&self, beta: f64) -> Measures {
        let (negatives, positives) = (self.sum(0), self.sum(1));
        let rows = negatives + positives;
        let (mut wins, mut precision_sum) = (0.0, 0.0);
        let (mut rows_over, mut positives_over) = (0.0, 0.0);
        let (mut loss, mut error) = (0.0, 0.0);
        for block in &self.blocks {
            let [negative, positive] = block.rows;
            wins += negative * (positives_over + positive / 2.0);
            rows_over += negative + positive;
            positives_over += positive;
            if positive > 0.0 {
                // The mean precision over the block's positives, as if they lay evenly among its rows.
                let before = (positives_over - positive / 2.0) / (rows_over - (negative + positive) / 2.0);
                precision_sum += positive * before.min(1.0);
            }
            loss += negative * block.losses[0] + positive * block.losses[1];
            error += negative * block.errors[0] + positive * block.errors[1];
        }
        let called = self.blocks[..self.called]
            .iter()
            .fold([0.0, 0.0], |sum, block| [sum[0] + block.rows[0], sum[1] + block.rows[1]]);
        let called = Called { rows: (called[0] + called[1]) as usize, positives: called[1] as usize };
        let (lift_top_decile, calibration_error) = self.tenths(rows, positives / rows);
        Measures {
            auc: wins / (positives * negatives),
            average_precision: precision_sum / positives,
            f1: called.f_beta(positives as usize, 1.0),
            f_beta: called.f_beta(positives as usize, beta),
            precision: called.precision(),
            recall: called.recall(positives as usize),
            brier: error / rows,
            log_loss: loss / rows,
            lift_top_decile,
            calibration_error,
        }
    }

    /// Returns the lift of the best tenth and the expected calibration error over tenths. A block over a border is
    /// shared out.
    fn tenths(&self, rows: f64, base_rate: f64) -> (f64, f64) {
        let width = rows / BINS as f64;
        let mut bins = [[0.0; 3]; BINS];
        let mut before = 0.0;
        for block in &self.blocks {
            let count = block.rows[0] + block.rows[1];
            let mut left = count;
            while left > 1e-9 {
                let bin = ((before / width) as usize).min(BINS - 1);
                let room = if bin + 1 == BINS { left } else { (bin + 1) as f64 * width - before };
                let taken = left.min(room.max(1e-6));
                let share = taken / count;
                bins[bin][0] += taken;
                bins[bin][1] += share * block.rows[1];
                bins[bin][2] += taken * block.score;
                before += taken;
                left -= taken;
            }
        }
        let distance: f64 = bins.iter().map(|[_, positives, scores]| (scores - positives).abs()).sum();
        (bins[0][1] / bins[0][0].max(1e-9) / base_rate, distance / rows)
    }
}

impl Block {
    fn of(pairs: &[(f64, bool)]) -> Block {
        let mut block = Block::default();
        for (score, label) in pairs {
            let class = usize::from(*label);
            block.score += score / pairs.len() as f64;
            block.rows[class] += 1.0;
            block.losses[class] += log_loss_of(*score, *label);
            block.errors[class] += squared_error(*score, *label);
        }
        for class in 0..2 {
            let rows = block.rows[class].max(1.0);
            block.losses[class] /= rows;
            block.errors[class] /= rows;
        }
        block
    }
}

/// Draws a Poisson number: of a small mean by Knuth's product of uniforms, of a large one by the normal curve that it
/// comes close to.
fn poisson(mean: f64, random: &mut impl Rng) -> f64 {
    if mean == 0.0 {
        return 0.0;
    }
    if mean > 30.0 {
        // Box and Muller's transform.
        let (radius, angle): (f64, f64) = (random.random(), random.random());
        let normal = (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos();
        return (mean + mean.sqrt() * normal).round().max(0.0);
    }
    let (limit, mut product, mut count) = ((-mean).exp(), random.random::<f64>(), 0.0);
    while product > limit {
        product *= random.random::<f64>();
        count += 1.0;
    }
    count
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn poisson_numbers_have_their_mean_and_variance() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        for expected in [0.3, 4.0, 29.0, 200.0] {
            let draws: Vec<f64> = (0..20_000).map(|_| poisson(expected, &mut random)).collect();
            let mean = draws.iter().sum::<f64>() / 20_000.0;
            let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 20_000.0;
            assert!((mean / expected - 1.0).abs() < 0.02, "{mean} is not {expected}");
            assert!((variance / expected - 1.0).abs() < 0.05, "{variance} is not {expected}");
        }
    }

    #[test]
    fn undrawn_blocks_measure_what_the_rows_do() {
        let rows = 50_000;
        let score = |row: usize| f64::from(row as u32 * 7919 % 50_000) / 50_000.0;
        let scores: Vec<f64> = (0..rows).map(score).collect();
        let labels: Vec<bool> = (0..rows).map(|row| (row * 13 % 1000) as f64 / 1000.0 < score(row)).collect();
        let ranked = Ranked::new(&scores, &labels, "test").expect("both classes");
        let exact = Measures::of(&ranked, 0.6, 0.5);
        let blocks = Blocks::new(&ranked, 0.6).measures(0.5);
        for (name, exact, blocks) in [
            ("auc", exact.auc, blocks.auc),
            ("average precision", exact.average_precision, blocks.average_precision),
            ("f1", exact.f1, blocks.f1),
            ("f-beta", exact.f_beta, blocks.f_beta),
            ("precision", exact.precision, blocks.precision),
            ("recall", exact.recall, blocks.recall),
            ("brier", exact.brier, blocks.brier),
            ("log loss", exact.log_loss, blocks.log_loss),
            ("lift", exact.lift_top_decile, blocks.lift_top_decile),
            ("calibration error", exact.calibration_error, blocks.calibration_error),
        ] {
            assert!((exact - blocks).abs() < 2e-4, "{name}: {blocks} by blocks, {exact} by rows");
        }
    }
}
