//! What several fuzz targets do with a model that was read.

use plumb_lead::Matrix;
use plumb_learn::trees::Trees;

/// With more columns than this a row only measures how much memory there is.
const COLUMNS_MAX: usize = 1 << 16;

/// Returns a row in which every value is missing.
pub fn blank(columns: usize) -> Matrix {
    Matrix { values: vec![f32::NAN; columns], rows: 1, columns }
}

/// Scores and explains two rows. Trees that were read are sound: neither may fail, and the contributions sum to the margin.
pub fn score(trees: &Trees) {
    let columns = trees.columns();
    if columns > COLUMNS_MAX {
        return;
    }
    let mut rows = blank(columns);
    rows.values.extend(vec![0.0; columns]);
    rows.rows = 2;
    let margins = trees.margins(&rows).expect("trees that were read score any row");
    let explanation = trees.explain(&rows).expect("trees that were read explain any row");
    for (row, margin) in margins.into_iter().enumerate() {
        let sum = explanation.margin(row);
        let is_equal = (sum - margin).abs() <= 1e-6 * (1.0 + margin.abs()) || !margin.is_finite() || !sum.is_finite();
        assert!(is_equal, "contributions of {sum} to a margin of {margin}");
    }
}
