//! Rows as bytes, so that a question is answered for a whole block of rows by a few instructions.
//!
//! Whether a value is below a threshold depends only on how many of the model's thresholds on that feature it has
//! reached. That count is the value's code, one byte; each question then compares codes. It is exact: the thresholds
//! are compared with the values as XGBoost compares them, once, when the rows are coded.
//!
//! A feature with more than [`RANKS_MAX`] thresholds has a column of codes for each so many, and so has a categorical
//! feature of many categories. A column exists twice if some questions send missing values left and others right.

use std::collections::BTreeMap;

use super::raw_tree::CATEGORIES_END;
use super::tree::{Split, Test, Tree};

/// The most thresholds a column. Counts from 0 to this fit a byte.
const RANKS_MAX: usize = 255;

/// Categories a column: two codes are kept for what is none of them.
const CATEGORIES: u32 = 254;
/// The code of a missing category that goes right: every such question counts it among its own.
const MISSING: u8 = 254;
/// The code of any other category, which goes left.
const OTHER: u8 = 255;

/// Up to so many thresholds, it is faster to count them for all rows than to search for each.
const COUNTED_MAX: usize = 48;

/// Up to so many codes, it is faster to compare all rows with each than to look up each row.
const COMPARED_MAX: usize = 32;

/// The columns of codes that a model's questions need.
#[derive(Debug)]
pub(super) struct Codes {
    sources: Vec<Source>,
    columns: usize,
}

/// What a split asks of codes.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    /// Left are those with a code of at most `at`.
    Rank { column: u32, at: u8 },
    /// Left are those that have none of the codes that are listed for some columns.
    NoneOf(Box<[Listed]>),
}

/// The codes of a column that go right.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    column: u32,
    codes: Vec<u8>,
    /// The same as a bit for each code.
    bits: [u32; 8],
}

/// A feature, and the first of its columns for either way of a missing value.
#[derive(Debug)]
struct Source {
    feature: usize,
    kind: Kind,
    left: Option<usize>,
    right: Option<usize>,
}

#[derive(Debug)]
enum Kind {
    /// Thresholds in ascending order, each once.
    Ranks(Vec<f32>),
    /// Categories under this one.
    Categories(u32),
}

impl Codes {
    /// Returns the columns for some trees.
    pub(super) fn new(trees: &[Tree]) -> Codes {
        let mut drafts: BTreeMap<(usize, bool), Source> = BTreeMap::new();
        for split in trees.iter().flat_map(Tree::splits) {
            let source = drafts.entry(key(split)).or_insert_with(|| Source::empty(split));
            // Which columns come first is decided below.
            let side = if split.default_left { &mut source.left } else { &mut source.right };
            *side = Some(0);
            match (&mut source.kind, &split.test) {
                (Kind::Ranks(thresholds), Test::Below(threshold)) => thresholds.push(*threshold),
                (Kind::Categories(end), Test::NotIn(categories)) => {
                    *end = categories.iter().fold(*end, |end, category| end.max(category + 1));
                }
                _ => unreachable!("the key tells the two kinds apart"),
            }
        }
        let mut codes = Codes { sources: drafts.into_values().collect(), columns: 0 };
        for source in &mut codes.sources {
            if let Kind::Ranks(thresholds) = &mut source.kind {
                thresholds.sort_unstable_by(f32::total_cmp);
                // 0 and -0 are one threshold.
                thresholds.dedup_by(|one, other| one == other);
            }
            let chunks = source.chunks();
            for first in [&mut source.left, &mut source.right].into_iter().flatten() {
                *first = codes.columns;
                codes.columns += chunks;
            }
        }
        codes
    }

    /// Returns how many columns there are.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Returns what a split, which is one of those that the columns were made for, asks of them.
    pub(super) fn ask(&self, split: &Split) -> Ask {
        let at = self.sources.binary_search_by_key(&key(split), Source::key).expect("a column was made for each split");
        let source = &self.sources[at];
        let first = if split.default_left { source.left } else { source.right };
        let first = first.expect("a column was made for each way of a missing value");
        match (&split.test, &source.kind) {
            (Test::Below(threshold), Kind::Ranks(thresholds)) => {
                let rank = thresholds.partition_point(|one| one < threshold);
                let column = (first + rank / RANKS_MAX) as u32;
                Ask::Rank { column, at: (rank % RANKS_MAX) as u8 }
            }
            (Test::NotIn(categories), _) => {
                let mut lists: Vec<Listed> = Vec::new();
                let missing = (!split.default_left).then_some((0, MISSING));
                // The categories ascend, and so do their chunks.
                let coded = categories.iter().map(|category| (category / CATEGORIES, (category % CATEGORIES) as u8));
                for (chunk, code) in missing.into_iter().chain(coded) {
                    let column = (first + chunk as usize) as u32;
                    if lists.last().is_none_or(|list| list.column != column) {
                        lists.push(Listed { column, codes: Vec::new(), bits: [0; 8] });
                    }
                    lists.last_mut().expect("one was added").add(code);
                }
                Ask::NoneOf(lists.into())
            }
            _ => unreachable!("the key tells the two kinds apart"),
        }
    }

