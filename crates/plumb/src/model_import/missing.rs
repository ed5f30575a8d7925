//! Whether an imported model knows missing values, or had a number in their place.
//!
//! The file does not say so. A wrong guess gives scores that look right: so where the trees show that training had no missing
//! values, and our rows have some, the user says what stood in their place.

use anyhow::{Result, bail};
use plumb_lead::{FeatureSet, Table, Values};
use plumb_learn::trees::ColumnSplits;

/// With fewer splits in one direction, chance may have chosen it.
const SPLITS_MIN: usize = 8;

/// Columns that a message names.
const COLUMNS_SHOWN: usize = 5;

/// What missing values are to an imported model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum MissingValue {
    /// Missing to the trees as well: they go the way that XGBoost has stored.
    AsStored,
    /// This number stood in their place.
    Number(f32),
}

/// Values of a column in our rows.
struct OurColumn {
    share_missing: f64,
    least: f32,
    greatest: f32,
}

/// Returns the number that stands for missing values in a model, or `None`; and asks if its trees show that there is one and the
/// user has not said which.
pub(crate) fn missing_number(
    splits: &[ColumnSplits],
    features: &FeatureSet,
    table: &Table,
    said: Option<MissingValue>,
) -> Result<Option<f32>> {
    match said {
        Some(MissingValue::AsStored) => return Ok(None),
        Some(MissingValue::Number(number)) => return Ok(Some(number)),
        None => {}
    }
    let columns: Vec<(&str, &ColumnSplits, OurColumn)> = features
        .features
        .iter()
        .zip(splits)
        .filter(|(_, splits)| splits.thresholds.len() >= SPLITS_MIN)
        .filter_map(|(feature, splits)| {
            let ours = OurColumn::of(&table.column(&feature.name)?.values)?;
            Some((feature.name.as_str(), splits, ours))
        })
        .collect();
    // Ways that differ were learned from missing values. Then one column may have one way by its nature.
    let knows_missing = columns.iter().any(|(_, splits, _)| !splits.is_one_way());
    let found = columns.iter().filter_map(|(name, splits, ours)| evidence(name, splits, ours, knows_missing));
    let found: Vec<String> = found.collect();
    if found.is_empty() {
        return Ok(None);
    }
    let more = found.len().saturating_sub(COLUMNS_SHOWN);
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    bail!(
        "the model was trained without missing values, and our rows have some: {}{more}. Its file does not say what stood in \
         their place: say it by `--missing NUMBER`, such as `--missing=-999` if they were filled with -999, or by \
         `--missing nan` if they were left missing",
        found[..found.len().min(COLUMNS_SHOWN)].join("; ")
    )
}

/// Returns why missing values of a column must have been a number in training, if its splits show that.
fn evidence(name: &str, splits: &ColumnSplits, ours: &OurColumn, knows_missing: bool) -> Option<String> {
    let count = splits.thresholds.len();
    if !splits.is_one_way() {
        return None;
    }
    // Only a number below all real ones goes left at a threshold that is the least of them; above all, it is alike.
    let below = splits.thresholds.partition_point(|threshold| *threshold <= ours.least);
    let above = count - splits.thresholds.partition_point(|threshold| *threshold <= ours.greatest);
    let (left, percent) = (splits.missing_left == count, 100.0 * ours.share_missing);
    let beyond = match (below, above) {
        (0, 0) => String::new(),
        (below, 0) => format!(", {below} of them at or under {}, our least value", ours.least),
        (_, above) => format!(", {above} of them over {}, our greatest value", ours.greatest),
    };
    // All to the left is what a number below all others does as well.
    let is_told = if left { above > 0 } else { below > 0 || !knows_missing };
    is_told.then(|| {
        format!("`{name}` is missing in {percent:.1} % of them, and its {count} splits have one way for that{beyond}")
    })
}

impl OurColumn {
    /// Returns `None` for a column of words, or one without missing values.
    fn of(values: &Values) -> Option<OurColumn> {
        let (Values::Number(values) | Values::Flag(values)) = values else { return None };
        let missing = values.iter().filter(|value| value.is_nan()).count();
        let present = || values.iter().copied().filter(|value| !value.is_nan());
        (missing > 0 && missing < values.len()).then(|| OurColumn {
            share_missing: missing as f64 / values.len() as f64,
            least: present().fold(f32::INFINITY, f32::min),
            greatest: present().fold(f32::NEG_INFINITY, f32::max),
        })
    }
}

#[cfg(test)]
mod tests {
    use plumb_lead::{Column, MessageCatalog};

    use super::*;

    fn found(
        missing_left: usize,
        thresholds: &[f32],
        values: &[f32],
        said: Option<MissingValue>,
    ) -> Result<Option<f32>> {
        let values = Values::Number(values.to_vec());
        let table = Table::new(vec![Column { name: "budget".to_owned(), values }]).expect("one column");
        let features = FeatureSet::learn(&table, &MessageCatalog::default());
        let splits = ColumnSplits { thresholds: thresholds.to_vec(), missing_left };
        missing_number(&[splits], &features, &table, said)
    }

    const TEN: [f32; 10] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

    #[test]
    fn splits_of_one_way_are_asked_about_where_our_rows_miss_values() {
        let ours = [0.0, 9.5, f32::NAN, 4.0];
        let asked = found(0, &TEN, &ours, None).expect_err("one way").to_string();
        let expected =
            "`budget` is missing in 25.0 % of them, and its 10 splits have one way for that, 1 of them at or under 0";
        assert!(asked.contains(expected), "{asked}");
        assert_eq!(found(3, &TEN, &ours, None).expect("ways that were learned"), None);
        assert_eq!(found(0, &TEN, &[0.0, 4.0], None).expect("nothing is missing"), None);
        assert_eq!(found(0, &TEN[..7], &ours, None).expect("chance"), None);
    }

    #[test]
    fn a_model_that_knows_missing_values_may_have_one_way_for_a_column() {
        let column = |name: &str| Column { name: name.to_owned(), values: Values::Number(vec![-1.0, f32::NAN]) };
        let table = Table::new(vec![column("budget"), column("visits")]).expect("two columns");
        let features = FeatureSet::learn(&table, &MessageCatalog::default());
        let splits = |missing_left| ColumnSplits { thresholds: TEN.to_vec(), missing_left };
        let asked = |ways: [usize; 2]| missing_number(&ways.map(splits), &features, &table, None).is_err();
        assert!(asked([0, 0]) && !asked([0, 4]));
    }

    #[test]
    fn all_to_the_left_is_the_way_of_a_number_below_all_others() {
        assert_eq!(found(10, &TEN, &[0.0, 9.5, f32::NAN], None).expect("the same way"), None);
        let asked = found(10, &TEN, &[0.0, 8.5, f32::NAN], None).expect_err("a number above").to_string();
        assert!(asked.contains("1 of them over 8.5, our greatest value"), "{asked}");
    }

    #[test]
    fn what_the_user_says_counts() {
        let ours = [0.0, f32::NAN];
        assert_eq!(found(0, &TEN, &ours, Some(MissingValue::Number(-999.0))).expect("said"), Some(-999.0));
        assert_eq!(found(0, &TEN, &ours, Some(MissingValue::AsStored)).expect("said"), None);
    }
}
