//! What SQL asks for: nothing else is an error, and on request nothing else is read.

use super::config::{DatabaseConfig, names, of};
use super::known::{Known, KnownTable};
use super::table::{Listing, Note, Table, TableColumn};
use crate::error::Error;
use crate::selection::Selection;

/// How many names a message has at most.
const NAMES_MAX: usize = 20;

/// Returns whether somebody asks for a table, by the name of its stream.
pub(super) fn is_asked(stream: &str, config: &DatabaseConfig) -> bool {
    config.asked.is_none() || selection(stream, config).is_some()
}

/// Returns whether somebody asks for a column of a table.
pub(super) fn asks_for(table: &Table, column: &str, config: &DatabaseConfig) -> bool {
    match (&config.asked, selection(&table.stream, config)) {
        (None, _) | (_, Some(Selection::All)) => true,
        (_, Some(Selection::Named(names))) => names.iter().any(|name| is_same(name, column)),
        (_, None) => false,
    }
}

/// Leaves out the tables that nobody asks for, and says so.
pub(super) fn keep_asked(tables: &mut Vec<Table>, known: &Known, config: &DatabaseConfig, notes: &mut Vec<Note>) {
    if !config.only_asked || !config.tables.is_empty() {
        return;
    }
    let is_wanted = |table: &Table| {
        is_asked(&table.stream, config)
            || known.tables.contains_key(&table.stream)
            || of(&config.cursor, table).is_some()
            || of(&config.key, table).is_some()
            || of(&config.columns, table).is_some()
            || names(&config.compare_keys, table)
    };
    let left_out: Vec<&str> =
        tables.iter().filter(|table| !is_wanted(table)).map(|table| table.label.as_str()).collect();
    notes.extend(not_asked("", "tables", &left_out));
    tables.retain(is_wanted);
}

/// Says which tables cannot be read; an error if SQL asks for one.
pub(super) fn tell_left_out(listing: &mut Listing, config: &DatabaseConfig) -> Result<(), Error> {
    for (stream, error) in std::mem::take(&mut listing.left_out) {
        if config.asked.is_some() && is_asked(&stream, config) {
            return Err(error);
        }
        let what = format!("{}: it is left out", error.what);
        listing.notes.push(Note { stream, column: None, count: 1, what, way_out: error.way_out });
    }
    Ok(())
}

/// Returns whether a column of a table is read, beside those of its key and its cursor. What was read once is read on: the
/// rows would else be others without it. A row without a key is known by all of its cells.
pub(super) fn is_read(
    table: &Table,
    column: &TableColumn,
    key: &[String],
    known: Option<&KnownTable>,
    config: &DatabaseConfig,
) -> bool {
    !config.only_asked
        || key.is_empty()
        || asks_for(table, &column.name, config)
        || asks_for(table, &column.source, config)
        || known.is_some_and(|known| known.columns.contains_key(&column.name))
}

/// Returns what is said of names that nobody asks for, if there are any.
pub(super) fn not_asked(stream: &str, things: &str, left_out: &[&str]) -> Option<Note> {
    let named = left_out.iter().take(NAMES_MAX).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = if left_out.len() > NAMES_MAX { ", …" } else { "" };
    let what = format!("{things} {named}{more} are not read: no SQL asks for them");
    let count = left_out.len() as u64;
    (count > 0).then(|| Note { stream: stream.to_owned(), column: None, count, what, way_out: String::new() })
}

/// SQL does not tell capital letters from small ones, unless they stand between quotes.
fn selection<'a>(stream: &str, config: &'a DatabaseConfig) -> Option<&'a Selection> {
    let mut asked = config.asked.iter().flatten();
    asked.find(|(name, _)| is_same(name, stream)).map(|(_, selection)| selection)
}

fn is_same(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}
