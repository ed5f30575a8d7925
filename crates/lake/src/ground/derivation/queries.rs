//! Runs SQL files over the raw tables: in this process, or on a cluster, whose result is compared with a sample that is
//! computed here.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use datafusion::arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionContext, col, lit};

use super::order::ordered;
use super::query_rows::{Batches, planned, rows_of};
use super::raw_tables::{RowsSeen, register};
use super::readable_rows::RowReader;
use super::relation_columns::RequiredColumn;
use super::typed_rows::typed;
use crate::bit_equality::first_difference;
use crate::engine::{CellFaults, SqlLimits, begin_of, limited_session, supervised};
use crate::error::Error;
use crate::raw::{RejectedRow, State};
use crate::sql_file::SqlFile;

/// Keys of a file whose rows are compared.
const KEYS_COMPARED: usize = 32;

/// Batches that a query has computed and nobody has taken yet.
const BATCHES_WAITING: usize = 2;

/// How often a cluster runs a query before its failure counts: an executor that died takes its part of the result along.
const CLUSTER_ATTEMPTS: usize = 3;

/// Opens a session whose queries run on a cluster.
pub(crate) type NewSession<'a> = &'a (dyn Fn() -> Result<SessionContext, Error> + Send + Sync);

/// The raw rows, and the cluster that runs queries over them, if any.
#[derive(Clone, Copy)]
pub(crate) struct RawRows<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) state: &'a State,
    pub(crate) cluster: Option<NewSession<'a>>,
    /// Limits of each file.
    pub(crate) limits: &'a SqlLimits,
    /// The folder for what is too large for memory.
    pub(crate) spill: &'a Path,
}

/// Sessions with the raw tables as they were after some run.
pub(super) struct Queries {
    /// A pair for each set of rows that some file sees.
    sessions: BTreeMap<RowsSeen, Sessions>,
    limits: SqlLimits,
    /// The texts that functions could not read since they were last taken; those of a cluster's executors are not among
    /// them.
    pub(super) faults: CellFaults,
}

/// A session of this process, and one of the cluster, if there is one.
struct Sessions {
    local: SessionContext,
    cluster: Option<SessionContext>,
}

impl RawRows<'_> {
    /// Returns the raw tables as they are, for these files.
    pub(super) async fn queries(&self, files: &[&SqlFile]) -> Result<Queries, Error> {
        self.queries_of(self.state, files).await
    }

    /// Returns the raw tables as they were after the last run until a time, for this file.
    pub(super) async fn queries_at(&self, learned_at: i64, file: &SqlFile) -> Result<Queries, Error> {
        self.queries_of(&self.state.until(learned_at), &[file]).await
    }

    async fn queries_of(&self, state: &State, files: &[&SqlFile]) -> Result<Queries, Error> {
        let folder = std::path::absolute(self.folder).map_err(Error::file("find", self.folder))?;
        let faults = CellFaults::default();
        let mut sessions = BTreeMap::new();
        // Built-in files see what most files do.
        let seen_by = files.iter().map(|file| RowsSeen::by(file)).chain([RowsSeen::default()]);
        for seen in seen_by {
            if let Entry::Vacant(entry) = sessions.entry(seen) {
                entry.insert(self.sessions(&folder, state, seen, &faults).await?);
            }
        }
        Ok(Queries { sessions, limits: self.limits.clone(), faults })
    }

    async fn sessions(
        &self,
        folder: &Path,
        state: &State,
        seen: RowsSeen,
        faults: &CellFaults,
    ) -> Result<Sessions, Error> {
        let local = limited_session(self.limits, self.spill, faults)?;
        register(&local, folder, state, seen).await?;
        let cluster = match self.cluster {
            Some(new_session) => {
                let cluster = new_session()?;
                register(&cluster, folder, state, seen).await?;
                Some(cluster)
            }
            None => None,
        };
        Ok(Sessions { local, cluster })
    }
}

impl Queries {
    /// Returns the session of this process that a file is run in.
    pub(super) fn local(&self, file: &SqlFile) -> &SessionContext {
        &self.of(file).local
    }

