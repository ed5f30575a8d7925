//! The tables of a PostgreSQL database, from the catalogue that every role may read.

use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::super::failure::within;
use super::super::table::{Listing, Note, Table, TableColumn, quote};
use super::types;
use crate::error::Error;

/// Tables, views, materialised views and foreign tables that are found without naming their schema, or that are named.
///
/// Left out unless they are named: partitions and heirs, whose rows their parent has, and what belongs to an extension.
const TABLES: &str = "
SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relkind::text, c.relispopulated,
    pg_table_is_visible(c.oid),
    c.oid::text || CASE WHEN c.relkind IN ('v', 'm') THEN '-' || md5(pg_get_viewdef(c.oid)) ELSE '' END,
    has_schema_privilege(n.oid, 'USAGE'),
    has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'),
    row_security_active(c.oid),
    EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid),
    c.relispartition,
    EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'),
    c.relkind IN ('r', 'p') AND NOT EXISTS (
        WITH RECURSIVE parts(oid) AS (
            SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = c.oid
            UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN parts ON i.inhparent = parts.oid)
        SELECT FROM parts JOIN pg_class p ON p.oid = parts.oid WHERE p.relkind NOT IN ('r', 'p'))
    AND coalesce((SELECT a.amname = 'heap' FROM pg_am a WHERE a.oid = c.relam), c.relkind = 'p'),
    ARRAY(
        WITH RECURSIVE parts(oid) AS (
            SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = c.oid
            UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN parts ON i.inhparent = parts.oid)
        SELECT DISTINCT oid::int8 FROM parts)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    AND (pg_table_is_visible(c.oid) OR n.nspname::text || '.' || c.relname::text = ANY($1))
ORDER BY c.relname, n.nspname";

/// The columns of a table, domains taken off their types.
const COLUMNS: &str = "
WITH RECURSIVE base(domain, type, modifier) AS (
    SELECT t.oid, t.typbasetype, t.typtypmod FROM pg_type t WHERE t.typtype = 'd'
    UNION ALL
    SELECT b.domain, t.typbasetype, t.typtypmod FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd')
SELECT a.attname::text, t.typname::text, coalesce(b.modifier, a.atttypmod),
    format_type(t.oid, coalesce(b.modifier, a.atttypmod)),
    has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
    EXISTS (SELECT FROM pg_constraint k
        WHERE a.attnum = ANY(k.conkey) AND k.conrelid = a.attrelid AND k.contype IN ('p', 'u', 'f')),
    a.attnum::int4
FROM pg_attribute a
LEFT JOIN (SELECT b.* FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype <> 'd') b ON b.domain = a.atttypid
JOIN pg_type t ON t.oid = coalesce(b.type, a.atttypid)
WHERE a.attrelid = $1::int8::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum";

/// The columns of the primary key, or of another index that lets no two rows be the same.
const KEY: &str = "
SELECT a.attname::text FROM (
    SELECT i.indexrelid, i.indrelid, i.indkey::int2[] AS key, i.indnkeyatts FROM pg_index i
    WHERE i.indrelid = $1::int8::oid AND i.indisunique AND i.indisvalid AND i.indimmediate
        AND i.indpred IS NULL AND i.indexprs IS NULL
        AND NOT EXISTS (SELECT FROM pg_attribute a
            WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) AND NOT a.attnotnull)
    ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1) i
CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) n
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.key[n]
ORDER BY n";

/// Whether the role may ask for [`SERVER`]. A query that calls what it may not call is refused, whatever becomes of the call.
const MAY_ASK: &str = "
SELECT has_function_privilege('pg_control_system()', 'EXECUTE')
    AND has_function_privilege('pg_control_checkpoint()', 'EXECUTE')";

/// A number that servers do not share, and one that changes when a server goes on from an earlier state, as a replica does
/// that takes another's place: transactions may have been lost then, and their numbers given again.
const SERVER: &str = "
SELECT s.system_identifier || '-' || c.timeline_id FROM pg_control_system() s, pg_control_checkpoint() c";

/// Lists the tables that are wanted; all that can be read if none is named.
pub(super) async fn list(connection: &mut PgConnection, limit: Duration, wanted: &[String]) -> Result<Listing, Error> {
    let server = server(connection, limit).await?;
    let rows = sqlx::query(TABLES).persistent(false).bind(wanted.to_vec()).fetch_all(&mut *connection);
    let found: Vec<Found> = within(limit, "list the tables", rows)
        .await?
        .iter()
        .map(Found::read)
        .collect::<Result<_, _>>()
        .map_err(|error| super::failed("list the tables", error))?;
    if let Some(missing) = wanted.iter().find(|name| !found.iter().any(|found| found.is_called(name))) {
        let what = format!("there is no table `{missing}`");
        let way_out = "correct `tables`; a table of a schema that is not in the search path is `schema.table`";
        return Err(Error::new(what, way_out));
    }
    let mut listing = Listing::default();
    for found in found {
        let name = wanted.iter().find(|name| found.is_called(name));
        if !wanted.is_empty() && name.is_none() {
            continue;
        }
        if let Some(problem) = found.problem() {
            listing.leave_out(&found.name, name.is_some(), problem)?;
            continue;
        }
        if name.is_none() && found.is_of_another() {
            if found.is_heir && !found.is_partition && !found.is_of_extension {
                let what =
                    format!("table `{}` inherits from another, which has its rows: it is not read apart", found.name);
                let way_out = "name it in `tables` if its own columns are needed".to_owned();
                listing.notes.push(found.note(what, way_out));
            }
            continue;
        }
        let table = table(connection, limit, &found, name, &server, &mut listing).await?;
        listing.tables.push(table);
    }
    Ok(listing)
}

