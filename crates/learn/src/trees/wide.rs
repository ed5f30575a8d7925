//! The loops over blocks of rows, compiled for the vector instructions that the processor turns out to have.
//!
//! It is the same code each time, and nothing in it lets the compiler reorder an addition or take two steps for one, so
//! the answers are the same to the bit on every machine.

use super::codes::Codes;
use super::lanes::{Eight, LANES, Lanes};
use super::walk::Laid;
use super::{ROWS, Trees};

/// Something to be done as fast as this processor can.
trait Work {
    /// Does it. Has to be compiled into its caller, and so has all that it calls.
    fn run<L: Lanes>(self);
}

/// Does some work with the widest instructions that there are.
fn widest(work: impl Work) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{__m256d, __m512d};

        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi2")]
        fn avx512(work: impl Work) {
            work.run::<__m512d>();
        }
        #[target_feature(enable = "avx2,bmi2")]
        fn avx2(work: impl Work) {
            work.run::<[__m256d; 2]>();
        }
        let [has_avx512, has_avx2] = instructions();
        if has_avx512 {
            // SAFETY: the processor has what the function was compiled for.
            return unsafe { avx512(work) };
        }
        if has_avx2 {
            // SAFETY: the same.
            return unsafe { avx2(work) };
        }
    }
    work.run::<[f64; LANES]>();
}

/// Returns whether the processor has what either version was compiled for.
#[cfg(target_arch = "x86_64")]
fn instructions() -> [bool; 2] {
    let bmi2 = is_x86_feature_detected!("bmi2");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    [bmi2 && avx512, bmi2 && is_x86_feature_detected!("avx2")]
}

/// Adds what the trees say of rows to their sums.
pub(super) fn margins(trees: &Trees, rows: &[f32], sums: &mut [f64]) {
    widest(Margins { trees, rows, sums });
}

/// Sets the contributions of the trees for rows.
pub(super) fn contributions(trees: &Trees, rows: &[f32], contributions: &mut [f64]) {
    widest(Contributions { trees, rows, contributions });
}

/// Sets the contributions of the trees for one row.
pub(super) fn contributions_of_one(trees: &Trees, row: &[f32], contributions: &mut [f64]) {
    widest(ContributionsOfOne { trees, row, contributions });
}

struct Margins<'a> {
    trees: &'a Trees,
    rows: &'a [f32],
    sums: &'a mut [f64],
}

impl Work for Margins<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Margins { trees, rows, sums } = self;
        let blocks = coded_blocks(trees, rows);
        let mut numbers = [[0; ROWS]; _];
        let mut laid: Vec<Laid> = Vec::new();
        for (at, leaves) in trees.leaves.iter().enumerate() {
            match leaves {
                Some(leaves) => {
                    for (codes, sums) in blocks.iter().zip(sums.chunks_mut(ROWS)) {
                        leaves.add(codes, &mut numbers, sums);
                    }
                }
                None => {
                    if laid.is_empty() {
                        laid.extend(rows.chunks_exact(trees.columns).map(|row| trees.walk.lay_out(row)));
                    }
                    for (sum, laid) in sums.iter_mut().zip(&laid) {
                        *sum += trees.walk.one(at, laid);
                    }
                }
            }
        }
    }
}

struct Contributions<'a> {
    trees: &'a Trees,
    rows: &'a [f32],
    contributions: &'a mut [f64],
}

impl Work for Contributions<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Contributions { trees, rows, contributions } = self;
        let columns = trees.columns;
        let blocks = coded_blocks(trees, rows);
        let mut sums = vec![vec![Eight([0.0; LANES]); columns * (ROWS / LANES)]; blocks.len()];
        trees.groves.add::<L, ROWS>(&blocks, &mut sums);
        for (sums, contributions) in sums.iter().zip(contributions.chunks_mut(ROWS * columns)) {
            for (row, contributions) in contributions.chunks_exact_mut(columns).enumerate() {
                let eights = sums.iter().skip(row / LANES).step_by(ROWS / LANES);
                for (contribution, eight) in contributions.iter_mut().zip(eights) {
                    *contribution = eight.0[row % LANES];
                }
            }
        }
    }
}

struct ContributionsOfOne<'a> {
    trees: &'a Trees,
    row: &'a [f32],
    contributions: &'a mut [f64],
}

impl Work for ContributionsOfOne<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let ContributionsOfOne { trees, row, contributions } = self;
        let codes = coded::<1>(&trees.codes, row, trees.columns);
        contributions.fill(0.0);
        trees.groves.add_to_one::<L>(&codes, contributions);
    }
}

#[inline(always)]
fn coded_blocks(trees: &Trees, rows: &[f32]) -> Vec<Vec<[u8; ROWS]>> {
    rows.chunks(ROWS * trees.columns).map(|rows| coded(&trees.codes, rows, trees.columns)).collect()
}

#[inline(always)]
fn coded<const COUNT: usize>(codes: &Codes, rows: &[f32], width: usize) -> Vec<[u8; COUNT]> {
    let mut coded = vec![[0; COUNT]; codes.columns()];
    codes.fill(rows, width, &mut coded);
    coded
}

#[cfg(test)]
mod tests {
    use super::super::tests::trained;
    use super::*;

    /// On a processor without vector instructions worth a version of their own, this compares a thing with itself.
    #[test]
    fn every_processor_gives_the_same_answers() {
        for depth in [1, 4, 6, 8, 12] {
            let (trees, matrix) = trained(depth);
            let (trees, rows) = (&trees, &matrix.values[..ROWS * matrix.columns]);
            let (mut found, mut expected) = (vec![0.0; ROWS], vec![0.0; ROWS]);
            margins(trees, rows, &mut found);
            Margins { trees, rows, sums: &mut expected }.run::<[f64; LANES]>();
            assert_eq!(found, expected, "depth {depth}");
            let (mut found, mut expected) = (vec![0.0; rows.len()], vec![0.0; rows.len()]);
            contributions(trees, rows, &mut found);
            Contributions { trees, rows, contributions: &mut expected }.run::<[f64; LANES]>();
            assert_eq!(found, expected, "depth {depth}");
            for (row, expected) in rows.chunks(matrix.columns).zip(expected.chunks(matrix.columns)) {
                let (mut found, mut anywhere) = (vec![0.0; row.len()], vec![0.0; row.len()]);
                contributions_of_one(trees, row, &mut found);
                ContributionsOfOne { trees, row, contributions: &mut anywhere }.run::<[f64; LANES]>();
                assert_eq!((found.as_slice(), anywhere.as_slice()), (expected, expected), "depth {depth}, alone");
            }
        }
    }
}
