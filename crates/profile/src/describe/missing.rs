//! How missing values go together, and how they change over time.

use std::collections::HashMap;

use super::bins::months;
use super::gathered::TableStatistics;
use super::share::{share, wilson};
use crate::gather::SampleValues;
use crate::outcome::{MissingGroup, MissingMonth, MissingOverTime, MissingPattern, MissingTogether};
use crate::sketch::{RowKey, hash_of_bits, mix_into};

/// Columns whose "is missing" correlates at least so much are missing together.
const TOGETHER: f64 = 0.8;

/// A column that is missing, or there, in fewer rows of the sample belongs to no group.
const ROWS_MIN: usize = 10;

const PATTERNS_SHOWN: usize = 12;
const OVER_TIME_SHOWN: usize = 20;

/// A month of fewer rows says nothing.
const MONTH_ROWS_MIN: u64 = 30;

/// The share has to change by at least so much between two months whose intervals do not touch.
const CHANGE_MIN: f64 = 0.2;

/// Which rows of the sample a column is missing in, a bit each.
struct Bits {
    column: usize,
    words: Vec<u64>,
    count: usize,
}

/// Returns how missing values go together. `time` is the place of the column by which time is told.
pub(super) fn missing(table: &TableStatistics, time: Option<usize>) -> MissingTogether {
    let rows = table.lines.len();
    let bits: Vec<Bits> = (0..table.columns.len())
        .filter(|column| table.columns[*column].missing > 0)
        .map(|column| Bits::new(table, column))
        .filter(|bits| bits.count > 0)
        .collect();
    let (complete, patterns) = patterns(table, &bits);
    MissingTogether {
        rows: rows as u64,
        complete,
        groups: groups(table, &bits),
        patterns,
        over_time: time.map(|time| over_time(table, time)).unwrap_or_default(),
    }
}

impl Bits {
    fn new(table: &TableStatistics, column: usize) -> Bits {
        let mut words = vec![0; table.lines.len().div_ceil(64)];
        let values = &table.columns[column];
        (0..table.lines.len()).filter(|row| values.is_missing(*row)).for_each(|row| words[row / 64] |= 1 << (row % 64));
        let count = words.iter().map(|word: &u64| word.count_ones() as usize).sum();
        Bits { column, words, count }
    }

    fn both(&self, other: &Bits) -> usize {
        self.words.iter().zip(&other.words).map(|(left, right)| (left & right).count_ones() as usize).sum()
    }

    fn has(&self, row: usize) -> bool {
        self.words[row / 64] >> (row % 64) & 1 == 1
    }
}

/// The phi coefficient of two columns' "is missing".
fn phi(left: &Bits, right: &Bits, rows: usize) -> f64 {
    let (rows, both) = (rows as f64, left.both(right) as f64);
    let (left, right) = (left.count as f64, right.count as f64);
    (rows * both - left * right) / (left * (rows - left) * right * (rows - right)).sqrt()
}

/// Groups grow by the column that fits any member best, until none fits well enough.
fn groups(table: &TableStatistics, bits: &[Bits]) -> Vec<MissingGroup> {
    let rows = table.lines.len();
    let mut free: Vec<&Bits> =
        bits.iter().filter(|bits| bits.count >= ROWS_MIN && rows - bits.count >= ROWS_MIN).collect();
    let mut groups = Vec::new();
    while let Some(first) = (!free.is_empty()).then(|| free.remove(0)) {
        let mut members = vec![first];
        let mut correlation: f64 = 1.0;
        let mut place = 0;
        while let Some(member) = members.get(place).copied() {
            let (fitting, others): (Vec<&Bits>, Vec<&Bits>) =
                free.into_iter().partition(|other| phi(member, other, rows) >= TOGETHER);
            correlation = fitting.iter().map(|other| phi(member, other, rows)).fold(correlation, f64::min);
            members.extend(fitting);
            free = others;
            place += 1;
        }
        if members.len() > 1 {
            members.sort_by_key(|member| member.column);
            let all = (0..rows).filter(|row| members.iter().all(|member| member.has(*row))).count() as u64;
            let columns = members.iter().map(|member| table.columns[member.column].name.clone()).collect();
            groups.push(MissingGroup { columns, correlation, rows: all });
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse((group.columns.len(), group.rows)));
    groups
}

fn patterns(table: &TableStatistics, bits: &[Bits]) -> (u64, Vec<MissingPattern>) {
    let mut counts: HashMap<(u64, u64), (u64, usize)> = HashMap::new();
    let mut complete = 0;
    for row in 0..table.lines.len() {
        let mut key = RowKey::default();
        bits.iter().filter(|bits| bits.has(row)).for_each(|bits| mix_into(&mut key, hash_of_bits(bits.column as u64)));
        if key == RowKey::default() {
            complete += 1;
        } else {
            counts.entry((key.0, key.1)).or_insert((0, row)).0 += 1;
        }
    }
    let mut patterns: Vec<(u64, usize)> = counts.into_values().collect();
    patterns.sort_by_key(|(rows, first)| (std::cmp::Reverse(*rows), *first));
    let pattern = |(rows, first): (u64, usize)| {
        let columns = bits.iter().filter(|bits| bits.has(first));
        MissingPattern { columns: columns.map(|bits| table.columns[bits.column].name.clone()).collect(), rows }
    };
    (complete, patterns.into_iter().take(PATTERNS_SHOWN).map(pattern).collect())
}

fn over_time(table: &TableStatistics, time: usize) -> Vec<MissingOverTime> {
    let SampleValues::Time(times) = &table.columns[time].sample else { return Vec::new() };
    let months = months(times);
    let mut changes: Vec<(f64, MissingOverTime)> = Vec::new();
    for (place, column) in table.columns.iter().enumerate() {
        if place == time || column.missing == 0 {
            continue;
        }
        let mut counts = vec![(0_u64, 0_u64); months.names.len()];
        for (row, month) in months.of_row.iter().enumerate().filter(|(_, month)| Some(**month) != months.missing) {
            counts[*month as usize].0 += 1;
            counts[*month as usize].1 += u64::from(column.is_missing(row));
        }
        let month = |(name, (rows, missing)): (&String, (u64, u64))| MissingMonth {
            month: name.clone(),
            rows,
            share: share(missing, rows),
            interval: wilson(missing, rows),
        };
        let all: Vec<MissingMonth> =
            months.names.iter().zip(counts).filter(|(_, (rows, _))| *rows > 0).map(month).collect();
        let enough = || all.iter().filter(|month| month.rows >= MONTH_ROWS_MIN);
        let least = enough().min_by(|one, other| one.share.total_cmp(&other.share));
        let most = enough().max_by(|one, other| one.share.total_cmp(&other.share));
        if let (Some(least), Some(most)) = (least, most)
            && most.share - least.share >= CHANGE_MIN
            && most.interval.low > least.interval.high
        {
            changes.push((most.share - least.share, MissingOverTime { column: column.name.clone(), months: all }));
        }
    }
    changes.sort_by(|one, other| other.0.total_cmp(&one.0));
    changes.into_iter().take(OVER_TIME_SHOWN).map(|(_, change)| change).collect()
}
