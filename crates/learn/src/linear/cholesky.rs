//! Systems of symmetric positive definite equations by Cholesky's decomposition, for [`super::newton`].

/// Sums products in four parts, in one order on any machine.
pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (left_fours, right_fours) = (left.chunks_exact(4), right.chunks_exact(4));
    let rest = left_fours.remainder().iter().zip(right_fours.remainder());
    let rest: f64 = rest.map(|(left, right)| left * right).sum();
    for (left, right) in left_fours.zip(right_fours) {
        sums.iter_mut().zip(left.iter().zip(right)).for_each(|(sum, (left, right))| *sum += left * right);
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// Returns Cholesky's factor of a symmetric positive definite matrix, given as its lower half; `None` if rounding has
/// made it indefinite, which happens when the data is perfectly separated but for the penalty.
pub(crate) fn factored(mut matrix: Vec<f64>, size: usize) -> Option<Vec<f64>> {
    for row in 0..size {
        for column in 0..=row {
            let known = dot(&matrix[row * size..][..column], &matrix[column * size..][..column]);
            let rest = matrix[row * size + column] - known;
            if row != column {
                matrix[row * size + column] = rest / matrix[column * size + column];
            } else if rest > 0.0 {
                matrix[row * size + row] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    Some(matrix)
}

/// Puts the solution of a factored system into the place of its right side.
pub(crate) fn substitute(factor: &[f64], right: &mut [f64]) {
    let size = right.len();
    for row in 0..size {
        let known = dot(&factor[row * size..][..row], &right[..row]);
        right[row] = (right[row] - known) / factor[row * size + row];
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|below| factor[below * size + row] * right[below]).sum();
        right[row] = (right[row] - known) / factor[row * size + row];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_typed_by_hand_is_solved() {
        // 4x + 2y = 10 and 2x + 3y = 11, so x = 1 and y = 3.
        let mut found = vec![10.0, 11.0];
        substitute(&factored(vec![4.0, 0.0, 2.0, 3.0], 2).expect("positive definite"), &mut found);
        assert!((found[0] - 1.0).abs() < 1e-12 && (found[1] - 3.0).abs() < 1e-12, "{found:?}");
        assert_eq!(factored(vec![1.0, 0.0, 2.0, 1.0], 2), None);
    }
}
