//! What must hold before a row is read: all that is wanted is there, and is what it was.

use std::collections::BTreeSet;

use super::asked::{asks_for, is_asked, is_read, keep_asked, not_asked};
use super::config::{DatabaseConfig, names, of};
use super::kinds::{changed, may_stay};
use super::known::{Known, KnownTable};
use super::table::{Note, Table, TableColumn};
use crate::error::Error;

/// The columns that whoever keeps the rows adds to them.
const RESERVED: [&str; 7] = ["_origin", "_learned_at", "_hash", "_key", "_sequence", "_deleted_at", "_changed_at"];

/// Checks that what the configuration and earlier runs name is there. Names that are ours are changed.
pub(super) fn check_tables(
    tables: &mut Vec<Table>,
    known: &Known,
    config: &DatabaseConfig,
    notes: &mut Vec<Note>,
) -> Result<(), Error> {
    keep_asked(tables, known, config, notes);
    rename_paths(tables, notes);
    rename_reserved(tables, notes);
    check_streams(tables)?;
    let is_there = |name: &String| tables.iter().any(|table| table.stream == *name || table.label == *name);
    let uses = [
        ("cursor", config.cursor.keys().collect::<Vec<_>>()),
        ("key", config.key.keys().collect()),
        ("compare_keys", config.compare_keys.iter().collect()),
    ];
    for (setting, named) in uses {
        if let Some(missing) = named.into_iter().find(|name| !is_there(name)) {
            let what = format!("`{setting}` names table `{missing}`, which is not among those that are read");
            return Err(Error::new(what, "correct the name, add it to `tables`, or GRANT the role SELECT on it"));
        }
    }
    let is_gone = |name: &&String| !is_there(name) && !config.gone.contains(*name);
    for missing in known.tables.keys().filter(|_| config.tables.is_empty()).filter(is_gone) {
        let error = gone(&format!("table `{missing}`"), missing);
        if is_asked(missing, config) {
            return Err(error);
        }
        notes.push(unasked(missing, None, error));
    }
    for table in tables.iter_mut() {
        if let Some(known) = known.tables.get(&table.stream) {
            check_known_columns(table, known, config, notes)?;
        }
    }
    for table in tables.iter() {
        let key = key_of(table, config)?;
        check_key(table, &key, config)?;
        let known = known.tables.get(&table.stream);
        let wanted = wanted_columns(table, &key, cursor_of(table, config)?, known, config)?;
        if of(&config.columns, table).is_none() {
            let is_left = |column: &&TableColumn| !wanted.iter().any(|wanted| wanted.name == column.name);
            let left_out: Vec<&str> = table.columns.iter().filter(is_left).map(|column| column.name.as_str()).collect();
            notes.extend(not_asked(&table.stream, "columns", &left_out));
        }
    }
    Ok(())
}

/// Returns what is said of something that is gone or has changed, and that nobody asks for any more.
fn unasked(stream: &str, column: Option<&str>, error: Error) -> Note {
    let what = format!("{}, and no SQL asks for it: it is left out, what was read of it stays", error.what);
    let column = column.map(str::to_owned);
    Note { stream: stream.to_owned(), column, count: 1, what, way_out: String::new() }
}

fn gone(thing: &str, name: &str) -> Error {
    let what = format!("{thing} is gone or may not be read any more");
    let way_out = format!(
        "bring it back, GRANT the role SELECT on it, or name it by `gone = [\"{name}\"]`; what was read of it stays"
    );
    Error::new(what, way_out)
}

/// Whoever keeps the rows may call a folder by the name of a stream: it must not lead out of where they are.
fn rename_paths(tables: &mut [Table], notes: &mut Vec<Note>) {
    for table in tables {
        let leads_out = |part: &str| matches!(part, "" | "." | "..");
        if !table.stream.split(['/', '\\']).any(leads_out) && !table.stream.contains('\0') {
            continue;
        }
        table.stream = table.stream.replace(['/', '\\', '.', '\0'], "_");
        let what = format!("table `{}` is called `{}`: its name would be a path", table.label, table.stream);
        let way_out = format!("write `{}` in SQL", table.stream);
        notes.push(Note { stream: table.stream.clone(), column: None, count: 1, what, way_out });
    }
}

fn rename_reserved(tables: &mut [Table], notes: &mut Vec<Note>) {
    for table in tables {
        for index in 0..table.columns.len() {
            if !RESERVED.contains(&table.columns[index].name.to_lowercase().as_str()) {
                continue;
            }
            let old = table.columns[index].name.clone();
            let mut new = format!("{old}_");
            while table.columns.iter().any(|column| column.name == new) {
                new.push('_');
            }
            table.key.iter_mut().filter(|key| **key == old).for_each(|key| key.clone_from(&new));
            table.columns[index].name.clone_from(&new);
            notes.push(Note {
                stream: table.stream.clone(),
                column: Some(new.clone()),
                count: 1,
                what: format!("column `{old}` is called `{new}`: its name is one that raw rows have of their own"),
                way_out: format!("write `{new}` in SQL"),
            });
        }
    }
}

