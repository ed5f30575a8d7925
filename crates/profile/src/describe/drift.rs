//! How far a table is from another one, by the measures of the monitoring (`plumb_learn::drift`).

use std::collections::BTreeMap;

use plumb_lead::{Drift, FeatureSet, MessageCatalog, Verdict};
use plumb_learn::drift::{baseline, compare};

use super::gathered::TableStatistics;
use super::sample_table;
use super::share::share;
use crate::error::Error;
use crate::gather::{Column, Facts};
use crate::outcome::{ColumnKind, DriftOfColumn, DriftProfile, KindChanged, ValueCount};

/// A value that so many rows of the other table have, and none here, has vanished.
const VANISHED_ROWS: u64 = 10;
const VANISHED_SHARE: f64 = 0.002;
const VANISHED_SHOWN: usize = 10;

/// A column with more different words than this is one of names, in which new ones are no news.
const WORDS_MAX: u64 = 2_000;

/// What is missing has moved if its share differs by more than this, and by more than chance explains.
const MISSING_MOVED: f64 = 0.05;
const MISSING_DRIFTED: f64 = 0.2;
const ERRORS: f64 = 4.0;

/// Returns how far `here` is from `there`.
pub(super) fn drift(here: &TableStatistics, there: &TableStatistics) -> Result<DriftProfile, Error> {
    let of_there: BTreeMap<&str, usize> =
        there.columns.iter().enumerate().map(|(place, column)| (column.name.as_str(), place)).collect();
    let mut both: Vec<(usize, usize)> = Vec::new();
    let mut kinds_changed = Vec::new();
    let mut only_here = Vec::new();
    for (place, column) in here.columns.iter().enumerate() {
        match of_there.get(column.name.as_str()) {
            None => only_here.push(column.name.clone()),
            Some(other) if there.columns[*other].kind == column.kind => both.push((place, *other)),
            Some(other) => kinds_changed.push(KindChanged {
                column: column.name.clone(),
                here: column.kind.word(),
                there: there.columns[*other].kind.word(),
            }),
        }
    }
    let is_here = |column: &&Column| here.columns.iter().any(|other| other.name == column.name);
    let mut columns = compared(here, there, &both)?;
    columns.sort_by(|one, other| {
        let rank = |column: &DriftOfColumn| (column.drift.verdict, column.drift.jensen_shannon);
        let (one, other) = (rank(one), rank(other));
        other.0.cmp(&one.0).then(other.1.total_cmp(&one.1))
    });
    Ok(DriftProfile {
        rows_against: there.rows,
        rows: (here.lines.len() as u64, there.lines.len() as u64),
        columns,
        only_here,
        only_there: there.columns.iter().filter(|column| !is_here(column)).map(|column| column.name.clone()).collect(),
        kinds_changed,
    })
}

fn compared(
    here: &TableStatistics,
    there: &TableStatistics,
    both: &[(usize, usize)],
) -> Result<Vec<DriftOfColumn>, Error> {
    let (by_value, by_missing): (Vec<_>, Vec<_>) =
        both.iter().copied().partition(|(place, other)| compares(&here.columns[*place], &there.columns[*other]));
    let mut found: Vec<DriftOfColumn> = by_missing
        .iter()
        .map(|(place, other)| DriftOfColumn {
            drift: of_missing(here, &here.columns[*place], there, &there.columns[*other]),
            vanished: Vec::new(),
            means: None,
            values_compared: false,
        })
        .collect();
    if !by_value.is_empty() && !here.lines.is_empty() && !there.lines.is_empty() {
        let places = |side: fn(&(usize, usize)) -> usize| by_value.iter().map(side).collect::<Vec<usize>>();
        let now = sample_table::table(here, &places(|pair| pair.0))?;
        let before = sample_table::table(there, &places(|pair| pair.1))?;
        let features = FeatureSet::learn(&before, &MessageCatalog::default());
        // The measures expect scores as well; without a model there are none, and these say nothing.
        let scores = |rows: usize| vec![0.5; rows];
        let (matrix, _) = features.encode(&before)?;
        let baseline = baseline(&features, &matrix, &scores(before.rows()))?;
        let (matrix, unseen) = features.encode(&now)?;
        let drifts = compare(&baseline, &features, &matrix, &scores(now.rows()), &unseen)?;
        for (drift, (place, other)) in drifts.into_iter().skip(1).zip(&by_value) {
            let (column, before) = (&here.columns[*place], &there.columns[*other]);
            found.push(DriftOfColumn {
                drift,
                vanished: vanished(column, before, there.rows),
                means: mean(column).zip(mean(before)),
                values_compared: true,
            });
        }
    }
    Ok(found)
}

fn compares(column: &Column, other: &Column) -> bool {
    let few = |column: &Column| column.distinct.count().0 <= WORDS_MAX;
    match column.kind {
        ColumnKind::Number | ColumnKind::Flag => true,
        ColumnKind::Category => few(column) && few(other),
        ColumnKind::Identifier | ColumnKind::Text | ColumnKind::Timestamp => false,
    }
}

/// The drift of a column of which only what is missing is compared.
fn of_missing(here: &TableStatistics, column: &Column, there: &TableStatistics, other: &Column) -> Drift {
    let (missing, before) = (share(column.missing, here.rows), share(other.missing, there.rows));
    let all = share(column.missing + other.missing, here.rows + there.rows);
    let chance = all * (1.0 - all) * (1.0 / here.rows.max(1) as f64 + 1.0 / there.rows.max(1) as f64);
    let moved = (missing - before).abs();
    let verdict = match moved {
        _ if moved <= MISSING_MOVED || moved <= ERRORS * chance.sqrt() => Verdict::Stable,
        _ if moved <= MISSING_DRIFTED => Verdict::Moved,
        _ => Verdict::Drifted,
    };
    Drift {
        column: column.name.clone(),
        psi: 0.0,
        jensen_shannon: 0.0,
        missing,
        missing_baseline: before,
        unseen: Vec::new(),
        verdict,
        p_value: 1.0,
        weeks: 1,
    }
}

fn vanished(column: &Column, before: &Column, rows_before: u64) -> Vec<ValueCount> {
    let (Facts::Text(now), Facts::Text(before)) = (&column.facts, &before.facts) else { return Vec::new() };
    let still: std::collections::HashSet<u64> =
        now.counts.most_frequent().into_iter().map(|counted| counted.hash).collect();
    let enough = |count: u64| count >= VANISHED_ROWS && share(count, rows_before) >= VANISHED_SHARE;
    let gone = before.counts.most_frequent().into_iter().filter(|counted| enough(counted.count));
    gone.filter(|counted| !still.contains(&counted.hash))
        .take(VANISHED_SHOWN)
        .map(|counted| ValueCount { value: counted.text, rows: counted.count })
        .collect()
}

fn mean(column: &Column) -> Option<f64> {
    match &column.facts {
        Facts::Number(facts) => facts.moments.mean(),
        Facts::Flag(yes, no) => (yes + no > 0).then(|| share(*yes, yes + no)),
        Facts::Time(_) | Facts::Text(_) => None,
    }
}
