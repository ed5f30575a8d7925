//! One measured run of Plumbline, in a process of its own: the features of every lead at some ages, into a file.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use chrono::{DateTime, TimeDelta};
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use plumb_lake::{FeatureSql, Lake, SqlFile};
use plumb_lead::Observation;
use plumb_peers::{cpu_seconds, peak_megabytes};

use crate::synthetic_rows::CATEGORIES;

/// Which features beside the thirty.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum More {
    /// None.
    Nothing,
    /// The outcome rates of ten categories.
    Rates,
    /// The number of distinct details of its events.
    DistinctText,
}

/// Computes the features and prints wall time, CPU seconds and peak memory in megabytes.
pub(crate) async fn run(data: &Path, out: &Path, ages: &[i64], more: More) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let lake = Lake::open(data).await?;
    let observations = observations(&data.join("ground/000001/lead.parquet"), ages)?;
    lake.write_features(&features(more), observations, out).await?;
    println!("{} {} {}", started.elapsed().as_secs_f64(), cpu_seconds()?, peak_megabytes()?);
    Ok(())
}

fn features(more: More) -> FeatureSql {
    let mut files = vec![SqlFile { name: "features/thirty.sql".into(), sql: include_str!("features.sql").into() }];
    let items: Vec<String> = match more {
        More::Nothing => Vec::new(),
        More::Rates => {
            CATEGORIES.iter().map(|(name, _)| format!("outcome_rate('converted', l.{name}) AS {name}_rate")).collect()
        }
        More::DistinctText => vec!["count(DISTINCT e.detail) AS details".into()],
    };
    if !items.is_empty() {
        files.push(SqlFile { name: "features/more.sql".into(), sql: format!("SELECT {}", items.join(", ")) });
    }
    FeatureSql { files, horizons: BTreeMap::from([("converted".to_owned(), 60 * 86_400)]) }
}

/// Returns every lead at these days of age, in the order of leads, read lazily.
fn observations(leads: &Path, ages: &[i64]) -> Result<impl Iterator<Item = Observation> + use<>, Box<dyn Error>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(leads)?)?;
    let columns = ProjectionMask::columns(builder.parquet_schema(), ["lead_id", "created_at"]);
    let batches = builder.with_projection(columns).build()?;
    let ages = ages.to_vec();
    let mut before = String::new();
    Ok(batches.flat_map(move |batch| of_batch(&batch.expect("it was written by this program"), &ages, &mut before)))
}

fn of_batch(batch: &RecordBatch, ages: &[i64], before: &mut String) -> Vec<Observation> {
    let created = batch["created_at"].as_primitive::<TimestampMicrosecondType>();
    let mut observations = Vec::with_capacity(batch.num_rows() * ages.len());
    for (lead_id, created) in batch["lead_id"].as_string::<i32>().iter().flatten().zip(created.iter().flatten()) {
        if lead_id == before {
            continue;
        }
        lead_id.clone_into(before);
        let created = DateTime::from_timestamp_micros(created).expect("it was written by this program");
        observations.extend(
            ages.iter().map(|age| Observation { lead_id: lead_id.to_owned(), as_of: created + TimeDelta::days(*age) }),
        );
    }
    observations
}
