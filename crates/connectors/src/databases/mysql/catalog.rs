//! The tables of a MySQL database.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sqlx::mysql::{MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, Row};

use super::super::failure::{is_refused, within};
use super::super::table::{Listing, Table, TableColumn, quote, refused};
use super::types::{Declared, reading};
use crate::error::Error;

/// Tables and views of all schemas but the server's own. A table is created anew by each change of its columns or its parts.
const TABLES: &str = "
SELECT CAST(table_schema AS CHAR), CAST(table_name AS CHAR), COALESCE(table_schema = DATABASE(), 0),
    CAST(create_time AS CHAR)
FROM information_schema.tables
WHERE table_type IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
    AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
ORDER BY table_name, table_schema";

const COLUMNS: &str = "
SELECT CAST(c.column_name AS CHAR), CAST(c.data_type AS CHAR), CAST(c.column_type AS CHAR),
    CAST(COALESCE(c.numeric_precision, 0) AS SIGNED), CAST(COALESCE(c.numeric_scale, 0) AS SIGNED),
    EXISTS (SELECT 1 FROM information_schema.key_column_usage k WHERE k.table_schema = c.table_schema
        AND k.table_name = c.table_name AND k.column_name = c.column_name)
FROM information_schema.columns c WHERE c.table_schema = ? AND c.table_name = ? ORDER BY c.ordinal_position";

/// The columns of indexes that let no two rows be the same, those of the primary key first.
const KEYS: &str = "
SELECT CAST(index_name AS CHAR), CAST(column_name AS CHAR), CAST(COALESCE(nullable, '') AS CHAR)
FROM information_schema.statistics WHERE table_schema = ? AND table_name = ? AND non_unique = 0
ORDER BY index_name <> 'PRIMARY', index_name, seq_in_index";

