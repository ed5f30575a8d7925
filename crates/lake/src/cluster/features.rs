//! The features of a chunk of observations, computed by an executor: what is asked and what is answered are files of
//! the shared folder, so that nothing large goes through the scheduler.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimestampMicrosecondType};
use datafusion::error::DataFusionError;
use plumb_lead::Observation;
use serde::{Deserialize, Serialize};

use super::{Cluster, functions};
use crate::bits::first_difference;
use crate::chunk::FeatureChunk;
use crate::engine::moments;
use crate::features::{FeatureProgram, FeatureSql};
use crate::timestamp::{from_micros, timestamp_type};
use crate::{Error, Lake, ground};

/// Rows of each chunk that are computed here too.
const ROWS_COMPARED: usize = 4;

/// Versions of the ground and features that an executor keeps open: as many as are asked for side by side.
const OPEN_MAX: usize = 4;

/// What an executor is asked.
#[derive(Debug, Serialize, Deserialize)]
struct Call {
    /// The version of the program that asks.
    program: String,
    /// The folder of a version of the ground.
    ground: PathBuf,
    sql: FeatureSql,
    /// The file of the observations.
    asked: PathBuf,
    /// Where their features go.
    answer: PathBuf,
}

impl Cluster {
    /// Returns the features of a chunk of observations, which an executor computed and of which some were compared.
    pub(crate) async fn features(
        &self,
        lake: &Lake,
        program: &Arc<FeatureProgram>,
        observations: Vec<Observation>,
    ) -> Result<FeatureChunk, Error> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let file = |what: &str| self.shared.path().join(format!("{number:06}-{what}.parquet"));
        let call = Call {
            program: functions::VERSION.to_owned(),
            ground: std::path::absolute(lake.version()).map_err(Error::file("find", lake.version()))?,
            sql: program.sql.clone(),
            asked: file("asked"),
            answer: file("answer"),
        };
        ground::write_parquet(&call.asked, &rows_of(&observations)?)?;
        let text = serde_json::to_string(&call).expect("paths and texts become JSON");
        let expression = format!("{}('{}')", functions::FEATURES, text.replace('\'', "''"));
        // An executor that dies after its answer takes only the news of it along: the answer itself is here.
        let mut attempts = 1;
        while let Err(error) = self.ask(&expression, "compute features").await
            && !call.answer.is_file()
        {
            if attempts == super::ATTEMPTS {
                return Err(error);
            }
            attempts += 1;
        }
        let answer = read(&call.answer)?;
        let columns = answer.columns().to_vec();
        for path in [&call.asked, &call.answer] {
            std::fs::remove_file(path).map_err(Error::file("remove", path))?;
        }
        let chunk = FeatureChunk { observations, columns };
        compare(lake, program, &chunk).await?;
        Ok(chunk)
    }
}

/// Where an executor answers calls: it keeps open what it is asked about.
#[derive(Default)]
pub(super) struct Desk {
    open: Mutex<HashMap<(PathBuf, FeatureSql), Arc<Open>>>,
}

/// A version of the ground with features made ready.
struct Open {
    lake: Lake,
    program: Arc<FeatureProgram>,
}

