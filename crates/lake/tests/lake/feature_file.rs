//! Features written to a file have the values of the table.

use std::fs::File;
use std::path::Path;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use plumb_lead::Observation;

use crate::company::{Company, day, features};

const FEATURES: &str = "SELECT count(e.at) AS touches, sum(e.value) AS value, l.industry AS industry";

fn company() -> Company {
    let leads: Vec<String> =
        (0..9).map(|lead| format!(r#"{{"id":"{lead}","created_at":"2026-01-01","industry":"i{lead}"}}"#)).collect();
    let events: Vec<String> = (0..20)
        .map(|event| format!(r#"{{"key":"lead:{}","kind":"touch","at":"2026-01-0{}"}}"#, event % 7, 1 + event % 9))
        .collect();
    Company::new(&leads.join("\n"), &events.join("\n"), "")
}

fn read(path: &Path) -> RecordBatch {
    let file = File::open(path).expect("it was written");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("it is whole");
    let schema = reader.schema().clone();
    let batches: Vec<RecordBatch> = reader.build().expect("readable").map(|batch| batch.expect("readable")).collect();
    concat_batches(&schema, &batches).expect("of one schema")
}

#[tokio::test]
async fn a_feature_file_has_the_rows_of_the_table() {
    let company = company();
    let lake = company.lake().await.in_chunks_of(2);
    let observations: Vec<Observation> = (0..9)
        .flat_map(|lead| [3, 6].map(|as_of| Observation { lead_id: format!("lead:{lead}"), as_of: day(as_of) }))
        .collect();
    let table = lake.features(&features(FEATURES), &observations).await.expect("sound SQL");
    let path = company.folder.path().join("features.parquet");
    let rows =
        lake.write_features(&features(FEATURES), observations.clone(), &path).await.expect("the folder can be written");
    assert_eq!(rows, observations.len());
    let file = read(&path);
    for (row, observation) in observations.iter().enumerate() {
        let text = |name: &str| file[name].as_string::<i32>().value(row).to_owned();
        assert_eq!(text("lead_id"), observation.lead_id);
        assert_eq!(
            file["as_of"].as_primitive::<TimestampMicrosecondType>().value(row),
            observation.as_of.timestamp_micros()
        );
        let of_table = |name: &str| table.column(name).expect("a feature of the SQL").values.text(row);
        assert_eq!(Some(file["touches"].as_primitive::<Int64Type>().value(row).to_string()), of_table("touches"));
        assert_eq!(Some(text("industry")), of_table("industry"));
        assert!(file["value"].is_null(row));
    }
}

#[tokio::test]
async fn an_empty_feature_file_has_columns() {
    let company = company();
    let lake = company.lake().await;
    let path = company.folder.path().join("features.parquet");
    assert_eq!(lake.write_features(&features(FEATURES), [], &path).await.expect("the folder can be written"), 0);
    let file = read(&path);
    let columns: Vec<(String, DataType)> =
        file.schema().fields().iter().skip(2).map(|field| (field.name().clone(), field.data_type().clone())).collect();
    let column = |name: &str, kind| (name.to_owned(), kind);
    assert_eq!(
        columns,
        [column("touches", DataType::Int64), column("value", DataType::Float64), column("industry", DataType::Utf8)]
    );
}

#[tokio::test]
async fn leads_in_another_order_are_refused() {
    let company = company();
    let lake = company.lake().await;
    let path = company.folder.path().join("features.parquet");
    let observations = ["lead:2", "lead:1"].map(|lead_id| Observation { lead_id: lead_id.into(), as_of: day(3) });
    let error =
        lake.write_features(&features(FEATURES), observations, &path).await.expect_err("a walk never goes back");
    let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(why.contains("lead `lead:1` comes after `lead:2`: expected observations in the order of"), "{why}");
}