    fn of(&self, file: &SqlFile) -> &Sessions {
        self.sessions.get(&RowsSeen::by(file)).expect("sessions were opened for the files that are run")
    }

    /// Returns the limits of each file.
    pub(super) fn limits(&self) -> &SqlLimits {
        &self.limits
    }

    /// Returns what `look` sees in the plan of a file.
    pub(super) async fn plan<T: Send + 'static>(
        &self,
        file: &SqlFile,
        look: impl FnOnce(&LogicalPlan) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (context, limits) = (self.local(file).clone(), self.limits.clone());
        self.supervised(file, async move |file| Ok(look(planned(&context, &file, &limits).await?.rows.logical_plan())))
            .await
    }

    /// Hands out the readable rows of a file, batch after batch, at least one that may be empty.
    pub(super) async fn each_batch(
        &self,
        file: &SqlFile,
        required: &[RequiredColumn],
        rejected: &mut Vec<RejectedRow>,
        take: &mut (dyn FnMut(RecordBatch) -> Result<(), Error> + Send),
    ) -> Result<(), Error> {
        let mut reader = RowReader::new(file, required, &self.faults);
        let mut read = |batch: RecordBatch| take(reader.read(batch, rejected)?);
        match &self.of(file).cluster {
            Some(_) => read(self.rows(file, required).await?)?,
            None => self.each_local_batch(file, required, &mut read).await?,
        }
        reader.finish(rejected);
        Ok(())
    }

    /// Hands out the typed rows of a file while its query runs on other threads.
    async fn each_local_batch(
        &self,
        file: &SqlFile,
        required: &[RequiredColumn],
        take: &mut (dyn FnMut(RecordBatch) -> Result<(), Error> + Send),
    ) -> Result<(), Error> {
        let (sender, mut batches) = tokio::sync::mpsc::channel(BATCHES_WAITING);
        let (context, limits, required) = (self.local(file).clone(), self.limits.clone(), required.to_vec());
        let query = self.supervised(file, async move |file| {
            let planned = planned(&context, &file, &limits).await?;
            let mut rows = Batches::open(&file, &limits, planned).await?;
            while let Some(batch) = rows.next().await? {
                if sender.send(typed(&file, batch, &required)?).await.is_err() {
                    break;
                }
            }
            Ok(())
        });
        let mut query = std::pin::pin!(query);
        loop {
            tokio::select! {
                batch = batches.recv() => match batch {
                    Some(batch) => take(batch)?,
                    None => return query.await,
                },
                // A query that was stopped may still hold its end of the channel.
                done = &mut query => {
                    done?;
                    break;
                }
            }
        }
        while let Some(batch) = batches.recv().await {
            take(batch)?;
        }
        Ok(())
    }

    /// Returns the rows of a file, typed and in their order.
    async fn rows(&self, file: &SqlFile, required: &[RequiredColumn]) -> Result<RecordBatch, Error> {
        let Some(cluster) = &self.of(file).cluster else { return self.run(self.local(file), file, required, Ok).await };
        let mut rows = self.run(cluster, file, required, Ok).await;
        for _ in 1..CLUSTER_ATTEMPTS {
            if rows.is_err() {
                rows = self.run(cluster, file, required, Ok).await;
            }
        }
        let rows = rows?;
        self.compare(file, required, &rows).await?;
        Ok(rows)
    }

    /// Compares a cluster's rows with their number and a sample of them, computed here.
    async fn compare(&self, file: &SqlFile, required: &[RequiredColumn], rows: &RecordBatch) -> Result<(), Error> {
        let differs = |what: String| Error::ClusterDiffers { what: format!("`{}`, {what}", file.name) };
        let count = self.count(file).await?;
        if count != rows.num_rows() {
            return Err(differs(format!("{} rows instead of {count}", rows.num_rows())));
        }
        let key = required[0].name;
        let keys = rows[key].as_string::<i32>();
        let step = keys.len().div_ceil(KEYS_COMPARED).max(1);
        let sampled: Vec<String> = (0..keys.len()).step_by(step).map(|row| keys.value(row).to_owned()).collect();
        if sampled.is_empty() {
            return Ok(());
        }
        let is_sampled: BooleanArray =
            keys.iter().map(|key| Some(key.is_some_and(|key| sampled.iter().any(|known| known == key)))).collect();
        let of_sample =
            move |rows: DataFrame| rows.filter(col(key).in_list(sampled.into_iter().map(lit).collect(), false));
        let expected = self.run(self.local(file), file, required, of_sample).await?;
        let found = filter_record_batch(rows, &is_sampled).map_err(Error::engine("compare rows"))?;
        let columns = expected.columns().iter().zip(found.columns());
        for (field, (expected, found)) in expected.schema().fields().iter().zip(columns) {
            if let Some(row) = first_difference(expected, found).map_err(Error::engine("compare rows"))? {
                return Err(differs(format!("column `{}` in row {} of its sample", field.name(), row + 1)));
            }
        }
        Ok(())
    }

    /// Runs a file, or what `shape` makes of its query.
    async fn run<F>(
        &self,
        context: &SessionContext,
        file: &SqlFile,
        required: &[RequiredColumn],
        shape: F,
    ) -> Result<RecordBatch, Error>
    where
        F: FnOnce(DataFrame) -> Result<DataFrame, DataFusionError> + Send + 'static,
    {
        let (context, limits, required) = (context.clone(), self.limits.clone(), required.to_vec());
        self.supervised(file, async move |file| {
            let planned = planned(&context, &file, &limits).await?;
            let rows = rows_of(&context, &file, &limits, planned, shape).await?;
            ordered(typed(&file, rows, &required)?)
        })
        .await
    }

    /// Returns how many rows a file has.
    async fn count(&self, file: &SqlFile) -> Result<usize, Error> {
        let (context, limits) = (self.local(file).clone(), self.limits.clone());
        self.supervised(file, async move |file| {
            let planned = planned(&context, &file, &limits).await?;
            planned.rows.clone().count().await.map_err(|error| planned.error(&file, &limits, &error))
        })
        .await
    }

    /// Does work on a file with limits.
    async fn supervised<T, W>(&self, file: &SqlFile, work: impl FnOnce(SqlFile) -> W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let done = supervised(&self.limits, work(file.clone())).await?;
        done.unwrap_or_else(|stopped| Err(file.error_at(begin_of(file), stopped)))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::DataType;

    use super::*;
    use crate::engine::session;

    /// Runs a file over a table that has other rows on the cluster.
    async fn rows(local: &str, cluster: &str) -> Result<RecordBatch, Error> {
        let session_with = async |rows: &str| {
            let context = session();
            let sql = format!("CREATE TABLE words AS SELECT * FROM (VALUES {rows}) AS t (lead_key, word)");
            let created = context.sql(&sql).await.expect("a table of two columns");
            created.collect().await.expect("it is created");
            context
        };
        let queries = Queries {
            sessions: BTreeMap::from([(
                RowsSeen::default(),
                Sessions { local: session_with(local).await, cluster: Some(session_with(cluster).await) },
            )]),
            limits: SqlLimits::default(),
            faults: CellFaults::default(),
        };
        let required =
            [RequiredColumn { name: "lead_key", data_type: DataType::Utf8, not_null: true, optional: false }];
        let file = SqlFile { name: "sources/lead.sql".into(), sql: "SELECT * FROM words -- all of it\n;".into() };
        queries.rows(&file, &required).await
    }

    #[tokio::test]
    async fn a_cluster_result_that_differs_is_refused() {
        let all = "('1', 'a'), ('2', 'b'), ('3', 'c')";
        assert_eq!(rows(all, "('3', 'c'), ('1', 'a'), ('2', 'b')").await.expect("the same rows").num_rows(), 3);
        let error = rows(all, "('1', 'a'), ('2', 'b')").await.expect_err("a row is lost").to_string();
        assert!(error.contains("`sources/lead.sql`, 2 rows instead of 3; the result was discarded"), "{error}");
        let error = rows(all, "('1', 'a'), ('2', 'x'), ('3', 'c')").await.expect_err("a word differs").to_string();
        assert!(error.contains("column `word` in row 2 of its sample"), "{error}");
    }
}
