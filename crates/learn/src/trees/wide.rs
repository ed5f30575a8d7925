//! The loops over blocks of rows, compiled for the vector instructions that the processor turns out to have.
//!
//! It is the same code each time, and nothing in it lets the compiler reorder an addition, so the answers are the same
//! to the bit on every machine.

use super::codes::Codes;
use super::{Explainer, ROWS, Trees};

/// Sets the sums of the trees for up to a block of rows.
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

/// Adds the contributions of the trees for up to so many rows.
pub(super) fn contributions<const COUNT: usize>(
    trees: &Trees,
    explainers: &[Explainer],
    rows: &[f32],
    contributions: &mut [f64],
) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn avx2<const COUNT: usize>(trees: &Trees, explainers: &[Explainer], rows: &[f32], contributions: &mut [f64]) {
            any_contributions::<COUNT>(trees, explainers, rows, contributions);
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has what the function was compiled for.
            return unsafe { avx2::<COUNT>(trees, explainers, rows, contributions) };
        }
    }
    any_contributions::<COUNT>(trees, explainers, rows, contributions);
}

#[inline(always)]
fn any_margins(trees: &Trees, rows: &[f32], sums: &mut [f64]) {
    let codes = coded::<ROWS>(&trees.codes, rows, trees.columns);
    let mut laid: Vec<Vec<f32>> = Vec::new();
    for (at, leaves) in trees.leaves.iter().enumerate() {
        match leaves {
            Some(leaves) => leaves.add(&codes, sums),
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
fn any_contributions<const COUNT: usize>(
    trees: &Trees,
    explainers: &[Explainer],
    rows: &[f32],
    contributions: &mut [f64],
) {
    let codes = coded::<COUNT>(&trees.codes, rows, trees.columns);
    for explainer in explainers {
        match explainer {
            Explainer::Tables(tables) => tables.add(&codes, contributions, trees.columns),
            Explainer::Deep(deep) => deep.add(&codes, contributions, trees.columns),
        }
    }
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
        for depth in [4, 12] {
            let (trees, matrix) = trained(depth);
            let rows = &matrix.values[..ROWS * matrix.columns];
            let (mut found, mut expected) = (vec![0.0; ROWS], vec![0.0; ROWS]);
            margins(&trees, rows, &mut found);
            any_margins(&trees, rows, &mut expected);
            assert_eq!(found, expected, "depth {depth}");
            for bytes_max in [0, usize::MAX] {
                let explainers = trees.explainers(bytes_max);
                let (mut found, mut expected) = (vec![0.0; rows.len()], vec![0.0; rows.len()]);
                contributions::<ROWS>(&trees, &explainers, rows, &mut found);
                any_contributions::<ROWS>(&trees, &explainers, rows, &mut expected);
                assert_eq!(found, expected, "depth {depth}");
            }
        }
    }
}
