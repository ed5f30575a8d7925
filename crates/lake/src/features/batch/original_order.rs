//! Rows of chunks in the caller's order.

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::error::Result;

use super::chunk::concat_parts;
use crate::features::feature_program::FeatureProgram;

/// Concatenates the columns of chunks and puts their rows into the caller's order. `order` has the caller's position of
/// each row.
pub(crate) fn in_original_order(
    program: &FeatureProgram,
    chunks: &[Vec<ArrayRef>],
    order: &[u32],
) -> Result<Vec<ArrayRef>> {
    let mut row_of = vec![0_u32; order.len()];
    for (row, index) in order.iter().enumerate() {
        row_of[*index as usize] = row as u32;
    }
    let row_of = UInt32Array::from(row_of);
    let columns = concat_parts(&program.program, chunks)?;
    columns.iter().map(|column| Ok(take(column, &row_of, None)?)).collect()
}
