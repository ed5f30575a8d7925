//! The raw tables that files are run over: here, or on a cluster, with a sample run here too.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::compute::{concat_batches, filter_record_batch};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::prelude::SessionContext;

use super::raw_tables::register;
use super::rows::Required;
use super::{order, rows};
use crate::bits::first_difference;
use crate::cluster::{ATTEMPTS, Cluster};
use crate::engine::session;
use crate::raw::State;
use crate::{Error, SqlFile};

/// Keys of a file of which the rows are compared.
const KEYS_COMPARED: usize = 32;

/// The raw layer, and who runs queries over it.
#[derive(Clone, Copy)]
pub(crate) struct Raw<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) state: &'a State,
    pub(crate) cluster: Option<&'a Cluster>,
}

/// The raw tables as they were after some run.
pub(super) struct Tables {
    pub(super) here: SessionContext,
    there: Option<SessionContext>,
}

impl Raw<'_> {
    /// Returns the tables as they are.
    pub(super) async fn tables(&self) -> Result<Tables, Error> {
        self.tables_of(self.state).await
    }

    /// Returns the tables as they were after the last run by a moment.
    pub(super) async fn tables_at(&self, moment: i64) -> Result<Tables, Error> {
        self.tables_of(&self.state.until(moment)).await
    }

    async fn tables_of(&self, state: &State) -> Result<Tables, Error> {
        let folder = std::path::absolute(self.folder).map_err(Error::file("find", self.folder))?;
        let here = session();
        register(&here, &folder, state).await?;
        let there = match self.cluster {
            Some(cluster) => {
                let there = cluster.session()?;
                register(&there, &folder, state).await?;
                Some(there)
            }
            None => None,
        };
        Ok(Tables { here, there })
    }
}

impl Tables {
    /// Returns the rows of a file, typed and in their order.
    pub(super) async fn rows(&self, file: &SqlFile, required: &[Required]) -> Result<RecordBatch, Error> {
        let Some(there) = &self.there else { return run(&self.here, file, &file.sql, required).await };
        let mut rows = run(there, file, &file.sql, required).await;
        for _ in 1..ATTEMPTS {
            // An executor that died took its part of the answer along.
            if rows.is_err() {
                rows = run(there, file, &file.sql, required).await;
            }
        }
        let rows = rows?;
        self.compare(file, required, &rows).await?;
        Ok(rows)
    }

    /// Holds a cluster's rows against a count and some rows of the same file, run here.
    async fn compare(&self, file: &SqlFile, required: &[Required], rows: &RecordBatch) -> Result<(), Error> {
        let differs = |what: String| Error::ClusterDiffers { what: format!("`{}`, {what}", file.name) };
        let query = file.sql.trim_end().trim_end_matches(';');
        let counted = collected(&self.here, file, &format!("SELECT count(*) FROM (\n{query}\n)")).await?;
        let count = counted.column(0).as_primitive::<Int64Type>().value(0);
        if count != rows.num_rows() as i64 {
            return Err(differs(format!("{} rows instead of {count}", rows.num_rows())));
        }
        let key = required[0].name;
        let keys = rows[key].as_string::<i32>();
        let step = keys.len().div_ceil(KEYS_COMPARED).max(1);
        let some: Vec<&str> = (0..keys.len()).step_by(step).map(|row| keys.value(row)).collect();
        let literals: Vec<String> = some.iter().map(|key| format!("'{}'", key.replace('\'', "''"))).collect();
        if literals.is_empty() {
            return Ok(());
        }
        let sample = format!("SELECT * FROM (\n{query}\n) WHERE {key} IN ({})", literals.join(", "));
        let here = run(&self.here, file, &sample, required).await?;
        let chosen: BooleanArray = keys.iter().map(|key| Some(key.is_some_and(|key| some.contains(&key)))).collect();
        let there = filter_record_batch(rows, &chosen).map_err(Error::engine("compare rows"))?;
        for (field, (here, there)) in here.schema().fields().iter().zip(here.columns().iter().zip(there.columns())) {
            if let Some(row) = first_difference(here, there).map_err(Error::engine("compare rows"))? {
                return Err(differs(format!("column `{}` in row {} of its sample", field.name(), row + 1)));
            }
        }
        Ok(())
    }
}

async fn run(context: &SessionContext, file: &SqlFile, sql: &str, required: &[Required]) -> Result<RecordBatch, Error> {
    order::ordered(rows::check_columns(file, collected(context, file, sql).await?, required)?)
}

async fn collected(context: &SessionContext, file: &SqlFile, sql: &str) -> Result<RecordBatch, Error> {
    let wrong = |error: datafusion::error::DataFusionError| file.wrong(error.strip_backtrace());
    let rows = context.sql(sql).await.map_err(wrong)?;
    let schema = Arc::new(rows.schema().as_arrow().clone());
    let batches = rows.collect().await.map_err(wrong)?;
    let schema = batches.first().map_or(schema, RecordBatch::schema);
    concat_batches(&schema, &batches).map_err(Error::engine("join the rows of a SQL file"))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::DataType;

    use super::*;

    /// Two sessions in which one table says something else.
    async fn rows(here: &str, there: &str) -> Result<RecordBatch, Error> {
        let session_with = async |rows: &str| {
            let context = session();
            let sql = format!("CREATE TABLE said AS SELECT * FROM (VALUES {rows}) AS t (lead_key, word)");
            let made = context.sql(&sql).await.expect("a table of two columns");
            made.collect().await.expect("it is made");
            context
        };
        let tables = Tables { here: session_with(here).await, there: Some(session_with(there).await) };
        let required = [Required { name: "lead_key", data_type: DataType::Utf8, not_null: true, may_lack: false }];
        let file = SqlFile { name: "sources/lead.sql".into(), sql: "SELECT * FROM said -- all of it\n;".into() };
        tables.rows(&file, &required).await
    }

    #[tokio::test]
    async fn what_a_cluster_says_is_kept_only_if_it_is_what_is_found_here() {
        let all = "('1', 'a'), ('2', 'b'), ('3', 'c')";
        assert_eq!(rows(all, "('3', 'c'), ('1', 'a'), ('2', 'b')").await.expect("the same rows").num_rows(), 3);
        let error = rows(all, "('1', 'a'), ('2', 'b')").await.expect_err("a row is lost").to_string();
        assert!(error.contains("`sources/lead.sql`, 2 rows instead of 3; nothing was kept"), "{error}");
        let error = rows(all, "('1', 'a'), ('2', 'x'), ('3', 'c')").await.expect_err("a word is another").to_string();
        assert!(error.contains("column `word` in row 2 of its sample"), "{error}");
    }
}
