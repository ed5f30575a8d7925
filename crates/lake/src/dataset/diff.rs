//! Compares two data sets: rows, columns, values.

use futures::FutureExt;
use std::path::Path;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::error::DataFusionError;
use datafusion::prelude::{ParquetReadOptions, SessionContext};

use super::folder::rows_path;
use super::manifest::{ColumnKind, ColumnManifest, Manifest};
use crate::engine::session;
use crate::error::Error;
use crate::future::LakeFuture;

/// The differences between two data sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Rows, by lead and `as_of`, that only the first has.
    pub only_first: usize,
    /// Rows that only the second has.
    pub only_second: usize,
    /// Rows that both have.
    pub both: usize,
    /// Columns that differ, in the order of the first, then those that only the second has.
    pub columns: Vec<ColumnDifference>,
}

/// One column that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDifference {
    /// Its name.
    pub name: String,
    /// How it differs.
    pub what: Differing,
}

/// How a column differs.
#[derive(Clone, Debug, PartialEq)]
pub enum Differing {
    /// Only the first data set has it.
    OnlyFirst,
    /// Only the second has it.
    OnlySecond,
    /// Its kinds in the first and in the second.
    Kind(ColumnKind, ColumnKind),
    /// Some rows that both have differ in their value.
    Values {
        /// How many.
        rows: usize,
        /// The first of them: lead, `as_of`, the one value and the other; an empty text for a missing one.
        example: [String; 4],
    },
}

/// Compares two data sets row by row, to the last bit.
pub fn diff<'a>(data: &'a Path, first: &'a Manifest, second: &'a Manifest) -> LakeFuture<'a, Difference> {
    async move {
        let context = session();
        for (name, manifest) in [("a", first), ("b", second)] {
            let path = rows_path(data, manifest)?.display().to_string();
            let opened = context.register_parquet(name, path, ParquetReadOptions::default()).await;
            opened.map_err(Error::engine("open a data set"))?;
        }
        let kind_in = |columns: &[ColumnManifest], name: &str| {
            columns.iter().find(|column| column.name == name).map(|column| column.kind)
        };
        let mut columns = Vec::new();
        let mut compared = Vec::new();
        for column in first.columns.iter().filter(|column| !["lead_id", "as_of"].contains(&column.name.as_str())) {
            let name = column.name.clone();
            match kind_in(&second.columns, &name) {
                None => columns.push(ColumnDifference { name, what: Differing::OnlyFirst }),
                Some(kind) if kind != column.kind => {
                    columns.push(ColumnDifference { name, what: Differing::Kind(column.kind, kind) });
                }
                Some(_) => compared.push(name),
            }
        }
        let counts = count(&context, &compared).await.map_err(Error::engine("compare data sets"))?;
        for (name, rows) in compared.iter().zip(&counts[3..]).filter(|(_, rows)| **rows > 0) {
            let example = example(&context, name).await.map_err(Error::engine("compare data sets"))?;
            columns.push(ColumnDifference { name: name.clone(), what: Differing::Values { rows: *rows, example } });
        }
        let new = second.columns.iter().filter(|column| kind_in(&first.columns, &column.name).is_none());
        columns.extend(new.map(|column| ColumnDifference { name: column.name.clone(), what: Differing::OnlySecond }));
        Ok(Difference { only_first: counts[0], only_second: counts[1], both: counts[2], columns })
    }
    .boxed()
}

const SAME_ROW: &str = "a.lead_id = b.lead_id AND a.as_of = b.as_of";

/// Returns rows only in the first, only in the second and in both, then of each column the rows in both that differ.
async fn count(context: &SessionContext, columns: &[String]) -> Result<Vec<usize>, DataFusionError> {
    let both = "a.lead_id IS NOT NULL AND b.lead_id IS NOT NULL";
    let mut counts: Vec<String> = ["b.lead_id IS NULL", "a.lead_id IS NULL", both]
        .iter()
        .map(|rows| format!("count(*) FILTER (WHERE {rows})"))
        .collect();
    counts.extend(columns.iter().map(|column| {
        let column = quoted(column);
        format!("count(*) FILTER (WHERE {both} AND a.{column} IS DISTINCT FROM b.{column})")
    }));
    let named: Vec<String> = counts.iter().enumerate().map(|(index, count)| format!("{count} AS c{index}")).collect();
    let sql = format!("SELECT {} FROM a FULL JOIN b ON {SAME_ROW}", named.join(", "));
    let batch = first_row(context, &sql).await?;
    Ok(batch.columns().iter().map(|array| array.as_primitive::<Int64Type>().value(0) as usize).collect())
}

async fn example(context: &SessionContext, column: &str) -> Result<[String; 4], DataFusionError> {
    let column = quoted(column);
    let values = ["a.lead_id", "a.as_of", &format!("a.{column}"), &format!("b.{column}")]
        .iter()
        .enumerate()
        .map(|(index, value)| format!("coalesce(CAST({value} AS VARCHAR), '') AS v{index}"))
        .collect::<Vec<_>>()
        .join(", ");
    let sql = format!(
        "SELECT {values} FROM a JOIN b ON {SAME_ROW} WHERE a.{column} IS DISTINCT FROM b.{column}
         ORDER BY a.lead_id, a.as_of LIMIT 1"
    );
    let batch = first_row(context, &sql).await?;
    let text = |index: usize| batch.column(index).as_string::<i32>().value(0).to_owned();
    Ok([text(0), text(1), text(2), text(3)])
}

async fn first_row(context: &SessionContext, sql: &str) -> Result<RecordBatch, DataFusionError> {
    let batches = context.sql(sql).await?.collect().await?;
    batches
        .into_iter()
        .find(|batch| batch.num_rows() > 0)
        .ok_or_else(|| DataFusionError::Internal("a comparison of data sets gave no row".into()))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
