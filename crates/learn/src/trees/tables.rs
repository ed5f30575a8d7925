//! Contributions by table, for trees that are not too deep.
//!
//! For each unit of a tree (see [`super::units`]) a table holds, for each pattern of answers, the contribution of every
//! feature of the unit, in 64 bits and in one cache line. Rows go through the trees one by one, and within a tree unit
//! by unit, so that a table stays in a near cache while all rows are looked up in it. A single row meets each table
//! once, and what it needs is fetched from memory while other trees are still asked.

use super::answers::{WORD, words_of};
use super::codes::{Ask, Codes};
use super::entries::{Entry, WIDTH_MAX, fetch, table};
use super::tree::Tree;
use super::units::{Unit, cut};

/// The most splits of a tree, so that the answers of a block of rows stay in the nearest cache.
const SPLITS_MAX: usize = 255;

/// The most units that a tree can have: one a leaf.
const UNITS_MAX: usize = SPLITS_MAX + 1;

/// The terms of a unit are followed by others without effect up to a multiple of this, because a loop of a length that
/// the processor guesses wrong costs more.
const TERMS: usize = 4;

/// How one tree is looked up.
#[derive(Debug)]
pub(super) struct Tables {
    asks: Vec<Ask>,
    terms: Vec<Term>,
    lookups: Vec<Lookup>,
    /// The first of the tree's words among one row's answers (see [`super::answers`]).
    word: usize,
    parts: Vec<Part>,
    repeats: Vec<Repeat>,
}

/// Bits of one row's pattern that are answers of one word, taken out and put side by side. A tree of up to 64 splits
/// has one word, and a unit one part.
#[derive(Clone, Copy, Debug)]
struct Part {
    mask: u64,
    flipped: u64,
    word: u8,
    shift: u8,
}

/// A further answer on which a bit of one row's pattern depends, where the way to a unit asks of a feature again.
#[derive(Clone, Copy, Debug)]
struct Repeat {
    word: u8,
    at: u8,
    flipped: bool,
    kept: u8,
}

/// Where in each unit's table one row is looked up.
pub(super) type Patterns = [u8; UNITS_MAX];

/// No patterns yet.
pub(super) const NO_PATTERNS: Patterns = [0; UNITS_MAX];

/// A condition on a row's answer at a split: where it is not met, the pattern keeps only some bits.
#[derive(Clone, Copy, Debug)]
struct Term {
    split: u8,
    flipped: u8,
    kept: u8,
}

/// How a unit is looked up.
#[derive(Debug)]
struct Lookup {
    features: [u16; WIDTH_MAX],
    /// Where its table begins.
    first: u32,
    terms: u8,
    parts: u8,
    repeats: u8,
    width: u8,
    /// All bits of its pattern.
    full: u8,
}

/// Room for what is found out of some rows on the way through a tree.
#[derive(Debug)]
pub(super) struct Scratch<const ROWS: usize> {
    answers: [[u8; ROWS]; 1 + SPLITS_MAX],
    patterns: [[u8; ROWS]; UNITS_MAX],
}

impl Tables {
    /// Returns how a tree is looked up, and adds its tables to the entries: unless it is too deep, or there would be
    /// more entries than may be. One row's answers begin in this word.
    pub(super) fn new(
        tree: &Tree,
        codes: &Codes,
        entries: &mut Vec<Entry>,
        entries_max: usize,
        word: usize,
    ) -> Option<Tables> {
        if tree.splits().count() > SPLITS_MAX {
            return None;
        }
        let units = cut(tree)?;
        let more: usize = units.iter().map(|unit| 1 << unit.bits).sum();
        if entries.len() + more > entries_max {
            return None;
        }
        let places = tree.places();
        let asks: Vec<Ask> = tree.splits().map(|split| codes.ask(split)).collect();
        let (terms, lookups, parts, repeats) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut tables = Tables { asks, terms, lookups, word, parts, repeats };
        for unit in &units {
            tables.add_unit(unit, &places, entries);
        }
        Some(tables)
    }

    /// Returns the tree's questions, and the first word of one row's answers to them.
    pub(super) fn questions(&self) -> (usize, &[Ask]) {
        (self.word, &self.asks)
    }

