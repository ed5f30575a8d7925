//! Contributions of a block of rows, abreast through one tree after the other.
//!
//! A tree is gone through once (see [`super::forks`] for what is done at a fork), for all rows of the block and all
//! points at a time. It is a loop over a list of steps, because a function that calls itself is not compiled for the
//! processor's vector instructions as a whole.

use super::forks::{Fork, Side, Turns};
use super::lanes::{Eight, LANES, Lanes};
use super::quadrature::Points;

/// The most rows of a block, by eights.
const EIGHTS_MAX: usize = super::ROWS / LANES;

/// A step of the way through a tree, at the fork of a number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Down to the fork, and on to its left side.
    Enter(u32),
    /// From the left side over to the right.
    Cross(u32),
    /// Up again.
    Leave(u32),
}

/// What is kept of the fork in hand at each depth.
pub(super) struct Frame<const Q: usize> {
    /// A bit for each row, by eights: whether it goes left, and whether it was stopped.
    left: [u8; EIGHTS_MAX],
    stopped: [u8; EIGHTS_MAX],
    /// What comes to the fork.
    weights: [[Eight; Q]; EIGHTS_MAX],
    /// What came back from it, where it is on the left and where on the right.
    means: [Means<Q>; 2],
}

/// Means of rows, by eights, at each point.
type Means<const Q: usize> = [[Eight; Q]; EIGHTS_MAX];

/// Returns the steps through a tree of these forks.
pub(super) fn steps(forks: &[Fork]) -> Vec<Step> {
    let mut steps = Vec::with_capacity(3 * forks.len());
    let mut open: Vec<Step> = if forks.is_empty() { Vec::new() } else { vec![Step::Enter(0)] };
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
        if matches!(forks[at as usize].sides[side], Side::Fork) {
            open.push(Step::Enter(next));
        }
    }
    steps
}

/// Returns room for a way through trees of this depth.
pub(super) fn frames<const Q: usize>(depth: usize, points: &Points<Q>) -> Vec<Frame<Q>> {
    // What comes to the root is the weight of each point.
    let weights = [points.weights.map(|weight| Eight([weight; LANES])); EIGHTS_MAX];
    let means = [[[Eight([0.0; LANES]); Q]; EIGHTS_MAX]; 2];
    let frame = || Frame { left: [0; EIGHTS_MAX], stopped: [0; EIGHTS_MAX], weights, means };
    std::iter::repeat_with(frame).take(depth + 1).collect()
}

/// Adds a tree's contributions to those of the rows: for each feature, a list of eights. `turns` are those of the forks.
#[inline(always)]
pub(super) fn add<L: Lanes, const Q: usize, const ROWS: usize>(
    (forks, steps): (&[Fork], &[Step]),
    turns: &[Turns<Q>],
    codes: &[[u8; ROWS]],
    frames: &mut [Frame<Q>],
    contributions: &mut [Eight],
) {
    for step in steps {
        let (Step::Enter(at) | Step::Cross(at) | Step::Leave(at)) = *step;
        let (fork, turns) = (&forks[at as usize], &turns[at as usize]);
        if let Step::Enter(_) = step {
            enter(fork, codes, frames);
        }
        let first = fork.feature as usize * (ROWS / LANES);
        let contributions = &mut contributions[first..first + ROWS / LANES];
        // What cannot be stopped is chosen faster.
        if fork.earlier.is_some() {
            go_on::<L, Q, true>(*step, fork, turns, frames, contributions);
        } else {
            go_on::<L, Q, false>(*step, fork, turns, frames, contributions);
        }
    }
}

/// Finds the turn of each row.
#[inline(always)]
fn enter<const Q: usize, const ROWS: usize>(fork: &Fork, codes: &[[u8; ROWS]], frames: &mut [Frame<Q>]) {
    let depth = usize::from(fork.depth);
    let answers = fork.ask.answer(codes);
    let (answers, _) = answers.as_chunks::<LANES>();
    for (eight, answers) in answers.iter().enumerate() {
        frames[depth].left[eight] = bits(answers);
        frames[depth].stopped[eight] = fork.earlier.map_or(0, |earlier| {
            let before = &frames[usize::from(earlier.depth)];
            let elsewhere = if earlier.left { !before.left[eight] } else { before.left[eight] };
            elsewhere | before.stopped[eight]
        });
    }
}

