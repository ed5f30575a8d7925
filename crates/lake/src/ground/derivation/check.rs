//! Checks `sources/*.sql` over tables without rows: what each file returns, or what is wrong with it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use super::query_rows::planned;
use super::raw_tables::{RowsSeen, register};
use super::relation_columns::{RequiredColumn, event_columns, identity_columns, lead_columns, outcome_columns};
use super::typed_rows::typed;
use crate::engine::{CellFaults, SqlLimits, limited_session};
use crate::error::Error;
use crate::raw::State;
use crate::sql_file::SqlFile;
use crate::sql_problem::SqlProblem;
use crate::timestamp::timestamp_type;

/// The columns of the relations that features read; `None` where a file of one is wrong.
#[derive(Default)]
pub(crate) struct CheckedRelations {
    pub(crate) lead: Option<Schema>,
    pub(crate) event: Option<Schema>,
}

/// Plans each file, and notes what is wrong with it.
pub(crate) async fn check_relations(
    state: &State,
    files: &[SqlFile],
    limits: &SqlLimits,
    spill: &Path,
    raw_folder: &Path,
    problems: &mut Vec<SqlProblem>,
) -> Result<CheckedRelations, Error> {
    let mut contexts = BTreeMap::new();
    let mut relations = CheckedRelations::default();
    for (relation, required) in [
        ("lead", lead_columns()),
        ("event", event_columns()),
        ("outcome", outcome_columns()),
        ("identity", identity_columns()),
    ] {
        let of_relation: Vec<&SqlFile> = files.iter().filter(|file| relation_of(&file.name) == relation).collect();
        if of_relation.is_empty() && relation != "identity" {
            let place = format!("sources/{relation}.sql");
            let problem = "there is none: expected at least one file of this relation".to_owned();
            problems.push(SqlProblem { place, problem });
            continue;
        }
        let (mut fields, mut is_whole): (Vec<Field>, bool) = (Vec::new(), true);
        for file in of_relation {
            let seen = RowsSeen::by(file);
            if let Entry::Vacant(entry) = contexts.entry(seen) {
                let context = limited_session(limits, spill, &CellFaults::default())?;
                register(&context, raw_folder, state, seen).await?;
                entry.insert(context);
            }
            let columns = match planned(&contexts[&seen], file, limits).await {
                Ok(planned) => columns_of(file, planned.rows.schema().as_arrow(), &required),
                Err(error) => Err(error),
            };
            match columns {
                Ok(columns) => add_fields(&mut fields, columns),
                Err(error) => {
                    is_whole = false;
                    problems.push(SqlProblem::of(&error));
                }
            }
        }
        let schema = is_whole.then(|| Schema::new(fields));
        match relation {
            "lead" => relations.lead = schema.map(|schema| with_fields(schema, &["lead_id", "known_from", "known_to"])),
            "event" => relations.event = schema.map(|schema| with_fields(schema, &["lead_id", "known_to"])),
            _ => {}
        }
    }
    Ok(relations)
}

/// Returns the relation of a file.
fn relation_of(name: &str) -> &str {
    let stem = name.rsplit('/').next().unwrap_or(name);
    stem.split('.').next().unwrap_or(stem)
}

/// Returns the columns of a file in the types of the ground.
pub(super) fn columns_of(file: &SqlFile, schema: &Schema, required: &[RequiredColumn]) -> Result<Vec<Field>, Error> {
    // A flag that is read from text comes as a code.
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .map(|field| match field.name().strip_suffix(crate::engine::FLAG_CODE_SUFFIX) {
            Some(name) => Field::new(name, DataType::Boolean, true),
            None => field.as_ref().clone().with_nullable(true),
        })
        .collect();
    let empty = typed(file, RecordBatch::new_empty(Schema::new(fields).into()), required)?;
    let wanted = |name: &str| required.iter().find(|column| column.name == name).map(|column| &column.data_type);
    let is_time = |field: &Field| super::typed_rows::is_timestamp(field.name(), wanted(field.name()));
    let fields = empty.schema_ref().fields().iter().map(|field| match is_time(field) {
        true => Field::new(field.name(), timestamp_type(), true),
        false => field.as_ref().clone(),
    });
    Ok(fields.collect())
}

pub(super) fn add_fields(fields: &mut Vec<Field>, others: Vec<Field>) {
    for field in others {
        match fields.iter_mut().find(|known| known.name() == field.name()) {
            Some(known) if known.data_type() == &DataType::Int64 => *known = field,
            Some(_) => {}
            None => fields.push(field),
        }
    }
}

fn with_fields(schema: Schema, names: &[&str]) -> Schema {
    let own = names.iter().map(|name| {
        let kind = if *name == "lead_id" { DataType::Utf8 } else { timestamp_type() };
        Field::new(*name, kind, true)
    });
    let not_fields = ["lead_key", "is_test", "deleted_at", "_origin"];
    let of_files = schema.fields().iter().filter(|field| !not_fields.contains(&field.name().as_str()));
    let is_of_lead = names.contains(&"known_from");
    let of_files = of_files.filter(|field| !is_of_lead || field.name() != "known_at");
    Schema::new(own.chain(of_files.map(|field| field.as_ref().clone())).collect::<Vec<_>>())
}
