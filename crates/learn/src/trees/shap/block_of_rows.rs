//! Contributions of a block of rows, vectorized over the rows, one tree after the other.
//!
//! A tree is traversed once (see [`super::path_splits`] for what is computed at a split), for all rows of the block and all
//! points at a time. It is a loop over a list of steps, because a recursive function is not compiled for the processor's
//! vector instructions as a whole.

use super::path_splits::{Child, PathSplit, SplitFactors};
use super::quadrature::QuadraturePoints;
use crate::trees::blocks::BLOCK_ROWS;
use crate::trees::simd::{Eight, LANES, Lanes};

/// The most rows of a block, by eights.
const EIGHTS_MAX: usize = BLOCK_ROWS / LANES;

/// A step of the depth-first traversal of a tree, at the split of a number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// From the parent to the split, and on to its left child.
    Enter(u32),
    /// From the left child on to the right one.
    Cross(u32),
    /// From the right child back to the parent.
    Leave(u32),
}

/// The state of the current split at each depth.
pub(super) struct Frame<const Q: usize> {
    /// A bit for each row, by eights: whether it goes left, and whether it is off the path.
    left: [u8; EIGHTS_MAX],
    off_path: [u8; EIGHTS_MAX],
    /// The weights of the split.
    weights: [[Eight; Q]; EIGHTS_MAX],
    /// The means of the splits at this depth: the last left child, and the last right child.
    means: [Means<Q>; 2],
}

/// Means of rows, by eights, at each point.
type Means<const Q: usize> = [[Eight; Q]; EIGHTS_MAX];

/// Returns the steps through a tree of these splits.
pub(super) fn steps(splits: &[PathSplit]) -> Vec<Step> {
    let mut steps = Vec::with_capacity(3 * splits.len());
    let mut open: Vec<Step> = if splits.is_empty() { Vec::new() } else { vec![Step::Enter(0)] };
    let mut next = 0;
    while let Some(step) = open.pop() {
        steps.push(step);
        let (at, side, then) = match step {
            Step::Enter(at) => (at, 0, Step::Cross(at)),
            Step::Cross(at) => (at, 1, Step::Leave(at)),
            Step::Leave(_) => continue,
        };
        if side == 0 {
            next = at + 1;
        }
        open.push(then);
        if matches!(splits[at as usize].children[side], Child::Split) {
            open.push(Step::Enter(next));
        }
    }
    steps
}

/// Returns the frames for trees of this depth.
pub(super) fn frames<const Q: usize>(depth: usize, points: &QuadraturePoints<Q>) -> Vec<Frame<Q>> {
    // The weight of the root is the weight of each point.
    let weights = [points.weights.map(|weight| Eight([weight; LANES])); EIGHTS_MAX];
    let means = [[[Eight([0.0; LANES]); Q]; EIGHTS_MAX]; 2];
    let frame = || Frame { left: [0; EIGHTS_MAX], off_path: [0; EIGHTS_MAX], weights, means };
    std::iter::repeat_with(frame).take(depth + 1).collect()
}

/// Adds the contributions of a tree to those of the rows: for each feature, a list of eights. `factors` are those of the
/// splits.
#[inline(always)]
pub(super) fn add<L: Lanes, const Q: usize, const ROWS: usize>(
    (splits, steps): (&[PathSplit], &[Step]),
    factors: &[SplitFactors<Q>],
    bins: &[[u8; ROWS]],
    frames: &mut [Frame<Q>],
    contributions: &mut [Eight],
) {
    for step in steps {
        let (Step::Enter(at) | Step::Cross(at) | Step::Leave(at)) = *step;
        let (split, factors) = (&splits[at as usize], &factors[at as usize]);
        if let Step::Enter(_) = step {
            enter(split, bins, frames);
        }
        let first = split.feature as usize * (ROWS / LANES);
        let contributions = &mut contributions[first..first + ROWS / LANES];
        // Without an earlier split no row is off the path, which is faster.
        if split.earlier.is_some() {
            step_on::<L, Q, true>(*step, split, factors, frames, contributions);
        } else {
            step_on::<L, Q, false>(*step, split, factors, frames, contributions);
        }
    }
}

/// Finds out where each row goes.
#[inline(always)]
fn enter<const Q: usize, const ROWS: usize>(split: &PathSplit, bins: &[[u8; ROWS]], frames: &mut [Frame<Q>]) {
    let depth = usize::from(split.depth);
    let goes_left = split.test.left_mask(bins);
    let (goes_left, _) = goes_left.as_chunks::<LANES>();
    for (eight, goes_left) in goes_left.iter().enumerate() {
        frames[depth].left[eight] = bits(goes_left);
        frames[depth].off_path[eight] = split.earlier.map_or(0, |earlier| {
            let above = &frames[usize::from(earlier.depth)];
            let is_elsewhere = if earlier.left { !above.left[eight] } else { above.left[eight] };
            is_elsewhere | above.off_path[eight]
        });
    }
}

