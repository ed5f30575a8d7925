//! The columns of bins of a model, and how rows are binned.

use std::collections::BTreeMap;

use super::bin_test::{BinList, BinTest};
use super::values::{CATEGORIES_PER_COLUMN, MISSING_BIN, OTHER_BIN, THRESHOLDS_MAX, category_bins, threshold_bins};
use crate::trees::blocks::BLOCK_ROWS;
use crate::trees::tree::{Split, SplitTest, Tree};

/// The columns of bins that a model's splits need.
#[derive(Debug)]
pub(crate) struct Bins {
    features: Vec<FeatureBins>,
    columns: usize,
}

/// A feature with its first column for splits that send missing values left, and for those that send them right.
#[derive(Debug)]
struct FeatureBins {
    feature: usize,
    kind: BinKind,
    left: Option<usize>,
    right: Option<usize>,
}

#[derive(Debug)]
enum BinKind {
    /// Thresholds in ascending order, each once.
    Thresholds(Vec<f32>),
    /// Categories under this one.
    Categories(u32),
}

impl Bins {
    /// Returns the columns for some trees.
    pub(crate) fn new(trees: &[Tree]) -> Bins {
        let mut drafts: BTreeMap<(usize, bool), FeatureBins> = BTreeMap::new();
        for split in trees.iter().flat_map(Tree::splits) {
            drafts.entry(key(split)).or_insert_with(|| FeatureBins::empty(split)).add(split);
        }
        let mut bins = Bins { features: drafts.into_values().collect(), columns: 0 };
        for feature in &mut bins.features {
            if let BinKind::Thresholds(thresholds) = &mut feature.kind {
                thresholds.sort_unstable_by(f32::total_cmp);
                // 0 and -0 are one threshold.
                thresholds.dedup_by(|one, other| one == other);
            }
            let chunks = feature.chunks();
            for first in [&mut feature.left, &mut feature.right].into_iter().flatten() {
                *first = bins.columns;
                bins.columns += chunks;
            }
        }
        bins
    }

    /// Returns the number of columns.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// Returns the test of a split, which must be one of those that the columns were made for.
    pub(crate) fn test(&self, split: &Split) -> BinTest {
        let at = self.features.binary_search_by_key(&key(split), FeatureBins::key);
        let feature = &self.features[at.expect("a column was made for each split")];
        let first = if split.default_left { feature.left } else { feature.right };
        let first = first.expect("a column was made for each direction of missing values");
        match (&split.test, &feature.kind) {
            (SplitTest::Below(threshold), BinKind::Thresholds(thresholds)) => {
                let rank = thresholds.partition_point(|one| one < threshold);
                let column = (first + rank / THRESHOLDS_MAX) as u32;
                BinTest::AtMost { column, at: (rank % THRESHOLDS_MAX) as u8 }
            }
            (SplitTest::NotIn(categories), _) => {
                let mut lists: Vec<BinList> = Vec::new();
                let missing = (!split.default_left).then_some((0, MISSING_BIN));
                let chunk_and_bin =
                    |category: &u32| (category / CATEGORIES_PER_COLUMN, (category % CATEGORIES_PER_COLUMN) as u8);
                // The categories ascend, and so do their chunks.
                for (chunk, bin) in missing.into_iter().chain(categories.iter().map(chunk_and_bin)) {
                    let column = (first + chunk as usize) as u32;
                    if lists.last().is_none_or(|list| list.column() != column as usize) {
                        lists.push(BinList::new(column));
                    }
                    lists.last_mut().expect("one was added").add(bin);
                }
                BinTest::NoneOf(lists.into())
            }
            _ => unreachable!("the key tells the two kinds apart"),
        }
    }

    /// Returns the bins of rows, `width` values each, block by block.
    #[inline(always)]
    pub(crate) fn of_blocks(&self, rows: &[f32], width: usize) -> Vec<Vec<[u8; BLOCK_ROWS]>> {
        rows.chunks(BLOCK_ROWS * width).map(|rows| self.of_block(rows, width)).collect()
    }

    /// Returns the bins of a block of rows, `width` values each: for each column a bin a row. A block that is not full is
    /// filled up with rows of missing values.
    #[inline(always)]
    pub(crate) fn of_block<const ROWS: usize>(&self, rows: &[f32], width: usize) -> Vec<[u8; ROWS]> {
        let mut bins = vec![[0; ROWS]; self.columns];
        for feature in &self.features {
            let mut values = [f32::NAN; ROWS];
            for (value, row) in values.iter_mut().zip(rows.chunks_exact(width)) {
                // What is infinite is missing: XGBoost refuses such rows.
                let given = row[feature.feature];
                *value = if given.is_finite() { given } else { f32::NAN };
            }
            for chunk in 0..feature.chunks() {
                let (binned, missing) = match &feature.kind {
                    BinKind::Thresholds(thresholds) => {
                        let end = thresholds.len().min((chunk + 1) * THRESHOLDS_MAX);
                        (threshold_bins(&thresholds[chunk * THRESHOLDS_MAX..end], &values), [0, u8::MAX])
                    }
                    BinKind::Categories(_) => {
                        (category_bins(chunk as u32 * CATEGORIES_PER_COLUMN, &values), [OTHER_BIN, MISSING_BIN])
                    }
                };
                for (first, missing) in [feature.left, feature.right].into_iter().zip(missing) {
                    let Some(first) = first else { continue };
                    let column = &mut bins[first + chunk];
                    for row in 0..ROWS {
                        column[row] = if values[row].is_nan() { missing } else { binned[row] };
                    }
                }
            }
        }
        bins
    }
}

impl FeatureBins {
    fn empty(split: &Split) -> FeatureBins {
        let kind = match split.test {
            SplitTest::Below(_) => BinKind::Thresholds(Vec::new()),
            SplitTest::NotIn(_) => BinKind::Categories(0),
        };
        FeatureBins { feature: split.feature, kind, left: None, right: None }
    }

    /// Notes what a split needs; the columns are numbered later.
    fn add(&mut self, split: &Split) {
        let side = if split.default_left { &mut self.left } else { &mut self.right };
        *side = Some(0);
        match (&mut self.kind, &split.test) {
            (BinKind::Thresholds(thresholds), SplitTest::Below(threshold)) => thresholds.push(*threshold),
            (BinKind::Categories(end), SplitTest::NotIn(categories)) => {
                *end = categories.iter().fold(*end, |end, category| end.max(category + 1));
            }
            _ => unreachable!("the key tells the two kinds apart"),
        }
    }

    fn key(&self) -> (usize, bool) {
        (self.feature, matches!(self.kind, BinKind::Categories(_)))
    }

    fn chunks(&self) -> usize {
        match &self.kind {
            BinKind::Thresholds(thresholds) => thresholds.len().div_ceil(THRESHOLDS_MAX),
            BinKind::Categories(end) => end.div_ceil(CATEGORIES_PER_COLUMN) as usize,
        }
    }
}

/// Numbers and categories of one feature are kept apart, should a model split on both.
fn key(split: &Split) -> (usize, bool) {
    (split.feature, matches!(split.test, SplitTest::NotIn(_)))
}
