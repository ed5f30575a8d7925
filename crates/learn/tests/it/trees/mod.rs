//! The kernel that scores and explains trees: against XGBoost, against the definition, and against malformed files.

mod against_xgboost;
mod shapley;
mod format;

use plumb_lead::Matrix;
use plumb_learn::Explanation;
use plumb_learn::trees::Trees;

/// Scores and explains rows, and compares the two with each other and with the results for single rows.
#[track_caller]
fn score_and_explain(trees: &Trees, matrix: &Matrix) -> (Vec<f64>, Explanation) {
    let margins = trees.margins(matrix).expect("the matrix fits");
    let explanation = trees.explain(matrix).expect("the matrix fits");
    assert_eq!((margins.len(), explanation.columns), (matrix.rows, matrix.columns));
    assert_eq!(explanation.base, trees.base());
    for (row, margin) in margins.iter().enumerate() {
        let sum = explanation.margin(row);
        assert!((sum - margin).abs() < 1e-9, "row {row}: contributions sum to {sum}, the margin is {margin}");
    }
    for row in (0..matrix.rows).step_by(1 + matrix.rows / 20) {
        let alone = matrix.select(&[row]);
        let margin = trees.margins(&alone).expect("the matrix fits")[0];
        assert_eq!(margin.to_bits(), margins[row].to_bits(), "row {row} alone");
        assert_eq!(trees.explain(&alone).expect("the matrix fits").row(0), explanation.row(row), "row {row} alone");
    }
    (margins, explanation)
}
