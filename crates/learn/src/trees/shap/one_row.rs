//! Contributions of one row, vectorized over eight trees.
//!
//! Within one tree, one row has nothing that could be computed side by side, but trees of about the same shape do the same
//! steps. What is computed at a split (see [`super::path_splits`]) is computed for the eight trees of one position of
//! [`FullTrees`] at a time, level by level, and gives the same bits as [`super::block_of_rows`].

use super::full_trees::{EarlierPosition, FullTrees, POSITIONS_MAX, RepeatedFeatures, TREES};
use super::quadrature::QuadraturePoints;
use crate::trees::simd::{Eight, Lanes};

/// What is computed on the way through eight trees. Its lists have a length that every byte is under, so that no bound has
/// to be checked where a position is looked up.
#[derive(Debug)]
pub(super) struct Scratch<const Q: usize> {
    decisions: [u8; POSITIONS_MAX],
    off_path: [u8; POSITIONS_MAX],
    weights: Box<[[Eight; Q]; POSITIONS_MAX]>,
    means: Box<[[Eight; Q]; POSITIONS_MAX]>,
    contributions: Box<[Eight; POSITIONS_MAX]>,
}

impl<const Q: usize> Scratch<Q> {
    pub(super) fn new(points: &QuadraturePoints<Q>) -> Scratch<Q> {
        let nothing = Eight([0.0; TREES]);
        let mut weights = Box::new([[nothing; Q]; POSITIONS_MAX]);
        // The weight of the root is the weight of each point.
        weights[0] = points.weights.map(|weight| Eight([weight; TREES]));
        Scratch {
            decisions: [0; POSITIONS_MAX],
            off_path: [0; POSITIONS_MAX],
            weights,
            means: Box::new([[nothing; Q]; POSITIONS_MAX]),
            contributions: Box::new([nothing; POSITIONS_MAX]),
        }
    }
}

impl<const Q: usize> FullTrees<Q> {
    /// Adds the contributions of the trees to the sums of a row with these decisions. A bit is set where it goes left.
    #[inline(always)]
    pub(super) fn add<L: Lanes>(
        &self,
        decisions: &[u8],
        points: &QuadraturePoints<Q>,
        scratch: &mut Scratch<Q>,
        sums: &mut [f64],
    ) {
        let positions = self.shares.len();
        scratch.decisions[..positions].copy_from_slice(decisions);
        scratch.off_path[..positions].fill(0);
        for EarlierPosition { position, above, tree, left } in &self.earlier {
            let above = usize::from(*above);
            let is_elsewhere = scratch.decisions[above] ^ left | scratch.off_path[above];
            scratch.off_path[usize::from(*position)] |= is_elsewhere & tree;
        }
        let mut repeated = self.repeated.iter().peekable();
        for position in 0..positions / 2 {
            let repeated = repeated.next_if(|repeated| repeated.position == position);
            let (decisions, off_path) = (scratch.decisions[position], scratch.off_path[position]);
            let factors = self.factors::<L>(position, decisions, off_path, repeated, points);
            for (at, (factor, _)) in factors.into_iter().enumerate() {
                let weight = L::load(&scratch.weights[position][at]);
                let left = weight.mul(factor);
                left.store(&mut scratch.weights[2 * position + 1][at]);
                weight.sub(left).store(&mut scratch.weights[2 * position + 2][at]);
            }
        }
        let mut repeated = self.repeated.iter().rev().peekable();
        for position in (0..positions).rev() {
            let repeated = repeated.next_if(|repeated| repeated.position == position);
            let (decisions, off_path) = (scratch.decisions[position], scratch.off_path[position]);
            let factors = self.factors::<L>(position, decisions, off_path, repeated, points);
            let mut contribution = L::splat(0.0);
            for (at, (factor, gain)) in factors.into_iter().enumerate() {
                let left = self.mean::<L>(2 * position + 1, at, scratch);
                let right = self.mean::<L>(2 * position + 2, at, scratch);
                let difference = left.sub(right);
                right.add(factor.mul(difference)).store(&mut scratch.means[position][at]);
                let weight = L::load(&scratch.weights[position][at]);
                contribution = contribution.add(gain.mul(difference).mul(weight));
            }
            contribution.store(&mut scratch.contributions[position]);
        }
        for split in &self.attributions {
            let contributions = &scratch.contributions[usize::from(split.position)];
            sums[split.feature as usize] += contributions.0[usize::from(split.tree) % TREES];
        }
    }

    /// Returns the means of a position at a point.
    #[inline(always)]
    fn mean<L: Lanes>(&self, position: usize, at: usize, scratch: &Scratch<Q>) -> L {
        match position.checked_sub(self.shares.len()) {
            Some(leaf) => L::load_f32(&self.leaves[leaf]),
            None => L::load(&scratch.means[position][at]),
        }
    }

    /// Returns factors and gains of the eight splits of a position at each point, step by step as in
    /// [`super::path_splits`].
    #[inline(always)]
    fn factors<L: Lanes>(
        &self,
        position: usize,
        decisions: u8,
        off_path: u8,
        repeated: Option<&RepeatedFeatures<Q>>,
        points: &QuadraturePoints<Q>,
    ) -> [(L, L); Q] {
        let (zero, one) = (L::splat(0.0), L::splat(1.0));
        let share = L::load(&self.shares[position]);
        let goes_left = zero.blend(one, decisions);
        // Where the row is off the path, the feature counts as unknown.
        let gain = goes_left.sub(share).blend(zero, off_path);
        let mut factors = [(zero, gain); Q];
        for (at, (factor, _)) in factors.iter_mut().enumerate() {
            *factor = share.add(gain.mul(L::splat(points.known[at])));
        }
        let Some(repeated) = repeated else { return factors };
        let on_path = repeated.trees & !off_path;
        let above = L::load(&repeated.above);
        let both = above.mul(share);
        for (at, (factor, gain)) in factors.iter_mut().enumerate() {
            let (t, rest) = (L::splat(points.known[at]), L::splat(points.unknown[at]));
            let inverse = L::load(&repeated.inverses[at]);
            let repeated_factor = both.mul(rest).add(goes_left.mul(t)).mul(inverse);
            let repeated_gain = goes_left.sub(both).sub(one.sub(above).mul(repeated_factor)).mul(inverse);
            *factor = factor.blend(repeated_factor, on_path);
            *gain = gain.blend(repeated_gain, on_path);
        }
        factors
    }
}
