//! The tables of a file of SQLite.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Row};

use super::super::failure::{is_refused, within};
use super::super::table::{Kind, Listing, Order, Table, TableColumn, Wire, quote, refused};
use crate::cell::CellKind;
use crate::error::Error;

const TABLES: &str = "
SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";

/// The columns of a table, generated ones among them. Hidden ones are arguments of a virtual table.
const COLUMNS: &str = "SELECT name, type, pk FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid";

/// Lists the tables that are wanted; all that can be read if none is named.
pub(super) async fn list(
    connection: &mut SqliteConnection,
    limit: Duration,
    wanted: &[String],
) -> Result<Listing, Error> {
    let names = sqlx::query_scalar::<_, String>(TABLES).fetch_all(&mut *connection);
    let names = within(limit, "list the tables", names).await?;
    if let Some(missing) = wanted.iter().find(|wanted| !names.contains(wanted)) {
        return Err(Error::new(format!("there is no table `{missing}`"), "correct `tables`"));
    }
    let mut listing = Listing::default();
    for name in names {
        let is_named = wanted.contains(&name);
        if !wanted.is_empty() && !is_named {
            continue;
        }
        match table(connection, limit, name.clone()).await {
            Ok(table) => listing.tables.push(table),
            Err(error) if is_refused(&error) => listing.leave_out(&name, is_named, refused(&name, error))?,
            Err(error) => return Err(error),
        }
    }
    Ok(listing)
}

async fn table(connection: &mut SqliteConnection, limit: Duration, name: String) -> Result<Table, Error> {
    let doing = format!("read table `{name}`");
    let rows = sqlx::query(COLUMNS).bind(name.clone()).fetch_all(&mut *connection);
    let mut columns = Vec::new();
    let mut key = Vec::new();
    for row in within(limit, &doing, rows).await? {
        let (column, declared, position): (String, String, i64) = (row.get(0), row.get(1), row.get(2));
        if position > 0 {
            key.push((position, column.clone()));
        }
        columns.push(column_of(column, declared));
    }
    key.sort();
    let table = Table {
        stream: name.clone(),
        sql: quote(&name, '"'),
        label: name,
        columns,
        key: key.into_iter().map(|(_, column)| column).collect(),
        identity: None,
        parts: BTreeSet::new(),
        has_transactions: false,
    };
    // A view may name what is not there any more, and a virtual table a module that this program does not have.
    let probe = sqlx::query(AssertSqlSafe(format!("SELECT * FROM {} LIMIT 0", table.sql))).persistent(false);
    within(limit, &doing, probe.fetch_optional(connection)).await?;
    Ok(table)
}

/// SQLite's own affinity rules, with booleans apart.
fn column_of(name: String, declared: String) -> TableColumn {
    let upper = declared.to_uppercase();
    let (kind, order) = if upper.contains("BOOL") {
        (CellKind::Flag, None)
    } else if upper.contains("INT") {
        (CellKind::Integer, Some(Order::Integer))
    } else if ["REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL"].iter().any(|word| upper.contains(word)) {
        (CellKind::Real, None)
    } else {
        (CellKind::Text, Some(Order::Text))
    };
    let sql = quote(&name, '"');
    TableColumn {
        source: name.clone(),
        name,
        select: sql.clone(),
        sql,
        declared,
        kind: Kind::Declared(kind),
        wire: Wire::Plain,
        order,
        identity: None,
    }
}
