//! Which columns become fields of a lead, and why others do not.

use std::collections::BTreeSet;

use plumb_tables::ColumnReading;

use crate::column_role::ColumnRole;
use crate::status::StatusMeaning;
use crate::summary::ColumnSummary;
use crate::tables::{Found, Purpose};
use crate::words::{has_any, singular, sql_name, words_of};

/// The most values of a category that a model learns by.
const CATEGORY_VALUES_MAX: u64 = 200;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    /// Words that many leads share.
    Category,
    /// A number.
    Number,
    /// Yes or no.
    Flag,
    /// A text that nearly every lead has its own of: shown, and not learned from.
    Text,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
}

/// A field of a lead.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// Its name in SQL.
    pub(crate) name: String,
    pub(crate) kind: FieldKind,
    /// Where it comes from.
    pub(crate) from: FieldSource,
    /// Its values, about.
    pub(crate) values: u64,
    /// The share of rows that have one.
    pub(crate) filled: f64,
    /// Whether some values differ by case and blanks only.
    pub(crate) has_spellings: bool,
}

/// Where a field comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldSource {
    /// A column of the leads.
    Lead(usize),
    /// A column of a table that leads refer to: the table, the column, the lead's column that refers to it.
    Parent(usize, usize, usize),
    /// A field of a history: the table, and what it calls the field.
    History(usize, String),
}

/// A column that is left out, with the reason.
#[derive(Clone, Debug)]
pub(crate) struct LeftOut {
    pub(crate) column: String,
    pub(crate) why: String,
}

/// The fields of leads.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) fields: Vec<Field>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// Returns the fields.
pub(crate) fn fields_of(found: &Found<'_>) -> Fields {
    let mut fields = Fields::default();
    let mut names: BTreeSet<String> =
        ["lead_key", "lead_id", "created_at", "known_at", "known_from", "known_to", "is_test"]
            .map(str::to_owned)
            .into();
    let histories: Vec<usize> = with_purpose(found, Purpose::History);
    let of_history: BTreeSet<String> =
        histories.iter().flat_map(|table| &found.tables[*table].history).map(|field| sql_name(&field.name)).collect();
    add_columns(found, found.lead, None, &of_history, &mut names, &mut fields);
    for link in found.links.iter().filter(|link| link.from.0 == found.lead) {
        if found.purposes[link.to.0].0 == Purpose::Parent {
            add_columns(found, link.to.0, Some(link.from.1), &of_history, &mut names, &mut fields);
        }
    }
    for table in histories {
        add_history(found, table, &mut names, &mut fields);
    }
    fields
}

/// Returns the tables with a purpose.
pub(crate) fn with_purpose(found: &Found<'_>, purpose: Purpose) -> Vec<usize> {
    (0..found.tables.len()).filter(|table| found.purposes[*table].0 == purpose).collect()
}

fn add_columns(
    found: &Found<'_>,
    table: usize,
    by: Option<usize>,
    of_history: &BTreeSet<String>,
    names: &mut BTreeSet<String>,
    fields: &mut Fields,
) {
    let summary = &found.tables[table];
    let called = singular(&words_of(summary.name.called()).join("_"));
    for (position, column) in summary.columns.iter().enumerate() {
        let shown = match by {
            None => column.name.clone(),
            Some(_) => format!("{}.{}", summary.name.called(), column.name),
        };
        let mut leave_out = |why: &str| fields.left_out.push(LeftOut { column: shown.clone(), why: why.to_owned() });
        if found.keys[table] == Some(position) || is_used_otherwise(found, table, position) {
            continue;
        }
        let name = sql_name(&column.name);
        if by.is_none() && of_history.contains(&name) {
            leave_out("its history has it with the time of each change");
            continue;
        }
        match field_kind(found, table, position, column) {
            Ok(kind) => {
                let name = if by.is_some() && column_is_common(&name) { format!("{called}_{name}") } else { name };
                let name = free_name(name, &called, names);
                let from = by.map_or(FieldSource::Lead(position), |by| FieldSource::Parent(table, position, by));
                let filled = column.filled as f64 / summary.rows.max(1) as f64;
                let values = column.distinct();
                let has_spellings = column.top.len() as u64 > values;
                fields.fields.push(Field { name, kind, from, values, filled, has_spellings });
            }
            Err(why) if why.is_empty() => {}
            Err(why) => leave_out(&why),
        }
    }
}