/// Passes weights down, or means and contributions up.
#[inline(always)]
fn step_on<L: Lanes, const Q: usize, const REPEATED: bool>(
    step: Step,
    split: &PathSplit,
    factors: &SplitFactors<Q>,
    frames: &mut [Frame<Q>],
    contributions: &mut [Eight],
) {
    let (above, below) = frames.split_at_mut(usize::from(split.depth) + 1);
    let Some(here) = above.last_mut() else { return };
    match (step, split.children) {
        (Step::Enter(_), [Child::Split, _]) => {
            for eight in 0..contributions.len() {
                for at in 0..Q {
                    let factor = here.select::<L, REPEATED>(eight, &factors.factors[at]);
                    L::load(&here.weights[eight][at]).mul(factor).store(&mut below[0].weights[eight][at]);
                }
            }
        }
        (Step::Cross(_), [_, Child::Split]) => {
            for eight in 0..contributions.len() {
                for at in 0..Q {
                    let weight = L::load(&here.weights[eight][at]);
                    let left = weight.mul(here.select::<L, REPEATED>(eight, &factors.factors[at]));
                    weight.sub(left).store(&mut below[0].weights[eight][at]);
                }
            }
        }
        (Step::Enter(_) | Step::Cross(_), _) => {}
        (Step::Leave(_), children) => {
            let side = usize::from(split.is_right_child);
            let [left, right] = &below[0].means;
            let of = |means: &Means<Q>, eight: usize, at: usize| L::load(&means[eight][at]);
            match children {
                [Child::Leaf(_), Child::Leaf(_)] => here.leave_leaves::<L, REPEATED>(side, factors, contributions),
                [Child::Leaf(value), Child::Split] => {
                    let value = L::splat(f64::from(value));
                    let means = (|_, _| value, |eight, at| of(right, eight, at));
                    here.leave::<L, REPEATED>(side, factors, means, contributions);
                }
                [Child::Split, Child::Leaf(value)] => {
                    let value = L::splat(f64::from(value));
                    let means = (|eight, at| of(left, eight, at), |_, _| value);
                    here.leave::<L, REPEATED>(side, factors, means, contributions);
                }
                [Child::Split, Child::Split] => {
                    let means = (|eight, at| of(left, eight, at), |eight, at| of(right, eight, at));
                    here.leave::<L, REPEATED>(side, factors, means, contributions);
                }
            }
        }
    }
}

impl<const Q: usize> Frame<Q> {
    /// Takes the means of both children, and adds the contribution of the split's feature.
    #[inline(always)]
    fn leave<L: Lanes, const REPEATED: bool>(
        &mut self,
        side: usize,
        factors: &SplitFactors<Q>,
        (left, right): (impl Fn(usize, usize) -> L, impl Fn(usize, usize) -> L),
        contributions: &mut [Eight],
    ) {
        for (eight, contributions) in contributions.iter_mut().enumerate() {
            let mut contribution = L::splat(0.0);
            for at in 0..Q {
                let (left, right) = (left(eight, at), right(eight, at));
                let difference = left.sub(right);
                let factor = self.select::<L, REPEATED>(eight, &factors.factors[at]);
                let gain = self.select::<L, REPEATED>(eight, &factors.gains[at]);
                right.add(factor.mul(difference)).store(&mut self.means[side][eight][at]);
                contribution = contribution.add(gain.mul(difference).mul(L::load(&self.weights[eight][at])));
            }
            L::load(contributions).add(contribution).store(contributions);
        }
    }

    /// Does the same above two leaves, whose means and difference are in the factors and gains already.
    #[inline(always)]
    fn leave_leaves<L: Lanes, const REPEATED: bool>(
        &mut self,
        side: usize,
        factors: &SplitFactors<Q>,
        contributions: &mut [Eight],
    ) {
        for (eight, contributions) in contributions.iter_mut().enumerate() {
            let mut contribution = L::splat(0.0);
            for at in 0..Q {
                let gain = self.select::<L, REPEATED>(eight, &factors.gains[at]);
                self.select::<L, REPEATED>(eight, &factors.factors[at]).store(&mut self.means[side][eight][at]);
                contribution = contribution.add(gain.mul(L::load(&self.weights[eight][at])));
            }
            L::load(contributions).add(contribution).store(contributions);
        }
    }

    /// Returns for each of eight rows the number for where it goes: right, left or off the path.
    #[inline(always)]
    fn select<L: Lanes, const REPEATED: bool>(&self, eight: usize, [right, left, off_path]: &[f64; 3]) -> L {
        let on_path = L::splat(*right).blend(L::splat(*left), self.left[eight]);
        if REPEATED { on_path.blend(L::splat(*off_path), self.off_path[eight]) } else { on_path }
    }
}

/// Returns a bit for each byte: its lowest one.
#[inline(always)]
fn bits(bytes: &[u8; LANES]) -> u8 {
    // Each factor's bit moves one of the bytes to where it belongs in the highest byte, and no two of all products meet.
    let lowest = u64::from_le_bytes(*bytes) & 0x0101_0101_0101_0101;
    (lowest.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}
