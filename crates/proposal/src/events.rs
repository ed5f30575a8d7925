//! Events: the kinds that a table has, their attributes, and when they were known.

use std::collections::{BTreeMap, BTreeSet};

use plumb_tables::ColumnReading;

use crate::column_role::ColumnRole;
use crate::fields::{FieldKind, with_purpose};
use crate::tables::{Found, Purpose};
use crate::words::{has_any, singular, sql_name, words_of};

/// The most kinds of a table.
const KINDS_MAX: usize = 60;

/// A table of events.
#[derive(Clone, Debug)]
pub(crate) struct Events {
    pub(crate) table: usize,
    /// The column with the kind; `None` if all are of one.
    pub(crate) kind_column: Option<usize>,
    /// The kinds with their rows, the commonest first.
    pub(crate) kinds: Vec<(String, u64)>,
    pub(crate) at: usize,
    pub(crate) known: KnownAt,
    pub(crate) attributes: Vec<Attribute>,
}

/// A column of events.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) column: usize,
    pub(crate) name: String,
    pub(crate) kind: FieldKind,
    /// The commonest values with their rows, if it has few.
    pub(crate) top: Vec<(String, u64)>,
}

/// When a row was known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum KnownAt {
    /// By the column that says when somebody entered it.
    Column(usize),
    /// By the column that says when a loader copied it; most rows came with the first load, which ended then.
    Loaded(usize, Option<i64>),
    /// Nothing says it.
    Unknown,
}

/// Returns the tables of events.
pub(crate) fn events_of(found: &Found<'_>) -> Vec<Events> {
    let mut types: BTreeMap<String, FieldKind> = BTreeMap::new();
    let tables = with_purpose(found, Purpose::Events);
    tables.into_iter().filter_map(|table| events_in(found, table, &mut types)).collect()
}

fn events_in(found: &Found<'_>, table: usize, types: &mut BTreeMap<String, FieldKind>) -> Option<Events> {
    let at = found.date(table)?;
    let summary = &found.tables[table];
    let kind_column = kind_column(found, table);
    let called = sql_name(&singular(&words_of(summary.name.called()).join(" ")));
    let kinds = match kind_column {
        Some(column) => {
            let mut rows: BTreeMap<String, u64> = BTreeMap::new();
            summary.columns[column]
                .top
                .iter()
                .for_each(|(value, count)| *rows.entry(value.trim().to_lowercase()).or_default() += count);
            let mut kinds: Vec<(String, u64)> = rows.into_iter().collect();
            kinds.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
            kinds
        }
        None => vec![(called.clone(), summary.rows)],
    };
    let mut names: BTreeSet<String> =
        ["kind", "at", "known_at", "event_id", "lead_key", "lead_id"].map(str::to_owned).into();
    let mut attributes = Vec::new();
    for (position, column) in summary.columns.iter().enumerate() {
        let is_link = found.links.iter().any(|link| link.from == (table, position));
        let is_taken =
            Some(position) == kind_column || Some(position) == found.keys[table] || is_link || column.is_time();
        if is_taken || found.roles[table][position].is_some() || column.filled == 0 {
            continue;
        }
        let kind = match &column.reading {
            ColumnReading::Number(_) => FieldKind::Number,
            ColumnReading::Flag { .. } => FieldKind::Flag,
            ColumnReading::Category if !column.top.is_empty() => FieldKind::Category,
            _ => continue,
        };
        let name = sql_name(&column.name);
        let name = if name.ends_with("_at") { format!("{name}_text") } else { name };
        let clashes = names.contains(&name) || types.get(&name).is_some_and(|known| *known != kind);
        let name = if clashes { format!("{called}_{name}") } else { name };
        if names.insert(name.clone()) && types.get(&name).is_none_or(|known| *known == kind) {
            types.insert(name.clone(), kind);
            attributes.push(Attribute { column: position, name, kind, top: column.top.clone() });
        }
    }
    Some(Events { table, kind_column, kinds, at, known: known_at(found, table, at), attributes })
}

/// Returns the column that says of what kind an event is.
fn kind_column(found: &Found<'_>, table: usize) -> Option<usize> {
    let rank = |position: usize| -> Option<u32> {
        let column = found.column(table, position);
        let is_category =
            matches!(column.reading, ColumnReading::Category | ColumnReading::Text) && !column.top.is_empty();
        if !is_category || column.top.len() > KINDS_MAX || found.roles[table][position].is_some() {
            return None;
        }
        let words = words_of(&column.name);
        match () {
            () if has_any(&words, &["kind"]) => Some(0),
            () if words == ["type"] || words == ["event"] || words == ["activity"] || words == ["action"] => Some(1),
            () if has_any(&words, &["type", "event", "activity", "action", "art", "typ"]) => Some(2),
            () => None,
        }
    };
    let columns = 0..found.tables[table].columns.len();
    columns.filter_map(|position| Some((rank(position)?, position))).min().map(|(_, position)| position)
}

/// Returns when the rows of a table were known: by when somebody entered them, else by when a loader copied them.
pub(crate) fn known_at(found: &Found<'_>, table: usize, at: usize) -> KnownAt {
    let summary = &found.tables[table];
    let in_order = |position: usize| {
        let pair = summary.pair(&summary.columns[at].name, &summary.columns[position].name);
        pair.filter(|pair| pair.rows > 0 && pair.in_order * 100 >= pair.rows * 95)
    };
    for role in [ColumnRole::Known, ColumnRole::Created, ColumnRole::Updated] {
        let columns =
            (0..summary.columns.len()).filter(|position| *position != at && found.role(table, *position) == Some(role));
        if let Some(position) = columns.into_iter().find(|position| in_order(*position).is_some()) {
            return KnownAt::Column(position);
        }
    }
    let Some(loaded) = found.with_role(table, ColumnRole::Loaded) else { return KnownAt::Unknown };
    let column = &summary.columns[loaded];
    let is_prompt = in_order(loaded).is_some_and(|pair| pair.within_week * 10 >= pair.rows * 8);
    let first_load_end = column.times.map(|(first, _)| first + 86_400_000_000);
    KnownAt::Loaded(loaded, if is_prompt { None } else { first_load_end })
}