fn check_streams(tables: &[Table]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    match tables.iter().find(|table| !seen.insert(&table.stream)) {
        Some(table) => {
            let what = format!("two tables would be the stream `{}`, one of them `{}`", table.stream, table.label);
            Err(Error::new(what, "name the tables to read by `tables`, or read one of them from a source of its own"))
        }
        None => Ok(()),
    }
}

fn check_known_columns(
    table: &mut Table,
    known: &KnownTable,
    config: &DatabaseConfig,
    notes: &mut Vec<Note>,
) -> Result<(), Error> {
    let wanted = of(&config.columns, table).cloned();
    for (name, before) in known.columns.iter().chain(&known.gone) {
        if wanted.as_ref().is_some_and(|wanted| !wanted.contains(name)) {
            continue;
        }
        let place = format!("{}.{name}", table.label);
        let problem = match table.column(name) {
            None if config.gone.contains(&place) => continue,
            None => gone(&format!("column `{name}` of table `{}`", table.label), &place),
            Some(column) if !may_stay(column, before) => changed(table, column, before),
            Some(column) => {
                notes.extend(before.was_replaced(column).then(|| made_anew(table, column)));
                continue;
            }
        };
        let is_needed = key_of(table, config)?.contains(name) || of(&config.cursor, table) == Some(name);
        if is_needed || wanted.is_some() || asks_for(table, name, config) {
            return Err(problem);
        }
        table.columns.retain(|column| column.name != *name);
        if known.columns.contains_key(name) {
            notes.push(unasked(&table.stream, Some(name), problem));
        }
    }
    Ok(())
}

/// Its rows may not say that they have another value: the server did not write them.
fn made_anew(table: &Table, column: &TableColumn) -> Note {
    let what = format!("column `{}` was made anew: the table is read whole", column.name);
    let column = Some(column.name.clone());
    Note { stream: table.stream.clone(), column, count: 1, what, way_out: String::new() }
}

/// Returns the columns to read: those that are named or asked for, and those of the key and the cursor.
pub(super) fn wanted_columns(
    table: &Table,
    key: &[String],
    cursor: Option<&TableColumn>,
    known: Option<&KnownTable>,
    config: &DatabaseConfig,
) -> Result<Vec<TableColumn>, Error> {
    let is_needed =
        |column: &TableColumn| key.contains(&column.name) || cursor.is_some_and(|cursor| cursor.name == column.name);
    let Some(wanted) = of(&config.columns, table) else {
        let is_read = |column: &&TableColumn| is_needed(column) || is_read(table, column, key, known, config);
        return Ok(table.columns.iter().filter(is_read).cloned().collect());
    };
    let is_gone = |name: &&String| config.gone.contains(&format!("{}.{name}", table.label));
    if let Some(missing) = wanted.iter().find(|name| table.column(name).is_none() && !is_gone(name)) {
        let what = format!("table `{}` has no column `{missing}`, or the role may not read it", table.label);
        return Err(Error::new(what, "correct the SQL that asks for it, or GRANT the role SELECT on the column"));
    }
    let is_wanted = |column: &&TableColumn| wanted.iter().any(|name| column.is_called(name)) || is_needed(column);
    Ok(table.columns.iter().filter(is_wanted).cloned().collect())
}

/// Returns the key of a table, by the names of its stream.
pub(super) fn key_of(table: &Table, config: &DatabaseConfig) -> Result<Vec<String>, Error> {
    let Some(named) = of(&config.key, table) else { return Ok(table.key.clone()) };
    let of_stream = |name: &String| {
        table.column(name).map(|column| column.name.clone()).ok_or_else(|| {
            let what = format!("table `{}` has no column `{name}` for its key", table.label);
            Error::new(what, "name columns that no two rows have in common")
        })
    };
    named.iter().map(of_stream).collect()
}

/// Returns the cursor of a table.
pub(super) fn cursor_of<'a>(table: &'a Table, config: &DatabaseConfig) -> Result<Option<&'a TableColumn>, Error> {
    let Some(name) = of(&config.cursor, table) else { return Ok(None) };
    let way_out = "name a column that grows with every change, or leave the cursor out";
    let Some(column) = table.column(name) else {
        return Err(Error::new(format!("table `{}` has no column `{name}` for its cursor", table.label), way_out));
    };
    if column.order.is_none() {
        let what = format!("cursor `{name}` of table `{}` is `{}`: no order to go by", table.label, column.declared);
        return Err(Error::new(what, way_out));
    }
    Ok(Some(column))
}

/// Checks what needs a key.
fn check_key(table: &Table, key: &[String], config: &DatabaseConfig) -> Result<(), Error> {
    if key.is_empty() && names(&config.compare_keys, table) {
        let what = format!("`compare_keys` names table `{}`, which has no key", table.label);
        return Err(Error::new(what, "name the columns that no two rows have in common by `key`"));
    }
    Ok(())
}
