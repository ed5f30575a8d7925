//! Features of a chunk on a cluster: the executor's side.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::Schema;
use datafusion::error::DataFusionError;

use super::job_files::{FeatureJob, observations_of};
use super::version::VERSION;
use crate::error::Error;
use crate::features::{CHUNK_OBSERVATIONS, FeatureProgram, FeatureSql, PreparedFeatures, compute_chunk};
use crate::files::parquet_files::{read_parquet, write_batch};
use crate::files::replace_file;
use crate::ground::Ground;

/// Versions of the ground and features that an executor keeps open: as many as are used at the same time.
const OPEN_MAX: usize = 4;

/// Runs feature jobs, and keeps the ground and the programs open between them.
#[derive(Default)]
pub(super) struct FeatureService {
    open: Mutex<HashMap<(PathBuf, FeatureSql), Arc<Open>>>,
}

/// A version of the ground with prepared features.
struct Open {
    ground: Ground,
    program: Arc<FeatureProgram>,
}

impl FeatureService {
    /// Runs a job given as JSON, and returns its number of rows.
    ///
    /// The engine calls this from a thread that must not block, so that it runs on a thread of its own.
    pub(super) fn run(&self, job: &str) -> Result<usize, DataFusionError> {
        let failed = |error: &dyn std::fmt::Display| DataFusionError::Execution(error.to_string());
        let job: FeatureJob = serde_json::from_str(job).map_err(|error| failed(&error))?;
        if job.program != VERSION {
            return Err(failed(&format!(
                "this executor is plumb {VERSION}, and its client is plumb {}: expected one version",
                job.program
            )));
        }
        std::thread::scope(|scope| {
            let computing = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(self.compute(&job)).map_err(|error| std::io::Error::other(with_causes(&error)))
            });
            let computed = computing.join().map_err(|_| failed(&"the computation of features panicked"))?;
            computed.map_err(|error| failed(&error))
        })
    }

    async fn compute(&self, job: &FeatureJob) -> Result<usize, Error> {
        let open = self.open(job).await?;
        let Open { ground, program } = &*open;
        let observations = observations_of(&read_parquet(&job.observations)?);
        let chunk = compute_chunk(ground, program, observations, CHUNK_OBSERVATIONS).await?;
        let schema = Arc::new(Schema::new(program.fields()?));
        let columns = chunk
            .columns
            .iter()
            .zip(schema.fields())
            .map(|(array, field)| cast(array, field.data_type()).map_err(Error::engine("write features")));
        let columns = columns.collect::<Result<Vec<ArrayRef>, Error>>()?;
        let rows = RecordBatch::try_new(schema, columns).map_err(Error::engine("write features"))?;
        // In one step: another executor may be running the same job again.
        replace_file::replace(&job.features, |file, _| write_batch(file, &rows).map(|_| ()))?;
        Ok(rows.num_rows())
    }

    async fn open(&self, job: &FeatureJob) -> Result<Arc<Open>, Error> {
        let open = || self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (job.ground.clone(), job.sql.clone());
        if let Some(known) = open().get(&key) {
            return Ok(known.clone());
        }
        // The client uses this version as long as its job runs, and so keeps it.
        let ground = Ground::open_folder(job.ground.clone()).await?;
        let program = PreparedFeatures::default().prepare(&ground, &job.sql).await?;
        let opened = Arc::new(Open { ground, program });
        let mut open = open();
        if open.len() >= OPEN_MAX {
            open.clear();
        }
        open.insert(key, opened.clone());
        Ok(opened)
    }
}

/// Returns an error with its causes as text: only text is sent across the cluster.
fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text.push_str(&format!(": {next}"));
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_executor_refuses_another_version_of_the_program() {
        let job = FeatureJob {
            program: "9.9.9".into(),
            ground: "ground/000001".into(),
            sql: FeatureSql { files: Vec::new(), horizons: BTreeMap::new() },
            observations: "observations".into(),
            features: "features".into(),
        };
        let text = serde_json::to_string(&job).expect("it is JSON");
        let error = FeatureService::default().run(&text).expect_err("this program is not 9.9.9").to_string();
        assert!(error.contains(&format!("is plumb {VERSION}, and its client is plumb 9.9.9")), "{error}");
    }
}
