//! Compares two columns to the last bit, however their values are stored.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::row::{RowConverter, SortField};

/// Returns the first row in which two columns of one type differ. A longer column differs in the first row that only it
/// has.
pub(crate) fn first_difference(one: &ArrayRef, other: &ArrayRef) -> Result<Option<usize>, ArrowError> {
    let converter = RowConverter::new(vec![SortField::new(one.data_type().clone())])?;
    let one = converter.convert_columns(std::slice::from_ref(one))?;
    let other = converter.convert_columns(std::slice::from_ref(other))?;
    let shorter = one.num_rows().min(other.num_rows());
    let differing = (0..shorter).find(|row| one.row(*row) != other.row(*row));
    Ok(differing.or_else(|| (one.num_rows() != other.num_rows()).then_some(shorter)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::Float64Array;

    use super::*;

    #[test]
    fn one_bit_or_a_missing_value_is_a_difference() {
        let numbers = |numbers: &[Option<f64>]| -> ArrayRef { Arc::new(Float64Array::from(numbers.to_vec())) };
        let found = |one: &[Option<f64>], other: &[Option<f64>]| {
            first_difference(&numbers(one), &numbers(other)).expect("comparable")
        };
        assert_eq!(found(&[Some(0.1), None, Some(f64::NAN)], &[Some(0.1), None, Some(f64::NAN)]), None);
        assert_eq!(found(&[Some(0.1), Some(0.1)], &[Some(0.1), Some(0.1_f64.next_up())]), Some(1));
        assert_eq!(found(&[Some(0.0)], &[Some(-0.0)]), Some(0));
        assert_eq!(found(&[Some(0.0)], &[None]), Some(0));
        assert_eq!(found(&[Some(0.0)], &[Some(0.0), None]), Some(1));
    }
}
