//! The loops over blocks of rows, compiled for the vector instructions that the processor turns out to have.
//!
//! It is the same code each time, and nothing in it lets the compiler reorder an addition, so the answers are the same
//! to the bit on every machine.

use super::codes::Codes;
use super::tables::{NO_PATTERNS, Scratch};
use super::{Explainer, Explainers, ROWS, Trees};

/// For one row, how many trees ahead its entries are asked for.
const AHEAD: usize = 8;

/// Adds what the trees say of rows to their sums.
pub(super) fn margins(trees: &Trees, rows: &[f32], sums: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn avx2(trees: &Trees, rows: &[f32], sums: &mut [f64]) {
            any_margins(trees, rows, sums);
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has what the function was compiled for.
            return unsafe { avx2(trees, rows, sums) };
        }
    }
    any_margins(trees, rows, sums);
}

/// Adds the contributions of the trees to those of rows.
pub(super) fn contributions(trees: &Trees, explainers: &Explainers, rows: &[f32], contributions: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn avx2(trees: &Trees, explainers: &Explainers, rows: &[f32], contributions: &mut [f64]) {
            any_contributions(trees, explainers, rows, contributions);
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has what the function was compiled for.
            return unsafe { avx2(trees, explainers, rows, contributions) };
        }
    }
    any_contributions(trees, explainers, rows, contributions);
}

/// Sets the contributions of the trees for one row.
pub(super) fn contributions_of_one(trees: &Trees, explainers: &Explainers, row: &[f32], contributions: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "bmi2")]
        fn bmi2(trees: &Trees, explainers: &Explainers, row: &[f32], contributions: &mut [f64]) {
            any_contributions_of_one::<true>(trees, explainers, row, contributions);
        }
        if is_x86_feature_detected!("bmi2") {
            // SAFETY: the processor has what the function was compiled for.
            return unsafe { bmi2(trees, explainers, row, contributions) };
        }
    }
    any_contributions_of_one::<false>(trees, explainers, row, contributions);
}

/// There is nothing to be done side by side. What takes time is to fetch a line from each table, so it is asked for some
/// trees ahead.
#[inline(always)]
fn any_contributions_of_one<const BMI2: bool>(
    trees: &Trees,
    explainers: &Explainers,
    row: &[f32],
    contributions: &mut [f64],
) {
    let codes = coded::<1>(&trees.codes, row, trees.columns);
    let answers = explainers.answers.of(&codes);
    let mut sums = vec![0.0; trees.columns + 1];
    let mut found = [NO_PATTERNS; AHEAD];
    for ahead in 0..explainers.trees.len() + AHEAD {
        let patterns = &mut found[ahead % AHEAD];
        match ahead.checked_sub(AHEAD).map(|at| &explainers.trees[at]) {
            Some(Explainer::Tables(tables)) => tables.add_for_one(&explainers.entries, patterns, &mut sums),
            Some(Explainer::Deep(deep)) => deep.add(&codes, &mut sums[..trees.columns], trees.columns),
            None => {}
        }
        if let Some(Explainer::Tables(tables)) = explainers.trees.get(ahead) {
            tables.find_for_one::<BMI2>(&answers, &explainers.entries, patterns);
        }
    }
    contributions.copy_from_slice(&sums[..trees.columns]);
}

#[inline(always)]
fn any_margins(trees: &Trees, rows: &[f32], sums: &mut [f64]) {
    let blocks = coded_blocks(trees, rows);
    let mut numbers = [[0; ROWS]; _];
    let mut laid: Vec<Vec<f32>> = Vec::new();
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

#[inline(always)]
fn any_contributions(trees: &Trees, explainers: &Explainers, rows: &[f32], contributions: &mut [f64]) {
    let columns = trees.columns;
    let blocks = coded_blocks(trees, rows);
    let mut scratch = Scratch::<ROWS>::EMPTY;
    for explainer in &explainers.trees {
        for (codes, contributions) in blocks.iter().zip(contributions.chunks_mut(ROWS * columns)) {
            match explainer {
                Explainer::Tables(tables) => {
                    tables.find(codes, &mut scratch);
                    tables.add(&explainers.entries, &scratch, contributions, columns);
                }
                Explainer::Deep(deep) => deep.add(codes, contributions, columns),
            }
        }
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
        for depth in [4, 8, 12] {
            let (trees, matrix) = trained(depth);
            let rows = &matrix.values[..ROWS * matrix.columns];
            let (mut found, mut expected) = (vec![0.0; ROWS], vec![0.0; ROWS]);
            margins(&trees, rows, &mut found);
            any_margins(&trees, rows, &mut expected);
            assert_eq!(found, expected, "depth {depth}");
            for bytes_max in [0, usize::MAX] {
                let explainers = trees.explainers(bytes_max);
                let (mut found, mut expected) = (vec![0.0; rows.len()], vec![0.0; rows.len()]);
                contributions(&trees, &explainers, rows, &mut found);
                any_contributions(&trees, &explainers, rows, &mut expected);
                assert_eq!(found, expected, "depth {depth}");
                for (row, expected) in rows.chunks(matrix.columns).zip(expected.chunks(matrix.columns)) {
                    let (mut found, mut anywhere) = (vec![0.0; row.len()], vec![0.0; row.len()]);
                    contributions_of_one(&trees, &explainers, row, &mut found);
                    any_contributions_of_one::<false>(&trees, &explainers, row, &mut anywhere);
                    assert_eq!((found.as_slice(), anywhere.as_slice()), (expected, expected), "depth {depth}, alone");
                }
            }
        }
    }
}
