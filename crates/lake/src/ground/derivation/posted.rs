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
        if relation == "lead" && has_column(&table.columns, "merged_into") {
            let sql = format!(
                "SELECT lead_key AS key_a, merged_into AS key_b, _origin FROM {source}.records WHERE merged_into IS NOT NULL\n"
            );
            built_in.insert("identity", SqlFile { name: "built-in/identity.posted.sql".to_owned(), sql });
        }
    }
    Ok(built_in)
}

fn has_column(columns: &[(String, CellKind)], name: &str) -> bool {
    columns.iter().any(|(known, _)| known == name)
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
    let has = |column: &str| has_column(raw, column);
    let mut columns: Vec<String> = Vec::new();
    for field in fields.iter().filter(|field| !OWN.contains(&field.name().as_str())) {
        let column = format!("{FIELD_PREFIX}{}", field.name());
        let text = if has(&column) { quoted(&column) } else { "CAST(NULL AS VARCHAR)".to_owned() };
        columns.push(format!("  {} AS {}", typed(&text, field), quoted(field.name())));
    }
    let others = columns.iter().map(|column| format!(",\n{column}")).collect::<String>();
    if relation == "lead" {
        let created_at = if has("created_at") { "created_at" } else { "CAST(NULL AS VARCHAR)" };
        let lead = format!("SELECT lead_key, {created_at} AS created_at, received_at AS known_at, _origin");
        return match ["deleted_at", "restored_at", "merged_into"].map(has) {
            [false, false, false] => format!("{lead}{others}\nFROM {source}.records\n"),
            there => {
                format!("{lead}, nullif(deletion, '') AS deleted_at{others}\nFROM {}\n", with_deletion(source, there))
            }
        };
    }
    // What was posted under an id once more counts from when it was first received, and of several contents the newest one.
    format!(
        "SELECT lead_key, event_id AS {POSTED_ID}, kind, at, received_at AS known_at, _origin{others}\nFROM (\n  \
         SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY written DESC, _origin DESC) AS newest\n  FROM (\n    \
         SELECT *, lag(content) OVER (PARTITION BY event_id ORDER BY written, _origin) AS content_before\n    \
         FROM {source}.records\n  ) WHERE content_before IS NULL OR content_before <> content\n) WHERE newest = 1\n"
    )
}

/// Returns the rows of leads with `deletion`: when the record of the lead was deleted by this row or, if it does not speak of
/// it, by the one before; empty if it was restored. Rows of records that others have taken over are pairs of keys alone.
fn with_deletion(source: &str, [has_deleted, has_restored, has_merged]: [bool; 3]) -> String {
    let deleted = if has_deleted { "deleted_at" } else { "CAST(NULL AS VARCHAR)" };
    let restored = if has_restored { "CASE WHEN restored_at IS NOT NULL THEN '' END" } else { "CAST(NULL AS VARCHAR)" };
    let stays = if has_merged { " WHERE merged_into IS NULL" } else { "" };
    // Of rows that were received together the last one counts for all.
    format!(
        "(\n  SELECT *, last_value(deletion_by_row) OVER (PARTITION BY lead_key, received_at ORDER BY written, _origin \
         ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS deletion\n  FROM (\n    \
         SELECT *, last_value(said) IGNORE NULLS OVER (PARTITION BY lead_key ORDER BY written, _origin \
         ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS deletion_by_row\n    FROM (\n      \
         SELECT *, coalesce({deleted}, {restored}) AS said FROM {source}.records{stays}\n    )\n  )\n)"
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
