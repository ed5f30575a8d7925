//! Rows that callers have posted to the server: built-in files of SQL give them to the relations, unless the project has
//! SQL of its own that reads them.
//!
//! A built-in file has the columns of the project's own files, in their types, so that it changes no column of a relation.
//! What was posted beside them stays in the raw rows.

use std::collections::BTreeMap;

use datafusion::arrow::datatypes::{DataType, Field};

use plumb_connectors::CellKind;

use super::check::{add_fields, columns_of};
use super::queries::Queries;
use super::query_rows::planned;
use super::relation_columns::{RequiredColumn, event_columns, lead_columns};
use crate::error::Error;
use crate::posted::{FIELD_PREFIX, POSTED_EVENTS, POSTED_ID, POSTED_LEADS};
use crate::raw::State;
use crate::sql_file::SqlFile;

/// Columns that a built-in file writes itself.
const OWN: [&str; 10] =
    ["lead_key", "created_at", "event_id", POSTED_ID, "kind", "at", "known_at", "deleted_at", "is_test", "_origin"];

/// Returns the built-in files of the relations, by relation: of those of which there are posted rows.
pub(super) async fn built_in_files(
    queries: &Queries,
    state: &State,
    by_relation: &BTreeMap<&str, Vec<&SqlFile>>,
) -> Result<BTreeMap<&'static str, SqlFile>, Error> {
    let mut built_in = BTreeMap::new();
    for (relation, source, required) in
        [("lead", POSTED_LEADS, lead_columns()), ("event", POSTED_EVENTS, event_columns())]
    {
        let Some(table) = state.tables.get(&format!("{source}.records")) else { continue };
        if table.parts.is_empty() || by_relation.values().flatten().any(|file| names(file, source)) {
            continue;
        }
        let mut fields = Vec::new();
        for file in by_relation.get(relation).into_iter().flatten() {
            add_fields(&mut fields, project_columns(queries, file, &required).await?);
        }
        let sql = sql(relation, source, &fields, &table.columns);
        built_in.insert(relation, SqlFile { name: format!("built-in/{relation}.posted.sql"), sql });
    }
    Ok(built_in)
}

/// Returns whether a file of the project reads the posted rows of a relation itself.
fn names(file: &SqlFile, source: &str) -> bool {
    file.sql.contains(source)
}

async fn project_columns(queries: &Queries, file: &SqlFile, required: &[RequiredColumn]) -> Result<Vec<Field>, Error> {
    let planned = planned(queries.local(file), file, queries.limits()).await?;
    columns_of(file, planned.rows.schema().as_arrow(), required)
}

fn sql(relation: &str, source: &str, fields: &[Field], raw: &[(String, CellKind)]) -> String {
    let has = |column: &str| raw.iter().any(|(known, _)| known == column);
    let mut columns: Vec<String> = Vec::new();
    for field in fields.iter().filter(|field| !OWN.contains(&field.name().as_str())) {
        let column = format!("{FIELD_PREFIX}{}", field.name());
        let text = if has(&column) { quoted(&column) } else { "CAST(NULL AS VARCHAR)".to_owned() };
        columns.push(format!("  {} AS {}", typed(&text, field), quoted(field.name())));
    }
    let others = columns.iter().map(|column| format!(",\n{column}")).collect::<String>();
    if relation == "lead" {
        let created_at = if has("created_at") { "created_at" } else { "CAST(NULL AS VARCHAR)" };
        return format!(
            "SELECT lead_key, {created_at} AS created_at, received_at AS known_at, _origin{others}\nFROM {source}.records\n"
        );
    }
    // What was posted under an id once more counts from when it was first received, and of several contents the newest one.
    format!(
        "SELECT lead_key, event_id AS {POSTED_ID}, kind, at, received_at AS known_at, _origin{others}\nFROM (\n  \
         SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY written DESC, _origin DESC) AS newest\n  FROM (\n    \
         SELECT *, lag(content) OVER (PARTITION BY event_id ORDER BY written, _origin) AS content_before\n    \
         FROM {source}.records\n  ) WHERE content_before IS NULL OR content_before <> content\n) WHERE newest = 1\n"
    )
}

/// Returns the expression that makes of a posted text a value of a column. What was posted fits it, unless the column's type
/// has changed since: then the row is rejected with a reason.
fn typed(text: &str, field: &Field) -> String {
    match field.data_type() {
        DataType::Boolean => format!("parse_flag({text})"),
        DataType::Int64 => format!("TRY_CAST({text} AS BIGINT)"),
        DataType::Float64 => format!(
            "CASE WHEN TRY_CAST({text} AS DOUBLE) IS NOT NULL OR {text} IS NULL THEN TRY_CAST({text} AS DOUBLE) \
             ELSE parse_number({text}, 'decimal point') END"
        ),
        DataType::Timestamp(..) if !field.name().ends_with("_at") => format!("parse_timestamp({text}, 'year first')"),
        _ => text.to_owned(),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
