//! Which type the cells of a column get, and stay what they were.

use super::config::{DatabaseConfig, DatabaseKind};
use super::known::{KnownColumn, KnownTable};
use super::table::{Kind, Query, Server, Table, TableColumn, Wire};
use crate::cell::CellKind;
use crate::error::Error;
use crate::sink::Sink;

/// First words of the declared types of numbers, whose cells may be text.
const NUMBERS: [&str; 11] =
    ["numeric", "decimal", "smallint", "integer", "int", "bigint", "real", "double", "float", "tinyint", "mediumint"];

/// Returns whether a column may have cells of the type that it had. A number may get another type of numbers: its cells
/// stay what they were.
pub(super) fn may_stay(column: &TableColumn, before: &KnownColumn) -> bool {
    let is_declared = match &column.kind {
        Kind::Declared(kind) => *kind == before.kind,
        Kind::ByValues { narrow, wide, .. } => [narrow, wide].contains(&&before.kind),
    };
    is_declared || (is_number(column) && was_number(before))
}

/// Returns the error of a column that has another type than before.
pub(super) fn changed(table: &Table, column: &TableColumn, before: &KnownColumn) -> Error {
    let (is, was) = (&column.declared, &before.declared);
    let what =
        format!("column `{}` of table `{}` has changed its type: it is `{is}`, was `{was}`", column.name, table.label);
    let way_out = format!(
        "give it a type like `{was}` again, or read a view that gives it another name; what was read of it stays"
    );
    Error::new(what, way_out)
}

/// Returns the type that the cells of a column get.
pub(super) async fn settled_kind<S: Server>(
    server: &mut S,
    table: &Table,
    column: &TableColumn,
    known: Option<&KnownTable>,
    key: &[String],
    config: &DatabaseConfig,
    sink: &mut dyn Sink,
) -> Result<CellKind, Error> {
    if let Some(before) = known.and_then(|known| known.column(&column.name)) {
        let may_have_fractions = !matches!(column.kind, Kind::Declared(CellKind::Integer)) && is_number(column);
        if before.kind == CellKind::Integer && may_have_fractions && before.declared != column.declared {
            let misfit = no_whole_number(&column.sql, config.kind);
            if any(server, table, column, &misfit).await? {
                return Err(changed(table, column, before));
            }
        }
        return Ok(before.kind);
    }
    let kind = match &column.kind {
        Kind::Declared(kind) => *kind,
        // A fraction's zero would make two texts of one key.
        Kind::ByValues { narrow: CellKind::Real, wide, .. } if key.contains(&column.name) => *wide,
        Kind::ByValues { narrow, wide, misfit } => {
            if any(server, table, column, misfit).await? {
                *wide
            } else {
                *narrow
            }
        }
    };
    // Earlier programs have left no word of the declared types, but cells.
    Ok(match (sink.kind_known(&table.stream, &column.name), kind) {
        (Some(held @ (CellKind::Real | CellKind::Text)), CellKind::Integer) => held,
        (Some(CellKind::Text), CellKind::Real) => CellKind::Text,
        _ => kind,
    })
}

async fn any<S: Server>(server: &mut S, table: &Table, column: &TableColumn, condition: &str) -> Result<bool, Error> {
    let sql = format!("SELECT 'x' FROM {} WHERE {condition} LIMIT 1", table.sql);
    let doing = format!("look at column `{}` of table `{}`", column.name, table.label);
    Ok(server.text(Query { sql, bind: None, doing }).await?.is_some())
}

/// Returns the condition of numbers that are not whole, or longer than 64 bits.
fn no_whole_number(quoted: &str, kind: DatabaseKind) -> String {
    match kind {
        DatabaseKind::Sqlite => format!("CAST({quoted} AS INTEGER) <> {quoted}"),
        DatabaseKind::Postgres | DatabaseKind::MySql => {
            format!("{quoted} <> floor({quoted}) OR abs({quoted}) >= 9e18")
        }
    }
}

fn is_number(column: &TableColumn) -> bool {
    column.wire == Wire::Decimal || matches!(column.kind.narrow(), CellKind::Integer | CellKind::Real)
}

fn was_number(before: &KnownColumn) -> bool {
    match before.kind {
        CellKind::Integer | CellKind::Real => true,
        CellKind::Text => {
            let first_word = before.declared.split(['(', ' ']).next().unwrap_or_default();
            NUMBERS.iter().any(|name| first_word.eq_ignore_ascii_case(name))
        }
        CellKind::Flag | CellKind::Timestamp => false,
    }
}
