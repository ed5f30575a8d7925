//! What is said of one column.

use super::gathered::TableStatistics;
use super::share::{share, wilson};
use super::{numbers, times, words};
use crate::gather::{Column, Facts, SampleValues};
use crate::outcome::{ColumnKind, ColumnProfile, Distinct, FlagProfile, Signal, TargetProfile};

/// Returns what is said of a column.
pub(super) fn column(table: &TableStatistics, column: &Column, target: Option<&TargetProfile>) -> ColumnProfile {
    let present = table.rows - column.missing;
    let (count, error) = column.distinct.count();
    // An estimate may be larger than what can be.
    let distinct = Distinct { count: count.min(present), error };
    let signal = target.and_then(|target| target.by_column.iter().find(|rate| rate.column == column.name));
    let mut profile = ColumnProfile {
        name: column.name.clone(),
        kind: column.kind,
        present,
        missing: column.missing,
        missing_share: share(column.missing, table.rows),
        missing_interval: wilson(column.missing, table.rows),
        distinct,
        number: None,
        flag: None,
        time: None,
        values: None,
        text: None,
        signal: signal.map(|rate| Signal { auc: rate.auc, interval: rate.auc_interval }),
    };
    match (&column.facts, &column.sample) {
        (Facts::Number(facts), SampleValues::Number(values)) => {
            profile.number = Some(numbers::numbers(table, facts, values));
        }
        (Facts::Flag(yes, no), _) => {
            let interval = wilson(*yes, yes + no);
            profile.flag = Some(FlagProfile { yes: *yes, no: *no, share: share(*yes, yes + no), interval });
        }
        (Facts::Time(facts), _) => profile.time = Some(times::times(facts)),
        (Facts::Text(facts), SampleValues::Text(_, lengths)) => {
            profile.values = Some(words::values(facts, present, column.kind == ColumnKind::Category));
            profile.text = Some(words::lengths(facts, lengths));
        }
        _ => {}
    }
    profile
}
