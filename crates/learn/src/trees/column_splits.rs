//! How a model splits each column: what its thresholds tell of missing values in training.
//!
//! XGBoost chooses at each split the way of missing values by their gain. Where training had none, there is nothing to choose:
//! all splits of the column have one way, which depends on the tree method and means nothing. A program that filled missing
//! values with a number, such as -999, leaves such a model behind; its file does not say so.

use super::format;
use super::tree::SplitTest;
use crate::error::Error;

/// The splits of one column at thresholds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnSplits {
    /// The thresholds, ascending, each as often as it is used: a value under it goes left.
    pub thresholds: Vec<f32>,
    /// How many of them send missing values left.
    pub missing_left: usize,
}

/// Returns the splits of each column of a model's file, in JSON or UBJ.
pub fn column_splits(bytes: &[u8]) -> Result<Vec<ColumnSplits>, Error> {
    let model = format::read(bytes, None).map_err(|why| Error::Trees { why })?;
    let mut columns = vec![ColumnSplits::default(); model.columns];
    for split in model.trees.iter().flat_map(|tree| tree.splits()) {
        if let SplitTest::Below(threshold) = split.test {
            let column = &mut columns[split.feature];
            column.thresholds.push(threshold);
            column.missing_left += usize::from(split.default_left);
        }
    }
    columns.iter_mut().for_each(|column| column.thresholds.sort_by(f32::total_cmp));
    Ok(columns)
}

impl ColumnSplits {
    /// Returns whether all splits, of which there must be some, send missing values the same way, as where training had none.
    pub fn is_one_way(&self) -> bool {
        let splits = self.thresholds.len();
        splits > 0 && (self.missing_left == 0 || self.missing_left == splits)
    }

    /// Returns the share of splits at which a number goes the other way than missing values.
    pub fn share_otherwise(&self, number: f32) -> f64 {
        let splits = self.thresholds.len();
        let left = splits - self.thresholds.partition_point(|threshold| *threshold <= number);
        // Only asked of columns with one way.
        let differ = if self.missing_left == 0 { left } else { splits - left };
        differ as f64 / splits.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_differs_from_missing_where_its_way_is_the_other() {
        let mut splits = ColumnSplits { thresholds: vec![0.0, 1.0, 2.0, 3.0], missing_left: 0 };
        assert!(splits.is_one_way());
        assert_eq!(splits.share_otherwise(-999.0), 1.0);
        assert_eq!(splits.share_otherwise(1.0), 0.5, "at its own threshold a number goes right");
        splits.missing_left = 4;
        assert_eq!(splits.share_otherwise(-999.0), 0.0);
        splits.missing_left = 3;
        assert!(!splits.is_one_way() && !ColumnSplits::default().is_one_way());
    }
}
