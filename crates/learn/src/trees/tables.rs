//! Contributions by table, for trees that are not too deep.
//!
//! For each unit of a tree (see [`super::units`]) a table holds, for each pattern of answers, the contribution of every
//! feature of the unit, in 64 bits. A block of rows goes through the trees one by one, and within a tree unit by unit,
//! so that a table of a few kilobytes stays in the nearest cache while all rows of the block are looked up in it.

use super::codes::{Ask, Codes};
use super::quadrature::Rule;
use super::tree::Tree;
use super::units::{Leaf, Unit, cut};

/// The most splits of a tree, so that the answers of a block of rows stay in the nearest cache.
const SPLITS_MAX: usize = 255;

/// The most features of a unit: a pattern has no more bits.
const WIDTH_MAX: usize = 8;

/// The tables of one tree.
#[derive(Debug)]
pub(super) struct Tables {
    asks: Vec<Ask>,
    terms: Vec<Term>,
    lookups: Vec<Lookup>,
    values: Vec<f64>,
}

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
    terms: u32,
    features: [u32; WIDTH_MAX],
    width: u32,
    /// How many values its table has.
    values: u32,
    /// All bits of its pattern.
    full: u8,
}

impl Tables {
    /// Returns the tables of a tree, unless it is too deep or they would take more than so many bytes.
    pub(super) fn new(tree: &Tree, codes: &Codes, bytes_max: usize) -> Option<Tables> {
        if tree.splits().count() > SPLITS_MAX {
            return None;
        }
        let units = cut(tree)?;
        let numbers: usize = units.iter().map(|unit| unit.features.len() << unit.bits).sum();
        if numbers * size_of::<f64>() > bytes_max {
            return None;
        }
        let places = tree.places();
        let asks = tree.splits().map(|split| codes.ask(split)).collect();
        let mut tables = Tables { asks, terms: Vec::new(), lookups: Vec::new(), values: Vec::with_capacity(numbers) };
        for unit in &units {
            tables.add_unit(unit, &places);
        }
        Some(tables)
    }

    /// Returns how much memory the tables take.
    pub(super) fn bytes(&self) -> usize {
        self.values.len() * size_of::<f64>()
    }

    /// Adds the tree's contributions to those of the rows of a block, `width` numbers a row.
    #[inline(always)]
    pub(super) fn add<const ROWS: usize>(&self, codes: &[[u8; ROWS]], contributions: &mut [f64], width: usize) {
        let mut answers = [[0_u8; ROWS]; SPLITS_MAX];
        for (answer, ask) in answers.iter_mut().zip(&self.asks) {
            *answer = ask.answer(codes);
        }
        let (mut terms, mut values) = (&self.terms[..], &self.values[..]);
        for lookup in &self.lookups {
            let mut patterns = [lookup.full; ROWS];
            let (conditions, others) = terms.split_at(lookup.terms as usize);
            for term in conditions {
                let answer = &answers[usize::from(term.split)];
                for row in 0..ROWS {
                    patterns[row] &= (answer[row] ^ term.flipped) | term.kept;
                }
            }
            let (table, rest) = values.split_at(lookup.values as usize);
            match lookup.width {
                1 => lookup.add::<ROWS, 1>(&patterns, table, contributions, width),
                2 => lookup.add::<ROWS, 2>(&patterns, table, contributions, width),
                3 => lookup.add::<ROWS, 3>(&patterns, table, contributions, width),
                4 => lookup.add::<ROWS, 4>(&patterns, table, contributions, width),
                5 => lookup.add::<ROWS, 5>(&patterns, table, contributions, width),
                6 => lookup.add::<ROWS, 6>(&patterns, table, contributions, width),
                7 => lookup.add::<ROWS, 7>(&patterns, table, contributions, width),
                _ => lookup.add::<ROWS, 8>(&patterns, table, contributions, width),
            }
            (terms, values) = (others, rest);
        }
    }

    fn add_unit(&mut self, unit: &Unit, places: &[usize]) {
        let width = unit.features.len();
        let mut features = [0; WIDTH_MAX];
        features.iter_mut().zip(&unit.features).for_each(|(place, feature)| *place = *feature as u32);
        self.terms.extend(unit.terms.iter().map(|term| Term {
            split: places[term.node] as u8,
            flipped: if term.left { 0 } else { u8::MAX },
            kept: !(1 << term.bit),
        }));
        let table = table(unit);
        self.lookups.push(Lookup {
            terms: unit.terms.len() as u32,
            features,
            width: width as u32,
            values: table.len() as u32,
            full: (1_u16 << unit.bits).wrapping_sub(1) as u8,
        });
        self.values.extend(table);
    }
}

impl Lookup {
    #[inline(always)]
    fn add<const ROWS: usize, const WIDTH: usize>(
        &self,
        patterns: &[u8; ROWS],
        table: &[f64],
        contributions: &mut [f64],
        width: usize,
    ) {
        let (entries, _) = table.as_chunks::<WIDTH>();
        for (pattern, row) in patterns.iter().zip(contributions.chunks_exact_mut(width)) {
            let entry = &entries[usize::from(*pattern)];
            for at in 0..WIDTH {
                row[self.features[at] as usize] += entry[at];
            }
        }
    }
}

/// Returns the contributions of a unit's features for each of its patterns.
fn table(unit: &Unit) -> Vec<f64> {
    let width = unit.features.len();
    let mut values = vec![0.0; width << unit.bits];
    for leaf in &unit.leaves {
        let contributions = of_leaf(leaf);
        for (pattern, entry) in values.chunks_exact_mut(width).enumerate() {
            let mut met = 0;
            for (at, part) in leaf.parts.iter().enumerate() {
                met |= usize::from(pattern as u8 & part.mask == part.wanted) << at;
            }
            for (part, contribution) in leaf.parts.iter().zip(&contributions[met * leaf.parts.len()..]) {
                entry[part.feature] += contribution;
            }
        }
    }
    values
}

/// Returns the contributions of a leaf's parts for each set of those that a row meets.
fn of_leaf(leaf: &Leaf) -> Vec<f64> {
    let count = leaf.parts.len();
    let rule = Rule::for_features(count);
    let mut contributions = vec![0.0; count << count];
    for (met, entry) in contributions.chunks_exact_mut(count).enumerate() {
        let is_met = |at: usize| f64::from((met >> at & 1) as u8);
        for (t, weight) in rule.points.iter().zip(&rule.weights) {
            // What each part lets through if its feature has joined with probability t.
            let passes = |at: usize| leaf.parts[at].share * (1.0 - t) + is_met(at) * t;
            let mut before = [weight * leaf.value; WIDTH_MAX];
            for at in 1..count {
                before[at] = before[at - 1] * passes(at - 1);
            }
            let mut after = 1.0;
            for (at, contribution) in entry.iter_mut().enumerate().rev() {
                *contribution += before[at] * after * (is_met(at) - leaf.parts[at].share);
                after *= passes(at);
            }
        }
    }
    contributions
}
