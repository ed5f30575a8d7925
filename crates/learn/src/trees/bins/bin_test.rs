//! The test of a split on bins, for all rows of a block at once.

/// Up to so many bins, it is faster to compare all rows with each than to look up each row.
const COMPARED_MAX: usize = 32;

/// The test of a split, on bins.
#[derive(Clone, Debug)]
pub(crate) enum BinTest {
    /// Rows with a bin of at most `at` go left.
    AtMost { column: u32, at: u8 },
    /// Rows with none of the listed bins go left.
    NoneOf(Box<[BinList]>),
}

/// The bins of a column that go right.
#[derive(Clone, Debug)]
pub(crate) struct BinList {
    column: u32,
    bins: Vec<u8>,
    /// The same, a bit for each bin.
    bits: [u32; 8],
}

impl BinTest {
    /// Returns a mask for each row: all bits are set if it goes left, none if it goes right.
    #[inline(always)]
    pub(crate) fn left_mask<const ROWS: usize>(&self, bins: &[[u8; ROWS]]) -> [u8; ROWS] {
        match self {
            BinTest::AtMost { column, at } => {
                let mut mask = [0; ROWS];
                for (mask, bin) in mask.iter_mut().zip(&bins[*column as usize]) {
                    *mask = u8::from(bin <= at).wrapping_neg();
                }
                mask
            }
            BinTest::NoneOf(lists) => {
                let mut mask = [u8::MAX; ROWS];
                for list in lists {
                    list.clear(&bins[list.column as usize], &mut mask);
                }
                mask
            }
        }
    }
}

impl BinList {
    /// Returns the column.
    pub(crate) fn column(&self) -> usize {
        self.column as usize
    }

    /// Returns the bins that go right.
    pub(crate) fn bins(&self) -> impl Iterator<Item = u8> {
        self.bins.iter().copied()
    }

    pub(super) fn new(column: u32) -> BinList {
        BinList { column, bins: Vec::new(), bits: [0; 8] }
    }

    pub(super) fn add(&mut self, bin: u8) {
        self.bins.push(bin);
        self.bits[usize::from(bin / 32)] |= 1 << (bin % 32);
    }

    /// Clears the masks of rows with a listed bin.
    #[inline(always)]
    fn clear<const ROWS: usize>(&self, column: &[u8; ROWS], mask: &mut [u8; ROWS]) {
        if ROWS == 1 || self.bins.len() > COMPARED_MAX {
            for row in 0..ROWS {
                let listed = self.bits[usize::from(column[row] / 32)] >> (column[row] % 32) & 1;
                mask[row] &= (listed as u8).wrapping_sub(1);
            }
            return;
        }
        for bin in &self.bins {
            for row in 0..ROWS {
                mask[row] &= u8::from(column[row] != *bin).wrapping_neg();
            }
        }
    }
}