/// Lists the tables that are wanted; all of the address's database if none is named.
pub(super) async fn list(
    connection: &mut MySqlConnection,
    limit: Duration,
    wanted: &[String],
) -> Result<Listing, Error> {
    let doing = "list the tables";
    let rows = fetch(connection, limit, doing, TABLES, &[]).await?;
    let found: Vec<Found> = rows.iter().map(|row| Found::read(row, doing)).collect::<Result<_, _>>()?;
    if let Some(missing) = wanted.iter().find(|wanted| !found.iter().any(|found| found.is_called(wanted))) {
        let what = format!("there is no table `{missing}`, or the user may not read it");
        let way_out = "correct `tables`, or GRANT SELECT on it to the user; a table of another database is \
                       `database.table`, and the address names the one that others are of";
        return Err(Error::new(what, way_out));
    }
    let mut listing = Listing::default();
    for table in found {
        let name = wanted.iter().find(|wanted| table.is_called(wanted));
        if name.is_none() && !(wanted.is_empty() && table.is_of_address) {
            continue;
        }
        let label = name.cloned().unwrap_or_else(|| table.label());
        match describe(connection, limit, &table, label.clone()).await {
            Ok(table) => listing.tables.push(table),
            Err(error) if is_refused(&error) => {
                listing.leave_out(&stream_of(&label), name.is_some(), refused(&label, error))?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(listing)
}

/// A table or a view that is there.
struct Found {
    schema: String,
    name: String,
    /// Whether the address names its schema.
    is_of_address: bool,
    /// When it was made, or made anew by a change of it; views have none.
    made_at: Option<String>,
}

impl Found {
    fn read(row: &MySqlRow, doing: &str) -> Result<Found, Error> {
        Ok(Found {
            schema: at(row, 0, doing)?,
            name: at(row, 1, doing)?,
            is_of_address: at::<i64>(row, 2, doing)? == 1,
            made_at: at(row, 3, doing)?,
        })
    }

    fn label(&self) -> String {
        if self.is_of_address { self.name.clone() } else { format!("{}.{}", self.schema, self.name) }
    }

    fn is_called(&self, wanted: &str) -> bool {
        self.label() == wanted || wanted == format!("{}.{}", self.schema, self.name)
    }
}

fn stream_of(label: &str) -> String {
    label.replace('.', "_")
}

async fn describe(
    connection: &mut MySqlConnection,
    limit: Duration,
    found: &Found,
    label: String,
) -> Result<Table, Error> {
    let (schema, name) = (found.schema.as_str(), found.name.as_str());
    let doing = format!("read table `{label}`");
    let sql = format!("{}.{}", quote(schema, '`'), quote(name, '`'));
    // A view may name what is not there any more. The catalogue does not say so: such a view has no columns there.
    let probe = sqlx::query(AssertSqlSafe(format!("SELECT * FROM {sql} LIMIT 0"))).persistent(false);
    within(limit, &doing, probe.fetch_optional(&mut *connection)).await?;
    let key = key(&fetch(connection, limit, &doing, KEYS, &[schema, name]).await?, &doing)?;
    let rows = fetch(connection, limit, &doing, COLUMNS, &[schema, name]).await?;
    let columns = rows.iter().map(|row| column(row, &key, &doing)).collect::<Result<Vec<_>, _>>()?;
    // A key of which a column may not be read is none.
    let key = if key.iter().all(|key| columns.iter().any(|column| column.name == *key)) { key } else { Vec::new() };
    Ok(Table {
        stream: stream_of(&label),
        label,
        sql,
        columns,
        key,
        identity: found.made_at.clone(),
        parts: BTreeSet::new(),
        has_transactions: false,
    })
}

/// Returns the columns of the primary key, or of the first other index that lets no two rows be the same.
fn key(rows: &[MySqlRow], doing: &str) -> Result<Vec<String>, Error> {
    let mut indexes: BTreeMap<(bool, String), Option<Vec<String>>> = BTreeMap::new();
    for row in rows {
        let index: String = at(row, 0, doing)?;
        let column: Option<String> = at(row, 1, doing)?;
        let is_nullable = at::<String>(row, 2, doing)? == "YES";
        let columns = indexes.entry((index != "PRIMARY", index)).or_insert_with(|| Some(Vec::new()));
        match column.filter(|_| !is_nullable) {
            Some(column) => columns.iter_mut().for_each(|columns| columns.push(column.clone())),
            // Nothing is not the same as nothing, and an expression is no column.
            None => *columns = None,
        }
    }
    Ok(indexes.into_values().flatten().next().unwrap_or_default())
}

fn column(row: &MySqlRow, key: &[String], doing: &str) -> Result<TableColumn, Error> {
    let name: String = at(row, 0, doing)?;
    let number = |index| at::<i64>(row, index, doing).map(|number| u64::try_from(number).unwrap_or_default());
    let declared = Declared {
        base: at::<String>(row, 1, doing)?.to_lowercase(),
        full: at::<String>(row, 2, doing)?.to_lowercase(),
        precision: number(3)?,
        scale: number(4)?,
        is_key: at::<i64>(row, 5, doing)? == 1 || key.contains(&name),
    };
    let sql = quote(&name, '`');
    let reading = reading(&sql, &declared);
    Ok(TableColumn {
        source: name.clone(),
        name,
        sql,
        select: reading.select,
        declared: declared.full,
        kind: reading.kind,
        wire: reading.wire,
        order: reading.order,
        identity: None,
    })
}

async fn fetch(
    connection: &mut MySqlConnection,
    limit: Duration,
    doing: &str,
    sql: &'static str,
    binds: &[&str],
) -> Result<Vec<MySqlRow>, Error> {
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    for bind in binds {
        query = query.bind((*bind).to_owned());
    }
    within(limit, doing, query.fetch_all(connection)).await
}

fn at<'r, T>(row: &'r MySqlRow, index: usize, doing: &str) -> Result<T, Error>
where
    T: sqlx::Decode<'r, sqlx::MySql>,
{
    row.try_get_unchecked(index).map_err(|error| super::failed(doing, error))
}
