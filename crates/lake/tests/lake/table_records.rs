//! Raw tables, relations and Parquet files as records of text.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use datafusion::parquet::arrow::ArrowWriter;
use plumb_lake::{Lake, raw_table_names, raw_table_records, record_source_of_parquet};
use plumb_tables::{Record, RecordSource};

use crate::company::Company;

/// Returns the header and all rows, each twice the same.
fn shown(source: &dyn RecordSource) -> Vec<String> {
    let read = || {
        let mut records = source.open().expect("it opens");
        let mut all = vec![records.names().join(" ")];
        let mut record = Record::new();
        while records.next(&mut record).expect("it is readable").is_some() {
            all.push(record.iter().map(|cell| if cell.is_empty() { "-" } else { cell }).collect::<Vec<_>>().join(" "));
        }
        let (read, of) = records.progress();
        assert_eq!(read, of);
        all
    };
    let first = read();
    assert_eq!(first, read(), "it can be read again");
    first
}

#[test]
fn a_parquet_file_is_read_as_text() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rows.parquet");
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![Some(7), None]))),
        ("name", Arc::new(StringArray::from(vec![Some("a b"), Some("c")]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![Some(0), None]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let file = std::fs::File::create(&path).expect("created");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a schema");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    let source = record_source_of_parquet(&path).expect("it is Parquet");
    assert_eq!(shown(source.as_ref()), ["id name at", "7 a b 1970-01-01T00:00:00Z", "- c -"]);
    std::fs::write(&path, "PAR1").expect("written");
    let error = record_source_of_parquet(&path).err().expect("it is broken").to_string();
    assert!(error.contains("is no whole Parquet file"), "{error}");
}

#[tokio::test]
async fn relations_and_raw_tables_have_their_newest_rows() {
    let first = r#"{"id":"1","created_at":"2026-01-01","known_at":"2026-01-01","budget":"5"}"#;
    let second = r#"{"id":"1","created_at":"2026-01-01","known_at":"2026-01-02","budget":"6"}"#;
    let event =
        r#"{"key":"lead:1","event_id":"1","kind":"reply","at":"2026-01-02","known_at":"2026-01-03","value":"2"}"#;
    let mut company = Company::new(&format!("{first}\n{second}"), event, "");
    company.leads_are_keyed = true;
    company.files.iter_mut().filter(|file| file.name == "sources/lead.sql").for_each(|file| {
        file.sql = "SELECT 'lead:' || id AS lead_key, created_at, known_at, CAST(budget AS DOUBLE) AS budget \
                    FROM leads.records WHERE _skip IS NULL"
            .into();
    });
    company.ingest().await;
    let names = raw_table_names(&company.data()).expect("ingested");
    assert_eq!(names, ["events.records", "leads.records", "outcomes.records"]);
    let leads = shown(raw_table_records(&company.data(), "leads.records").expect("it is there").as_ref());
    assert_eq!(leads.len(), 3, "the header, the line of all columns, and the newest of two: {leads:?}");
    assert!(
        leads[2].contains("2026-01-02") && leads[0].split(' ').all(|name| name == "_skip" || !name.starts_with('_'))
    );
    let error = raw_table_records(&company.data(), "x.y").err().expect("there is none").to_string();
    assert!(error.contains("expected one of `events.records`, `leads.records`"), "{error}");

    let lake = Lake::open(&company.data()).await.expect("ingested");
    let leads = shown(lake.relation_records("lead").expect("it is there").as_ref());
    assert_eq!(leads.len(), 2, "{leads:?}");
    assert!(leads[1].starts_with("lead:1 2026-01-01T00:00:00Z ") && leads[1].ends_with(" 6.0"), "{leads:?}");
    assert_eq!(shown(lake.relation_records("event").expect("it is there").as_ref()).len(), 2);
    assert!(lake.relation_records("identity").is_err());
}
