//! `sources/lead.sql`, and a file for each history.

use std::collections::BTreeMap;

use super::parts::Parts;
use crate::column_role::ColumnRole;
use crate::fields::{Field, FieldKind, FieldSource, with_purpose};
use crate::keys::where_clause;
use crate::proposed_file::ProposedFile;
use crate::sql::{Cell, Item, comment, item, literal, select, table};
use crate::tables::{Found, Purpose};

/// Returns the file with a row a lead.
pub(super) fn file(parts: &Parts<'_>) -> ProposedFile {
    let (found, lead) = (parts.found, parts.found.lead);
    let summary = &found.tables[lead];
    let mut said =
        format!("A row a lead: {}, {} rows, because {}.\n", summary.name.shown(), summary.rows, found.lead_why);
    let created = created_column(found);
    let created_time = found.cell(lead, created, "l").time();
    let mut items = vec![
        item(found.own_key(lead, "l").expect("a table of leads has a key"), "lead_key"),
        item(found.cell(lead, created, "l").time_column(), "created_at"),
    ];
    said += &format!("`{}` is when the lead came.\n", found.column(lead, created).name);
    if let Some((known, why)) = known_at(found, &created_time) {
        items.push(item(known, "known_at"));
        said += &format!("{why}\n");
    } else {
        said += "There is no `known_at`: the table has today's values and not since when. The first value of a field counts from the \
                 lead's creation, a later one from the ingestion that finds it. So only fields are taken that a lead brings along.\n";
        if let Some(loaded) = found.with_role(lead, ColumnRole::Loaded) {
            said += &format!(
                "`{}` is no `known_at` here: each change of a row moves it, so that leads would be unknown until their last change, and \
                 who was worked on would be told by that.\n",
                found.column(lead, loaded).name
            );
        }
    }
    if let Some(test) = found.with_role(lead, ColumnRole::Test) {
        items.push(item(format!("coalesce({}, false)", found.cell(lead, test, "l").flag()), "is_test"));
    }
    let (fields, joins) = fields_and_joins(parts);
    items.extend(fields);
    items.push(item(Found::origin("l"), "_origin"));
    let conditions = found.conditions(lead, "l");
    if !conditions.is_empty() {
        said += "Deleted rows are left out; what belongs to them is listed as unmatched.\n";
    }
    let left_out: Vec<String> =
        parts.fields.left_out.iter().map(|left| format!("  `{}`: {}", left.column, left.why)).collect();
    if !left_out.is_empty() {
        said += &format!("Left out of the fields:\n{}\n", left_out.join("\n"));
    }
    let sql = format!(
        "{}{}FROM {} l\n{joins}{}",
        comment(said.trim_end()),
        select(&items),
        table(&summary.name),
        where_clause(&conditions)
    );
    ProposedFile::new("sources/lead.sql", sql, &format!("the leads, from {}", summary.name.shown()))
}

/// Returns the column that says when a lead came.
pub(crate) fn created_column(found: &Found<'_>) -> usize {
    found
        .with_role(found.lead, ColumnRole::Created)
        .or_else(|| found.date(found.lead))
        .expect("a table of leads has a date")
}

/// Returns when a row was known, if it is one of several versions of its lead.
fn known_at(found: &Found<'_>, created: &str) -> Option<(String, String)> {
    let (lead, rows) = (found.lead, found.tables[found.lead].rows);
    if let Some(from) = found.with_role(lead, ColumnRole::ValidFrom) {
        let name = &found.column(lead, from).name;
        let why = format!("A row is a version of its lead, known from `{name}` on.");
        return Some((found.cell(lead, from, "l").time_column(), why));
    }
    let key = found.keys[lead]?;
    let loaded = found.with_role(lead, ColumnRole::Loaded)?;
    if found.column(lead, key).is_key(rows) {
        return None;
    }
    let name = &found.column(lead, loaded).name;
    let loaded_at = found.loaded(lead, loaded, "l");
    let key = found.cell(lead, key, "l").key();
    let why = format!(
        "A lead has a row for each load of it: its first one counts from the lead's creation, a later one from `{name}` on, when it was \
         loaded."
    );
    let first = format!("row_number() OVER (PARTITION BY {key} ORDER BY {loaded_at}) = 1");
    Some((format!("CASE WHEN {first} THEN {created} ELSE {loaded_at} END"), why))
}