    /// Finds out which entries rows need.
    #[inline(always)]
    pub(super) fn find<const ROWS: usize>(&self, codes: &[[u8; ROWS]], scratch: &mut Scratch<ROWS>) {
        for (answer, ask) in scratch.answers.iter_mut().zip(&self.asks) {
            *answer = ask.answer(codes);
        }
        self.find_patterns(scratch);
    }

    #[inline(always)]
    fn find_patterns<const ROWS: usize>(&self, scratch: &mut Scratch<ROWS>) {
        let mut terms = &self.terms[..];
        for (lookup, patterns) in self.lookups.iter().zip(&mut scratch.patterns) {
            let mut found = [lookup.full; ROWS];
            let (conditions, others) = terms.split_at(lookup.terms_padded());
            for term in &conditions[..usize::from(lookup.terms)] {
                let answer = &scratch.answers[usize::from(term.split)];
                for row in 0..ROWS {
                    found[row] &= (answer[row] ^ term.flipped) | term.kept;
                }
            }
            *patterns = found;
            terms = others;
        }
    }

    /// Finds out which entries one row needs, given its answers, and asks the memory for each, so that it is near when
    /// it is added.
    #[inline(always)]
    pub(super) fn find_for_one<const BMI2: bool>(&self, answers: &[u64], entries: &[Entry], patterns: &mut Patterns) {
        let (mut parts, mut repeats) = (&self.parts[..], &self.repeats[..]);
        let answers = &answers[self.word..self.word + words_of(self.asks.len())];
        for (lookup, pattern) in self.lookups.iter().zip(patterns) {
            let mut found = 0;
            let (of_unit, others) = parts.split_at(usize::from(lookup.parts));
            for part in of_unit {
                found |= (extract::<BMI2>(answers[part.word as usize] ^ part.flipped, part.mask) as u8) << part.shift;
            }
            parts = others;
            let (of_unit, others) = repeats.split_at(usize::from(lookup.repeats));
            for repeat in of_unit {
                let answer = (answers[repeat.word as usize] >> repeat.at ^ u64::from(repeat.flipped)) & 1;
                found &= (answer as u8).wrapping_neg() | repeat.kept;
            }
            repeats = others;
            *pattern = found;
            fetch(&entries[lookup.first as usize + usize::from(found)]);
        }
    }

    /// Adds the entries that were found for one row to its contributions, behind which there is one more number: what
    /// is beyond a unit's width is added there, so that there is no width to guess.
    #[inline(always)]
    pub(super) fn add_for_one(&self, entries: &[Entry], patterns: &Patterns, contributions: &mut [f64]) {
        let beyond = contributions.len() - 1;
        for (lookup, pattern) in self.lookups.iter().zip(patterns) {
            let entry = &entries[lookup.first as usize + usize::from(*pattern)];
            for (feature, contribution) in lookup.features.iter().zip(entry.0) {
                contributions[usize::from(*feature).min(beyond)] += contribution;
            }
        }
    }

    /// Adds the entries that were found to the contributions of the rows, `width` numbers a row.
    #[inline(always)]
    pub(super) fn add<const ROWS: usize>(
        &self,
        entries: &[Entry],
        scratch: &Scratch<ROWS>,
        contributions: &mut [f64],
        width: usize,
    ) {
        for (lookup, patterns) in self.lookups.iter().zip(&scratch.patterns) {
            let table = &entries[lookup.first as usize..=lookup.first as usize + usize::from(lookup.full)];
            match lookup.width {
                1 => lookup.add::<ROWS, 1>(patterns, table, contributions, width),
                2 => lookup.add::<ROWS, 2>(patterns, table, contributions, width),
                3 => lookup.add::<ROWS, 3>(patterns, table, contributions, width),
                4 => lookup.add::<ROWS, 4>(patterns, table, contributions, width),
                5 => lookup.add::<ROWS, 5>(patterns, table, contributions, width),
                6 => lookup.add::<ROWS, 6>(patterns, table, contributions, width),
                7 => lookup.add::<ROWS, 7>(patterns, table, contributions, width),
                _ => lookup.add::<ROWS, 8>(patterns, table, contributions, width),
            }
        }
    }