/// Returns whether a name would be any table's, as `name` and `type`.
fn column_is_common(name: &str) -> bool {
    ["name", "type", "status", "description", "email", "phone"].contains(&name)
}

/// Returns a name that no other field has. Names that end in `_at` are those of timestamps.
fn free_name(name: String, called: &str, names: &mut BTreeSet<String>) -> String {
    let name = if name.ends_with("_at") { format!("{name}_text") } else { name };
    let mut free = if names.contains(&name) { format!("{called}_{name}") } else { name.clone() };
    let mut number = 2;
    while names.contains(&free) {
        free = format!("{name}_{number}");
        number += 1;
    }
    names.insert(free.clone());
    free
}

/// Returns whether a column has a place of its own in a project: dates of creation, keys of other tables, loaders' columns.
fn is_used_otherwise(found: &Found<'_>, table: usize, position: usize) -> bool {
    use ColumnRole::{Bookkeeping, Created, Deleted, Loaded, MergedIds, MergedInto, Test, ValidFrom};
    let role = found.role(table, position);
    let is_link = found.links.iter().any(|link| link.from == (table, position));
    let is_created = role == Some(Created) && found.with_role(table, Created) == Some(position);
    is_link
        || is_created
        || matches!(role, Some(Bookkeeping | Deleted | Loaded | MergedIds | MergedInto | Test | ValidFrom))
}

/// Returns what a column is as a field, or why it is none.
fn field_kind(found: &Found<'_>, table: usize, position: usize, column: &ColumnSummary) -> Result<FieldKind, String> {
    use ColumnRole::{After, ClosedAt, Converted, ConvertedAt, Email, Known, LostAt, Phone, Status, Updated};
    if column.filled == 0 {
        return Err("it is empty".to_owned());
    }
    match &found.roles[table][position] {
        Some((Email, _)) => return Ok(FieldKind::Email),
        Some((Phone, _)) => return Ok(FieldKind::Phone),
        Some((After, why)) if why.ends_with("calls it so") => {
            return Err(format!(
                "{}: it is written with the outcome, or until then",
                why.trim_end_matches(" calls it so")
            ));
        }
        Some((After, why)) => return Err(why.clone()),
        Some((Status, _)) => return Err("a status tells the outcome, and only today's is here".to_owned()),
        Some((Converted | ConvertedAt | ClosedAt | LostAt, _)) => return Err("it is the outcome".to_owned()),
        Some((Updated | Known, _)) => {
            return Err("it is when the row was changed, which happens with the outcome too".to_owned());
        }
        _ => {}
    }
    if let Some(why) = follows_outcome(found, table, position) {
        return Err(why);
    }
    if column.is_time() {
        return Err("a date: write `date_diff_days(as_of, …)` of it if it was known by then".to_owned());
    }
    let is_parent = table != found.lead;
    let distinct = column.distinct();
    if distinct < 2 && !is_parent {
        return Err(format!(
            "it has the same value in every row: `{}`",
            column.top.first().map_or("", |(value, _)| value)
        ));
    }
    if is_name_of_person(&words_of(&column.name)) {
        return Ok(FieldKind::Text);
    }
    Ok(match &column.reading {
        ColumnReading::Flag { .. } => FieldKind::Flag,
        ColumnReading::Number(_) => FieldKind::Number,
        ColumnReading::Identifier => return Err("an identifier: nearly every row has its own".to_owned()),
        _ if distinct <= CATEGORY_VALUES_MAX && distinct * 2 <= column.filled => FieldKind::Category,
        _ if has_any(&words_of(&column.name), &["id", "url", "link", "guid", "uuid", "gclid", "checksum", "hash"]) => {
            return Err("an identifier or address: nearly every row has its own".to_owned());
        }
        _ => FieldKind::Text,
    })
}

