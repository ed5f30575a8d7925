//! The results of a run: the contributions and the base of each row, as 64-bit numbers in a file.

use std::error::Error;
use std::path::Path;

use crate::rows::COLUMNS;

/// Rows whose results are compared.
pub(crate) const COMPARED_ROWS: usize = 256;

pub(crate) struct Results(pub(crate) Vec<f64>);

impl Results {
    pub(crate) fn write(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        Ok(std::fs::write(path, self.0.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?)
    }

    pub(crate) fn read(path: &Path) -> Result<Results, Box<dyn Error>> {
        let bytes = std::fs::read(path)?;
        let values: Vec<f64> = bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        if values.len() != COMPARED_ROWS * (COLUMNS + 1) {
            return Err(format!("`{}` has {} numbers", path.display(), values.len()).into());
        }
        Ok(Results(values))
    }

    /// Returns the largest difference of two numbers.
    pub(crate) fn max_difference(&self, other: &Results) -> f64 {
        self.0.iter().zip(&other.0).fold(0.0, |largest, (one, other)| {
            let difference = (one - other).abs();
            // NaN counts as the largest difference.
            if difference <= largest { largest } else { difference }
        })
    }
}