    fn add_unit(&mut self, unit: &Unit, places: &[usize], entries: &mut Vec<Entry>) {
        // Beyond its width, a unit names a feature that there never is.
        let mut features = [u16::MAX; WIDTH_MAX];
        features.iter_mut().zip(&unit.features).for_each(|(place, feature)| *place = *feature as u16);
        self.terms.extend(unit.terms.iter().map(|term| Term {
            split: places[term.node] as u8,
            flipped: if term.left { 0 } else { u8::MAX },
            kept: !(1 << term.bit),
        }));
        let (parts, repeats) = self.add_for_one_row(unit, places);
        let padding = Term { split: 0, flipped: 0, kept: u8::MAX };
        self.terms.resize(self.terms.len().next_multiple_of(TERMS), padding);
        self.lookups.push(Lookup {
            features,
            first: entries.len() as u32,
            terms: unit.terms.len() as u8,
            parts,
            repeats,
            width: unit.features.len() as u8,
            full: ((1_u16 << unit.bits) - 1) as u8,
        });
        entries.extend(table(unit));
    }

    /// Adds how one row's pattern is found. Bits ascend with the first splits that they depend on, as a tree's words do.
    fn add_for_one_row(&mut self, unit: &Unit, places: &[usize]) -> (u8, u8) {
        let (parts_before, repeats_before) = (self.parts.len(), self.repeats.len());
        let mut bits = 0;
        for term in &unit.terms {
            let (word, at) = ((places[term.node] / WORD) as u8, places[term.node] % WORD);
            if term.bit < bits {
                let kept = !(1 << term.bit);
                self.repeats.push(Repeat { word, at: at as u8, flipped: !term.left, kept });
                continue;
            }
            let part = match self.parts[parts_before..].last_mut() {
                Some(part) if part.word == word => part,
                _ => {
                    self.parts.push(Part { mask: 0, flipped: 0, word, shift: bits as u8 });
                    let last = self.parts.len() - 1;
                    &mut self.parts[last]
                }
            };
            part.mask |= 1 << at;
            part.flipped |= u64::from(!term.left) << at;
            bits += 1;
        }
        ((self.parts.len() - parts_before) as u8, (self.repeats.len() - repeats_before) as u8)
    }
}

impl Lookup {
    #[inline(always)]
    fn terms_padded(&self) -> usize {
        usize::from(self.terms).next_multiple_of(TERMS)
    }

    #[inline(always)]
    fn add<const ROWS: usize, const WIDTH: usize>(
        &self,
        patterns: &[u8; ROWS],
        table: &[Entry],
        contributions: &mut [f64],
        width: usize,
    ) {
        let features: [usize; WIDTH] = std::array::from_fn(|at| usize::from(self.features[at]));
        assert!(features.iter().all(|feature| *feature < width) && table.len() > usize::from(self.full));
        for (pattern, row) in patterns.iter().zip(contributions.chunks_exact_mut(width)) {
            // SAFETY: a pattern has no other bits than the full one, and the table is longer than that.
            let entry = unsafe { table.get_unchecked(usize::from(*pattern)) };
            for (feature, contribution) in features.iter().zip(entry.0) {
                // SAFETY: the row has `width` numbers, and all features are less.
                unsafe { *row.get_unchecked_mut(*feature) += contribution };
            }
        }
    }
}

impl<const ROWS: usize> Scratch<ROWS> {
    pub(super) const EMPTY: Scratch<ROWS> =
        Scratch { answers: [[0; ROWS]; 1 + SPLITS_MAX], patterns: [[0; ROWS]; UNITS_MAX] };
}

/// Returns the bits of a value that are in the mask, side by side.
#[inline(always)]
fn extract<const BMI2: bool>(value: u64, mask: u64) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if BMI2 {
        // SAFETY: whoever says so has found out that the processor has the instruction.
        return unsafe { std::arch::x86_64::_pext_u64(value, mask) };
    }
    let (mut rest, mut found) = (mask, 0);
    for place in 0..mask.count_ones() {
        found |= (value >> rest.trailing_zeros() & 1) << place;
        rest &= rest - 1;
    }
    found
}