/// Returns whether a column has names of people: shown to reps, and nothing that a model should learn from.
fn is_name_of_person(words: &[String]) -> bool {
    let is_part = has_any(words, &["first", "last", "full", "middle", "given", "family", "contact", "person", "lead"]);
    is_part && has_any(words, &["name"])
        || has_any(words, &["firstname", "lastname", "fullname", "surname", "vorname", "nachname"])
}

/// Returns why a column follows the outcome, by where it is filled: in leads of an end, and hardly in open ones.
fn follows_outcome(found: &Found<'_>, table: usize, position: usize) -> Option<String> {
    let summary = &found.tables[table];
    for filled_by in &summary.filled_by {
        if filled_by.column == position {
            continue;
        }
        let role = found.role(table, filled_by.column);
        if !matches!(role, Some(ColumnRole::Status | ColumnRole::Converted)) {
            continue;
        }
        let meaning = match role {
            Some(ColumnRole::Converted) => StatusMeaning {
                positive: vec!["true".into(), "1".into()],
                open: vec!["false".into(), "0".into()],
                ..StatusMeaning::default()
            },
            _ => found.meaning(table, filled_by.column),
        };
        let share = |values: &[String]| {
            let of = filled_by.values.iter().filter(|(value, ..)| values.contains(value));
            let (rows, filled) =
                of.fold((0, 0), |(rows, filled), (_, of, columns)| (rows + of, filled + columns[position]));
            (rows >= 20).then(|| filled as f64 / rows as f64)
        };
        let name = &summary.columns[filled_by.column].name;
        let (positive, negative, open) = (share(&meaning.positive), share(&meaning.negative), share(&meaning.open));
        let percent = |share: f64| format!("{:.0} %", 100.0 * share);
        for (ended, which) in [(positive, &meaning.positive), (negative, &meaning.negative)] {
            let others = [positive, negative, open].into_iter().flatten().filter(|share| Some(*share) != ended);
            let most = others.fold(None, |most: Option<f64>, share| Some(most.map_or(share, |most| most.max(share))));
            if let (Some(ended), Some(most)) = (ended, most)
                && ended >= 0.3
                && most <= 0.05 * ended
            {
                let (ended, most, which) = (percent(ended), percent(most), which.join("`, `"));
                return Some(format!(
                    "it is filled in {ended} of the rows where `{name}` is `{which}`, and in {most} of the others"
                ));
            }
        }
        if let (Some(ended), Some(open)) = (positive.or(negative), open)
            && ended >= 0.5
            && open <= 0.05 * ended
        {
            return Some(format!(
                "it is filled in {} of the rows with an end, and in {} of those that are open by `{name}`",
                percent(ended),
                percent(open)
            ));
        }
    }
    None
}

/// Adds the fields of a history, but for those that tell the outcome.
fn add_history(found: &Found<'_>, table: usize, names: &mut BTreeSet<String>, fields: &mut Fields) {
    let summary = &found.tables[table];
    for field in &summary.history {
        let words = words_of(&field.name);
        let shown = format!("{} of {}", field.name, summary.name.shown());
        let mut leave_out = |why: &str| fields.left_out.push(LeftOut { column: shown.clone(), why: why.to_owned() });
        if crate::status_names::looks_like_status(&field.name) {
            leave_out("a status tells the outcome");
            continue;
        }
        if has_any(&words, &["id", "email", "date", "name"]) || field.rows * 200 < summary.rows {
            leave_out("it is changed rarely, or is an identifier, a name or a date");
            continue;
        }
        if field.name.ends_with("_at") || words.last().is_some_and(|last| last == "at") {
            leave_out("a date: select it as a version's field ending in `_at` if you use it");
            continue;
        }
        let kind = match field.values.distinct() {
            _ if field.numbers * 10 >= field.rows * 9 => FieldKind::Number,
            distinct if distinct <= CATEGORY_VALUES_MAX => FieldKind::Category,
            _ => FieldKind::Text,
        };
        let name = free_name(sql_name(&field.name), "history", names);
        let from = FieldSource::History(table, field.name.clone());
        let filled = (field.rows as f64 / found.tables[found.lead].rows.max(1) as f64).min(1.0);
        fields.fields.push(Field { name, kind, from, values: field.values.distinct(), filled, has_spellings: false });
    }
}
