//! What must hold before a row is read: all that is wanted is there, and is what it was.

use std::collections::BTreeSet;

use super::config::{DatabaseConfig, names, of};
use super::known::{Known, KnownTable};
use super::table::{Kind, Note, Table, TableColumn};
use crate::cell::CellKind;
use crate::error::Error;

/// The columns that whoever keeps the rows adds to them.
const RESERVED: [&str; 7] = ["_origin", "_learned_at", "_hash", "_key", "_sequence", "_deleted_at", "_changed_at"];

/// Checks that what the configuration and earlier runs name is there. Names that are ours are changed.
pub(super) fn check_tables(
    tables: &mut [Table],
    known: &Known,
    config: &DatabaseConfig,
    notes: &mut Vec<Note>,
) -> Result<(), Error> {
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
    if let Some(missing) = known.tables.keys().filter(|_| config.tables.is_empty()).find(is_gone) {
        return Err(gone(&format!("table `{missing}`"), missing));
    }
    for table in tables.iter() {
        let Some(known) = known.tables.get(&table.stream) else { continue };
        check_known_columns(table, known, config)?;
    }
    for table in tables.iter() {
        let key = key_of(table, config)?;
        check_key(table, &key, config)?;
        wanted_columns(table, &key, cursor_of(table, config)?, config)?;
    }
    Ok(())
}

fn gone(thing: &str, name: &str) -> Error {
    let what = format!("{thing} is gone or may not be read any more");
    let way_out = format!(
        "bring it back, GRANT the role SELECT on it, or name it by `gone = [\"{name}\"]`; what was read of it stays"
    );
    Error::new(what, way_out)
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

fn check_known_columns(table: &Table, known: &KnownTable, config: &DatabaseConfig) -> Result<(), Error> {
    let wanted = of(&config.columns, table);
    for (name, before) in &known.columns {
        if wanted.is_some_and(|wanted| !wanted.contains(name)) {
            continue;
        }
        let place = format!("{}.{name}", table.label);
        let Some(column) = table.column(name) else {
            if config.gone.contains(&place) {
                continue;
            }
            return Err(gone(&format!("column `{name}` of table `{}`", table.label), &place));
        };
        let is_same = match &column.kind {
            Kind::Declared(kind) => *kind == before.kind,
            Kind::ByValues { narrow, wide, .. } => [narrow, wide].contains(&&before.kind),
        };
        if !is_same {
            let (is, was) = (&column.declared, &before.declared);
            let what =
                format!("column `{name}` of table `{}` has changed its type: it is `{is}`, was `{was}`", table.label);
            let way_out = format!(
                "give it a type like `{was}` again, or read a view that gives it another name; what was read of it stays"
            );
            return Err(Error::new(what, way_out));
        }
    }
    Ok(())
}

/// Returns the columns to read: those that are wanted, and those of the key and the cursor.
pub(super) fn wanted_columns(
    table: &Table,
    key: &[String],
    cursor: Option<&TableColumn>,
    config: &DatabaseConfig,
) -> Result<Vec<TableColumn>, Error> {
    let Some(wanted) = of(&config.columns, table) else { return Ok(table.columns.clone()) };
    let is_gone = |name: &&String| config.gone.contains(&format!("{}.{name}", table.label));
    if let Some(missing) = wanted.iter().find(|name| table.column(name).is_none() && !is_gone(name)) {
        let what = format!("table `{}` has no column `{missing}`, or the role may not read it", table.label);
        return Err(Error::new(what, "correct the SQL that asks for it, or GRANT the role SELECT on the column"));
    }
    let is_wanted = |column: &&TableColumn| {
        wanted.iter().any(|name| column.is_called(name))
            || key.contains(&column.name)
            || cursor.is_some_and(|cursor| cursor.name == column.name)
    };
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

/// Returns the type that a column has had, or has by its declaration.
pub(super) fn settled_kind(column: &TableColumn, known: Option<&KnownTable>, key: &[String]) -> Option<CellKind> {
    match &column.kind {
        Kind::Declared(kind) => Some(*kind),
        Kind::ByValues { narrow, wide, .. } => {
            let before = known.and_then(|known| known.columns.get(&column.name)).map(|before| before.kind);
            // A fraction's zero would make two texts of one key.
            let of_key = (*narrow == CellKind::Real && key.contains(&column.name)).then_some(*wide);
            before.or(of_key)
        }
    }
}
