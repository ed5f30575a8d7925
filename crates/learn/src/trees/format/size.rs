//! How large the trees of a file are once they can be scored: a short file must not grow beyond measure.

use std::collections::BTreeMap;

use super::limits::{CATEGORIES_MAX, CATEGORIES_OF_COLUMNS_MAX, CATEGORY_BITS_MAX, NODES_MAX};
use crate::trees::tree::{SplitTest, Tree};

/// The size of the trees read so far.
#[derive(Default)]
pub(super) struct Size {
    nodes: usize,
    categories: usize,
    /// The bits of all splits' sets of categories: each set reaches up to its largest category.
    category_bits: u64,
    /// The categories of each column, up to the largest.
    of_columns: BTreeMap<usize, u64>,
    /// The sum of these.
    of_columns_sum: u64,
}

impl Size {
    /// Adds a tree; an error says which limit it exceeds.
    pub(super) fn add(&mut self, tree: &Tree) -> Result<(), String> {
        self.nodes += tree.nodes.len();
        for split in tree.splits() {
            let SplitTest::NotIn(categories) = &split.test else { continue };
            let end = categories.last().map_or(0, |last| u64::from(*last) + 1);
            self.categories += categories.len();
            self.category_bits += end;
            let of_column = self.of_columns.entry(split.feature).or_default();
            self.of_columns_sum += end.saturating_sub(*of_column);
            *of_column = end.max(*of_column);
        }
        for (found, most, what) in [
            (self.nodes as u64, NODES_MAX as u64, "nodes"),
            (self.categories as u64, CATEGORIES_MAX as u64, "categories in the lists of its splits"),
            (self.category_bits, CATEGORY_BITS_MAX, "categories up to the largest of each split"),
            (self.of_columns_sum, CATEGORIES_OF_COLUMNS_MAX, "categories up to the largest of each column"),
        ] {
            if found > most {
                return Err(format!("{found} {what} up to here, expected at most {most}: train with fewer"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trees::tree::{Node, Split};

    fn split_on(feature: usize, categories: Vec<u32>) -> Tree {
        let test = SplitTest::NotIn(categories);
        let split = Split { feature, test, default_left: true, right: 2, share_left: 0.5 };
        Tree { nodes: vec![Node::Split(split), Node::Leaf(0.0), Node::Leaf(1.0)], depth: 1 }
    }

    #[test]
    fn each_limit_is_kept() {
        let last = (1 << 24) - 1;
        let mut size = Size::default();
        for feature in 0..2 {
            size.add(&split_on(feature, vec![last])).expect("as many as fit");
        }
        let error = size.add(&split_on(2, vec![0])).expect_err("one column more");
        assert!(error.contains("33554433 categories up to the largest of each column"), "{error}");
        let mut size = Size::default();
        let added: Result<(), String> = (0..200).try_for_each(|_| size.add(&split_on(0, vec![last])));
        assert!(added.expect_err("400 MB of bits").contains("up to the largest of each split"));
        let mut size = Size::default();
        let list: Vec<u32> = (0..1 << 20).collect();
        let added: Result<(), String> = (0..5).try_for_each(|_| size.add(&split_on(0, list.clone())));
        assert!(added.expect_err("five millions").contains("5242880 categories in the lists of its splits"));
        let mut size = Size { nodes: NODES_MAX - 2, ..Size::default() };
        assert!(size.add(&split_on(0, vec![0])).expect_err("one node more").contains("4194305 nodes"));
    }
}