/// Returns what tells a server and its history from others; nothing if the role may not ask.
async fn server(connection: &mut PgConnection, limit: Duration) -> Result<String, Error> {
    let doing = "ask who the server is";
    let may_ask = sqlx::query_scalar::<_, bool>(MAY_ASK).persistent(false).fetch_one(&mut *connection);
    if !within(limit, doing, may_ask).await? {
        return Ok(String::new());
    }
    let server = sqlx::query_scalar::<_, String>(SERVER).persistent(false).fetch_one(connection);
    within(limit, doing, server).await
}

/// A relation that is there.
struct Found {
    oid: i64,
    schema: String,
    name: String,
    kind: String,
    is_populated: bool,
    is_visible: bool,
    identity: String,
    may_use_schema: bool,
    may_read: bool,
    has_row_security: bool,
    is_heir: bool,
    is_partition: bool,
    is_of_extension: bool,
    has_transactions: bool,
    parts: Vec<i64>,
}

impl Found {
    fn read(row: &PgRow) -> Result<Found, sqlx::Error> {
        Ok(Found {
            oid: row.try_get(0)?,
            schema: row.try_get(1)?,
            name: row.try_get(2)?,
            kind: row.try_get(3)?,
            is_populated: row.try_get(4)?,
            is_visible: row.try_get(5)?,
            identity: row.try_get(6)?,
            may_use_schema: row.try_get(7)?,
            may_read: row.try_get(8)?,
            has_row_security: row.try_get(9)?,
            is_heir: row.try_get(10)?,
            is_partition: row.try_get(11)?,
            is_of_extension: row.try_get(12)?,
            has_transactions: row.try_get(13)?,
            parts: row.try_get(14)?,
        })
    }

    fn is_called(&self, name: &str) -> bool {
        (self.is_visible && self.name == name) || name == format!("{}.{}", self.schema, self.name)
    }

    fn sql(&self) -> String {
        format!("{}.{}", quote(&self.schema, '"'), quote(&self.name, '"'))
    }

    fn note(&self, what: String, way_out: String) -> Note {
        Note { stream: self.name.clone(), column: None, count: 1, what, way_out }
    }

    /// Whether its rows are read elsewhere, or are nobody's.
    fn is_of_another(&self) -> bool {
        self.is_heir || self.is_partition || self.is_of_extension
    }

    /// Returns why a relation cannot be read.
    fn problem(&self) -> Option<Error> {
        let sql = self.sql();
        if !self.may_use_schema {
            let grant = format!("GRANT USAGE ON SCHEMA {} to the role", quote(&self.schema, '"'));
            Some(Error::new(format!("the role may not use schema `{}` of table `{}`", self.schema, self.name), grant))
        } else if !self.may_read {
            let grant = format!("GRANT SELECT ON {sql} to the role");
            Some(Error::new(format!("the role may not read table `{}`", self.name), grant))
        } else if self.kind == "m" && !self.is_populated {
            let what = format!("the materialised view `{}` was not filled yet", self.name);
            Some(Error::new(what, format!("REFRESH MATERIALIZED VIEW {sql}")))
        } else {
            None
        }
    }
}

async fn table(
    connection: &mut PgConnection,
    limit: Duration,
    found: &Found,
    name: Option<&String>,
    server: &str,
    listing: &mut Listing,
) -> Result<Table, Error> {
    let label = name.cloned().unwrap_or_else(|| found.name.clone());
    let doing = format!("describe table `{label}`");
    let key = sqlx::query_scalar::<_, String>(KEY).persistent(false).bind(found.oid).fetch_all(&mut *connection);
    let key = within(limit, &doing, key).await?;
    let rows = sqlx::query(COLUMNS).persistent(false).bind(found.oid).fetch_all(&mut *connection);
    let rows = within(limit, &doing, rows).await?;
    let mut columns = Vec::with_capacity(rows.len());
    for row in &rows {
        let (column, may_read) = column(row, &key).map_err(|error| super::failed(&doing, error))?;
        if may_read {
            columns.push(column);
        } else {
            let what = format!("the role may not read column `{}`: it is left out", column.name);
            let way_out = format!("GRANT SELECT ({}) ON {} to the role", quote(&column.name, '"'), found.sql());
            listing.notes.push(found.note(what, way_out));
        }
    }
    if found.has_row_security {
        let what = "row level security is on: only the rows that the role may see are read".to_owned();
        listing.notes.push(found.note(what, "let the role see all rows by a policy of its own".to_owned()));
    }
    // A key of which a column may not be read is none.
    let key = if key.iter().all(|key| columns.iter().any(|column| column.name == *key)) { key } else { Vec::new() };
    Ok(Table {
        stream: label.replace('.', "_"),
        label,
        sql: found.sql(),
        columns,
        key,
        identity: Some(format!("{server}/{}", found.identity)),
        parts: found.parts.iter().copied().collect(),
        has_transactions: found.has_transactions,
    })
}

fn column(row: &PgRow, key: &[String]) -> Result<(TableColumn, bool), sqlx::Error> {
    let (name, base, modifier): (String, String, i32) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let (declared, may_read, is_in_key): (String, bool, bool) = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
    let sql = quote(&name, '"');
    let reading = types::reading(&sql, &base, modifier, is_in_key || key.contains(&name));
    let column = TableColumn {
        source: name.clone(),
        name,
        sql,
        select: reading.select,
        declared,
        kind: reading.kind,
        wire: reading.wire,
        order: reading.order,
        identity: Some(row.try_get(6)?),
    };
    Ok((column, may_read))
}