    /// Codes rows, `width` values each. Rows that are not there get the codes of missing values.
    #[inline(always)]
    pub(super) fn fill<const ROWS: usize>(&self, rows: &[f32], width: usize, codes: &mut [[u8; ROWS]]) {
        for source in &self.sources {
            let mut values = [f32::NAN; ROWS];
            for (value, row) in values.iter_mut().zip(rows.chunks_exact(width)) {
                // What is infinite is missing: XGBoost refuses such rows.
                let given = row[source.feature];
                *value = if given.is_finite() { given } else { f32::NAN };
            }
            for chunk in 0..source.chunks() {
                let (coded, missing) = match &source.kind {
                    Kind::Ranks(thresholds) => {
                        let end = thresholds.len().min((chunk + 1) * RANKS_MAX);
                        (ranks(&thresholds[chunk * RANKS_MAX..end], &values), [0, u8::MAX])
                    }
                    Kind::Categories(_) => (categories(chunk as u32 * CATEGORIES, &values), [OTHER, MISSING]),
                };
                for (first, missing) in [source.left, source.right].into_iter().zip(missing) {
                    let Some(first) = first else { continue };
                    let column = &mut codes[first + chunk];
                    for row in 0..ROWS {
                        column[row] = if values[row].is_nan() { missing } else { coded[row] };
                    }
                }
            }
        }
    }
}

impl Ask {
    /// Answers for each row: all bits set for left, none for right.
    #[inline(always)]
    pub(super) fn answer<const ROWS: usize>(&self, codes: &[[u8; ROWS]]) -> [u8; ROWS] {
        match self {
            Ask::Rank { column, at } => {
                let mut answer = [0; ROWS];
                for (answer, code) in answer.iter_mut().zip(&codes[*column as usize]) {
                    *answer = u8::from(code <= at).wrapping_neg();
                }
                answer
            }
            Ask::NoneOf(lists) => {
                let mut answer = [u8::MAX; ROWS];
                for list in lists {
                    list.clear(&codes[list.column as usize], &mut answer);
                }
                answer
            }
        }
    }
}

impl Listed {
    /// Returns the column.
    pub(super) fn column(&self) -> usize {
        self.column as usize
    }

    /// Returns the codes that go right.
    pub(super) fn codes(&self) -> impl Iterator<Item = u8> {
        self.codes.iter().copied()
    }

    fn add(&mut self, code: u8) {
        self.codes.push(code);
        self.bits[usize::from(code / 32)] |= 1 << (code % 32);
    }

    /// Clears the answers of rows with a code on the list.
    #[inline(always)]
    fn clear<const ROWS: usize>(&self, column: &[u8; ROWS], answer: &mut [u8; ROWS]) {
        if ROWS == 1 || self.codes.len() > COMPARED_MAX {
            for row in 0..ROWS {
                let listed = self.bits[usize::from(column[row] / 32)] >> (column[row] % 32) & 1;
                answer[row] &= (listed as u8).wrapping_sub(1);
            }
            return;
        }
        for code in &self.codes {
            for row in 0..ROWS {
                answer[row] &= u8::from(column[row] != *code).wrapping_neg();
            }
        }
    }
}

impl Source {
    fn empty(split: &Split) -> Source {
        let kind = match split.test {
            Test::Below(_) => Kind::Ranks(Vec::new()),
            Test::NotIn(_) => Kind::Categories(0),
        };
        Source { feature: split.feature, kind, left: None, right: None }
    }

    fn key(&self) -> (usize, bool) {
        (self.feature, matches!(self.kind, Kind::Categories(_)))
    }

    fn chunks(&self) -> usize {
        match &self.kind {
            Kind::Ranks(thresholds) => thresholds.len().div_ceil(RANKS_MAX),
            Kind::Categories(end) => end.div_ceil(CATEGORIES) as usize,
        }
    }
}

/// Numbers and categories of one feature are different sources, should a model have both.
fn key(split: &Split) -> (usize, bool) {
    (split.feature, matches!(split.test, Test::NotIn(_)))
}

/// Counts the thresholds that each value has reached; none, if it is missing.
#[inline(always)]
fn ranks<const ROWS: usize>(thresholds: &[f32], values: &[f32; ROWS]) -> [u8; ROWS] {
    // Plain loops: a function that is handed to `map` may not be compiled into this one, and knows no vectors then.
    let mut codes = [0; ROWS];
    if ROWS == 1 || thresholds.len() > COUNTED_MAX {
        for (code, value) in codes.iter_mut().zip(values) {
            *code = thresholds.partition_point(|threshold| threshold <= value) as u8;
        }
        return codes;
    }
    let mut counts = [0_u32; ROWS];
    for threshold in thresholds {
        for row in 0..ROWS {
            counts[row] += u32::from(*threshold <= values[row]);
        }
    }
    for (code, count) in codes.iter_mut().zip(counts) {
        *code = count as u8;
    }
    codes
}

/// Returns the codes of categories in the column that begins with `first`. XGBoost cuts off what follows the point.
#[inline(always)]
fn categories<const ROWS: usize>(first: u32, values: &[f32; ROWS]) -> [u8; ROWS] {
    let mut codes = [OTHER; ROWS];
    for (code, value) in codes.iter_mut().zip(values) {
        // As XGBoost has it, what is below 0 or too large is in no list of categories.
        let category = if (0.0..CATEGORIES_END as f32).contains(value) { *value as u32 } else { u32::MAX };
        let within = category.wrapping_sub(first);
        if category != u32::MAX && within < CATEGORIES {
            *code = within as u8;
        }
    }
    codes
}