/// Returns the fields of the leads and of what they refer to, and the tables to join for them.
fn fields_and_joins(parts: &Parts<'_>) -> (Vec<Item>, String) {
    let found = parts.found;
    let mut aliases: BTreeMap<(usize, usize), String> = BTreeMap::new();
    let mut joins = String::new();
    let mut items = Vec::new();
    for field in &parts.fields.fields {
        let (of, position, alias) = match field.from {
            FieldSource::Lead(position) => (found.lead, position, "l".to_owned()),
            FieldSource::Parent(of, position, by) => {
                let number = aliases.len() + 1;
                let alias = aliases.entry((of, by)).or_insert_with(|| {
                    let alias = format!("p{number}");
                    let key = found.keys[of].expect("what is referred to has a key");
                    let (theirs, mine) = (found.cell(of, key, &alias).key(), found.cell(found.lead, by, "l").key());
                    joins += &format!("LEFT JOIN {} {alias} ON {theirs} = {mine}\n", table(&found.tables[of].name));
                    alias
                });
                (of, position, alias.clone())
            }
            FieldSource::History(..) => continue,
        };
        items.push(item(value(field, found.cell(of, position, &alias)), &field.name));
    }
    (items, joins)
}

/// Returns a field's value.
fn value(field: &Field, cell: Cell<'_>) -> String {
    match field.kind {
        FieldKind::Number => cell.number(),
        FieldKind::Flag => cell.flag(),
        FieldKind::Email => format!("normalise_email({})", cell.text()),
        // Who types a word writes it in many ways.
        FieldKind::Category if field.has_spellings => cell.word(),
        FieldKind::Category => format!("trim({})", cell.text()),
        FieldKind::Text | FieldKind::Phone => cell.text(),
    }
}

/// Returns a file for each history, with a row a change.
pub(super) fn history_files(parts: &Parts<'_>) -> Vec<ProposedFile> {
    with_purpose(parts.found, Purpose::History).into_iter().filter_map(|of| history_file(parts, of)).collect()
}

fn history_file(parts: &Parts<'_>, of: usize) -> Option<ProposedFile> {
    let found = parts.found;
    let (field, new_value) = found.history_of(of)?;
    let fields: Vec<(&Field, &String)> = parts
        .fields
        .fields
        .iter()
        .filter_map(|field| match &field.from {
            FieldSource::History(table, name) if *table == of => Some((field, name)),
            _ => None,
        })
        .collect();
    if fields.is_empty() {
        return None;
    }
    let at = found.date(of)?;
    let known = crate::events::known_at(found, of, at);
    let time = found.cell(of, at, "h").time();
    let (known_at, why) = found.known_expression(of, &known, &time, "h").unwrap_or_else(|| {
        let why = format!("A change is known from `{}` on.", found.column(of, at).name);
        (found.cell(of, at, "h").time_column(), why)
    });
    let (lead_key, join) = found.lead_key(of, "h")?;
    let mut items =
        vec![item(lead_key, "lead_key"), item("CAST(NULL AS TIMESTAMP)", "created_at"), item(known_at, "known_at")];
    let (name, value) = (found.cell(of, field, "h"), found.cell(of, new_value, "h"));
    let mut names = Vec::new();
    for (field, called) in fields {
        let value = match field.kind {
            FieldKind::Number => format!("parse_number({}, 'decimal point')", value.text()),
            _ => value.text(),
        };
        items.push(item(format!("CASE WHEN {} = {} THEN {value} END", name.text(), literal(called)), &field.name));
        names.push(literal(called));
    }
    items.push(item(Found::origin("h"), "_origin"));
    let mut conditions = vec![format!("{} IN ({})", name.text(), names.join(", "))];
    conditions.extend(found.conditions(of, "h"));
    let summary = &found.tables[of];
    let said = format!(
        "A row a change of a field: {}, {} rows, because {}.\n{why}\nWhat a change leaves empty stays as it was.",
        summary.name.shown(),
        summary.rows,
        found.purposes[of].1
    );
    let sql = format!(
        "{}{}FROM {} h\n{}{}",
        comment(&said),
        select(&items),
        table(&summary.name),
        join.unwrap_or_default(),
        where_clause(&conditions)
    );
    let path = format!("sources/lead.{}.sql", parts.found.prefix(of));
    Some(ProposedFile::new(&path, sql, &format!("what changed of the leads, and when, from {}", summary.name.shown())))
}
