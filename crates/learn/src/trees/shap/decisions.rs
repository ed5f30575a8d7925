//! Where one row goes at the splits of all trees, a bit a split.
//!
//! A row has one bin in each column (see [`crate::trees::bins`]), and it is known beforehand which splits send that bin
//! right: those with a smaller threshold, or those that list the category. So all bits are set, and those of the row's
//! bins are cleared; no split is tested, and a split on many categories costs no more than one on a number.

use crate::trees::bins::BinTest;

/// Bins of a column.
const BINS: usize = 256;

/// Which splits send each bin right.
#[derive(Debug)]
pub(super) struct Decisions {
    /// Bytes that the decisions of a row take.
    bytes: usize,
    /// For each bin of each column, where the splits that send it right begin and end.
    ranges: Vec<[(u32, u32); BINS]>,
    /// Numbers of splits.
    sent_right: Vec<u32>,
}

impl Decisions {
    /// Takes the tests of splits, each with its number, which is under eight times so many bytes. There are so many columns.
    pub(super) fn new<'a>(
        tests: impl Iterator<Item = (usize, &'a BinTest)>,
        bytes: usize,
        columns: usize,
    ) -> Decisions {
        let mut ranks: Vec<Vec<(u8, u32)>> = vec![Vec::new(); columns];
        let mut listed: Vec<Vec<(u8, u32)>> = vec![Vec::new(); columns];
        for (number, test) in tests {
            let number = number as u32;
            match test {
                BinTest::AtMost { column, at } => ranks[*column as usize].push((*at, number)),
                BinTest::NoneOf(lists) => {
                    lists.iter().for_each(|list| listed[list.column()].extend(list.bins().map(|bin| (bin, number))));
                }
            }
        }
        let mut decisions = Decisions { bytes, ranges: Vec::with_capacity(columns), sent_right: Vec::new() };
        for (mut ranks, mut listed) in ranks.into_iter().zip(listed) {
            ranks.sort_unstable();
            listed.sort_unstable();
            let begin = decisions.sent_right.len();
            let (from_ranks, from_listed) = (begin, begin + ranks.len());
            decisions.sent_right.extend(ranks.iter().chain(&listed).map(|(_, number)| *number));
            let range = |bin: usize| {
                // A column is of thresholds or of categories, so that one of the two is empty.
                if listed.is_empty() {
                    return (from_ranks, from_ranks + ranks.partition_point(|(at, _)| usize::from(*at) < bin));
                }
                let up_to = |end: usize| from_listed + listed.partition_point(|(at, _)| usize::from(*at) < end);
                (up_to(bin), up_to(bin + 1))
            };
            decisions.ranges.push(std::array::from_fn(|bin| {
                let (begin, end) = range(bin);
                (begin as u32, end as u32)
            }));
        }
        decisions
    }

    /// Returns the decisions for a row by its bins: a bit is set where the row goes left.
    pub(super) fn of(&self, bins: &[[u8; 1]]) -> Vec<u8> {
        let mut bytes = vec![u8::MAX; self.bytes];
        for ([bin], ranges) in bins.iter().zip(&self.ranges) {
            let (begin, end) = ranges[usize::from(*bin)];
            for number in &self.sent_right[begin as usize..end as usize] {
                bytes[*number as usize / 8] &= !(1 << (*number % 8));
            }
        }
        bytes
    }
}