impl Desk {
    /// Answers a call, and returns of how many rows.
    ///
    /// The engine calls this from a thread on which nobody may wait, so that it waits on one of its own.
    pub(super) fn answer(&self, call: &str) -> Result<usize, DataFusionError> {
        let failed = |error: &dyn std::fmt::Display| DataFusionError::Execution(error.to_string());
        let call: Call = serde_json::from_str(call).map_err(|error| failed(&error))?;
        if call.program != functions::VERSION {
            return Err(failed(&format!(
                "this executor is plumb {}, and plumb {} asks it: expected one version",
                functions::VERSION,
                call.program
            )));
        }
        std::thread::scope(|scope| {
            let answering = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(self.compute(&call)).map_err(|error| std::io::Error::other(told(&error)))
            });
            let answered = answering.join().map_err(|_| failed(&"the features' computation broke off"))?;
            answered.map_err(|error| failed(&error))
        })
    }

    async fn compute(&self, call: &Call) -> Result<usize, Error> {
        let open = self.open(call).await?;
        let Open { lake, program } = &*open;
        let chunk = lake.feature_chunk(program, observations_of(&read(&call.asked)?)).await?;
        let schema = Arc::new(Schema::new(program.fields()?));
        let columns = chunk.columns.iter().zip(schema.fields()).map(|(array, field)| {
            datafusion::arrow::compute::cast(array, field.data_type()).map_err(Error::engine("write features"))
        });
        let columns = columns.collect::<Result<Vec<ArrayRef>, Error>>()?;
        let rows = RecordBatch::try_new(schema, columns).map_err(Error::engine("write features"))?;
        // Under its own name only when it is whole: another executor may be doing the same again.
        let unfinished = call.answer.with_extension(format!("{}.unfinished", std::process::id()));
        ground::write_parquet(&unfinished, &rows)?;
        std::fs::rename(&unfinished, &call.answer).map_err(Error::file("name", &call.answer))?;
        Ok(rows.num_rows())
    }

    async fn open(&self, call: &Call) -> Result<Arc<Open>, Error> {
        let open = || self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (call.ground.clone(), call.sql.clone());
        if let Some(known) = open().get(&key) {
            return Ok(known.clone());
        }
        let lake = Lake::open_version(call.ground.clone()).await?;
        let program = lake.prepare(&call.sql).await?;
        let opened = Arc::new(Open { lake, program });
        let mut open = open();
        if open.len() >= OPEN_MAX {
            open.clear();
        }
        open.insert(key, opened.clone());
        Ok(opened)
    }
}

/// Computes some rows of a chunk here, and refuses the chunk if any of them is another.
async fn compare(lake: &Lake, program: &Arc<FeatureProgram>, chunk: &FeatureChunk) -> Result<(), Error> {
    let step = chunk.observations.len().div_ceil(ROWS_COMPARED).max(1);
    let rows: Vec<u32> = (0..chunk.observations.len() as u32).step_by(step).collect();
    let asked: Vec<Observation> = rows.iter().map(|row| chunk.observations[*row as usize].clone()).collect();
    let here = lake.feature_chunk(program, asked).await?;
    let rows = UInt32Array::from(rows);
    for (field, (there, here)) in program.fields()?.iter().zip(chunk.columns.iter().zip(&here.columns)) {
        let doing = Error::engine::<datafusion::arrow::error::ArrowError>;
        let there = take(there, &rows, None).map_err(doing("compare features"))?;
        let here = datafusion::arrow::compute::cast(here, field.data_type()).map_err(doing("compare features"))?;
        if let Some(row) = first_difference(&there, &here).map_err(doing("compare features"))? {
            let Observation { lead_id, as_of } = &chunk.observations[row * step];
            return Err(Error::ClusterDiffers {
                what: format!("feature `{}` of lead `{lead_id}` at {}", field.name(), as_of.to_rfc3339()),
            });
        }
    }
    Ok(())
}

fn rows_of(observations: &[Observation]) -> Result<RecordBatch, Error> {
    let fields = vec![Field::new("lead_id", DataType::Utf8, false), Field::new("as_of", timestamp_type(), false)];
    let lead_ids = StringArray::from_iter_values(observations.iter().map(|observation| &observation.lead_id));
    let as_of = moments(observations.iter().map(|observation| Some(observation.as_of.timestamp_micros())));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(lead_ids), as_of])
        .map_err(Error::engine("write observations"))
}

fn observations_of(rows: &RecordBatch) -> Vec<Observation> {
    let lead_ids = rows.column(0).as_string::<i32>();
    let as_of = rows.column(1).as_primitive::<TimestampMicrosecondType>();
    let observation =
        |row: usize| Observation { lead_id: lead_ids.value(row).to_owned(), as_of: from_micros(as_of.value(row)) };
    (0..rows.num_rows()).map(observation).collect()
}

fn read(path: &Path) -> Result<RecordBatch, Error> {
    ground::read_parquet(path)
}

/// Returns an error with all that caused it: across the cluster only its text goes.
fn told(error: &Error) -> String {
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
        let call = Call {
            program: "9.9.9".into(),
            ground: "ground/000001".into(),
            sql: FeatureSql { files: Vec::new(), horizons: BTreeMap::new() },
            asked: "asked".into(),
            answer: "answer".into(),
        };
        let text = serde_json::to_string(&call).expect("it is JSON");
        let error = Desk::default().answer(&text).expect_err("nothing is of version 9.9.9").to_string();
        assert!(error.contains(&format!("is plumb {}, and plumb 9.9.9 asks it", functions::VERSION)), "{error}");
    }
}