#[inline(always)]
fn go_on<L: Lanes, const Q: usize, const STOPS: bool>(
    step: Step,
    fork: &Fork,
    turns: &Turns<Q>,
    frames: &mut [Frame<Q>],
    contributions: &mut [Eight],
) {
    let (above, below) = frames.split_at_mut(usize::from(fork.depth) + 1);
    let Some(here) = above.last_mut() else { return };
    match (step, fork.sides) {
        (Step::Enter(_), [Side::Fork, _]) => {
            for eight in 0..contributions.len() {
                for at in 0..Q {
                    let factor = here.chosen::<L, STOPS>(eight, &turns.factors[at]);
                    L::of(&here.weights[eight][at]).times(factor).put(&mut below[0].weights[eight][at]);
                }
            }
        }
        (Step::Cross(_), [_, Side::Fork]) => {
            for eight in 0..contributions.len() {
                for at in 0..Q {
                    let all = L::of(&here.weights[eight][at]);
                    let left = all.times(here.chosen::<L, STOPS>(eight, &turns.factors[at]));
                    all.minus(left).put(&mut below[0].weights[eight][at]);
                }
            }
        }
        (Step::Enter(_) | Step::Cross(_), _) => {}
        (Step::Leave(_), sides) => {
            let side = usize::from(fork.on_the_right);
            let [left, right] = &below[0].means;
            let of = |means: &Means<Q>, eight: usize, at: usize| L::of(&means[eight][at]);
            match sides {
                [Side::Leaf(_), Side::Leaf(_)] => here.end::<L, STOPS>(side, turns, contributions),
                [Side::Leaf(value), Side::Fork] => {
                    let value = L::all(f64::from(value));
                    let sides = (|_, _| value, |eight, at| of(right, eight, at));
                    here.leave::<L, STOPS>(side, turns, sides, contributions);
                }
                [Side::Fork, Side::Leaf(value)] => {
                    let value = L::all(f64::from(value));
                    let sides = (|eight, at| of(left, eight, at), |_, _| value);
                    here.leave::<L, STOPS>(side, turns, sides, contributions);
                }
                [Side::Fork, Side::Fork] => {
                    let sides = (|eight, at| of(left, eight, at), |eight, at| of(right, eight, at));
                    here.leave::<L, STOPS>(side, turns, sides, contributions);
                }
            }
        }
    }
}

impl<const Q: usize> Frame<Q> {
    /// Takes what came back from both sides, and adds what the fork's feature contributed.
    #[inline(always)]
    fn leave<L: Lanes, const STOPS: bool>(
        &mut self,
        side: usize,
        turns: &Turns<Q>,
        (left, right): (impl Fn(usize, usize) -> L, impl Fn(usize, usize) -> L),
        contributions: &mut [Eight],
    ) {
        for (eight, contributions) in contributions.iter_mut().enumerate() {
            let mut gained = L::all(0.0);
            for at in 0..Q {
                let (left, right) = (left(eight, at), right(eight, at));
                let apart = left.minus(right);
                let factor = self.chosen::<L, STOPS>(eight, &turns.factors[at]);
                let gain = self.chosen::<L, STOPS>(eight, &turns.gains[at]);
                right.plus(factor.times(apart)).put(&mut self.means[side][eight][at]);
                gained = gained.plus(gain.times(apart).times(L::of(&self.weights[eight][at])));
            }
            L::of(contributions).plus(gained).put(contributions);
        }
    }

    /// Does the same between two leaves, where it is only to be chosen.
    #[inline(always)]
    fn end<L: Lanes, const STOPS: bool>(&mut self, side: usize, turns: &Turns<Q>, contributions: &mut [Eight]) {
        for (eight, contributions) in contributions.iter_mut().enumerate() {
            let mut gained = L::all(0.0);
            for at in 0..Q {
                let gain = self.chosen::<L, STOPS>(eight, &turns.gains[at]);
                self.chosen::<L, STOPS>(eight, &turns.factors[at]).put(&mut self.means[side][eight][at]);
                gained = gained.plus(gain.times(L::of(&self.weights[eight][at])));
            }
            L::of(contributions).plus(gained).put(contributions);
        }
    }

    /// Returns for each of eight rows the number of its turn.
    #[inline(always)]
    fn chosen<L: Lanes, const STOPS: bool>(&self, eight: usize, [right, left, stopped]: &[f64; 3]) -> L {
        let turned = L::all(*right).or(L::all(*left), self.left[eight]);
        if STOPS { turned.or(L::all(*stopped), self.stopped[eight]) } else { turned }
    }
}

/// Returns a bit for each byte: its lowest one.
#[inline(always)]
fn bits(bytes: &[u8; LANES]) -> u8 {
    // Each factor's bit moves one of the bytes to where it belongs in the highest byte, and no two of all products meet.
    let lowest = u64::from_le_bytes(*bytes) & 0x0101_0101_0101_0101;
    (lowest.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}
