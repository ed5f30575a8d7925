//! Short files that would become large: each is refused, or read within bounds, with the limit and the way out in the error.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray,
};
use datafusion::arrow::datatypes::Int32Type;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use plumb_lake::rows::ParquetRows;
use plumb_lake::{Deriving, Source, SourceKind, ingest};
use plumb_lead::{Feature, FeatureKind, FeatureMessages, FeatureSet};
use sqlx::{Connection, Executor, SqliteConnection};

use crate::company::{Company, lock};

const LEAD: &str = r#"{"id":"1","created_at":"2026-01-01"}"#;

/// Ingests one file beside a company's own, and returns how many of its rows were read, and why some were rejected.
fn ingested(kind: SourceKind, write: impl FnOnce(&Path)) -> Result<(u64, Vec<String>), String> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let company = Company::new(LEAD, "", "");
    let project = company.folder.path();
    write(&project.join("bomb"));
    let source = |kind, url: String| Source { allow_lost: 100.0, ..Source::new(kind, url) };
    let mut sources: BTreeMap<String, Source> = ["leads", "events", "outcomes"]
        .map(|name| (name.to_owned(), source(SourceKind::Jsonl, format!("{name}.jsonl"))))
        .into();
    sources.insert("bomb".to_owned(), source(kind, "bomb".to_owned()));
    let lock = lock(&project.join("data"));
    let report = runtime
        .block_on(ingest(&sources, &company.files, project, &lock, Deriving::here(&company.limits), &|_| ()))
        .map_err(chain)?;
    let bomb = report.sources.iter().find(|report| report.source == "bomb").expect("it is a source");
    if let Some(failure) = &bomb.failure {
        return Err(failure.clone());
    }
    Ok((bomb.rows_read, report.rejected.into_iter().map(|row| format!("{}: {}", row.line, row.reason)).collect()))
}

/// Returns an error with all of its causes.
fn chain(error: plumb_lake::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// Reads a file of rows as a model's, and returns their number.
fn scored(path: &Path) -> Result<usize, String> {
    let feature = |name: &str, kind| Feature { name: name.into(), kind, messages: FeatureMessages::default() };
    let text = FeatureKind::Category { levels: vec!["a".to_owned()] };
    let features = FeatureSet { features: vec![feature("text", text)], languages: Vec::new() };
    let mut rows = ParquetRows::open(path, &features, None).map_err(chain)?;
    let mut count = 0;
    while let Some(block) = rows.next_block().map_err(chain)? {
        count += block.numbers.len() + block.rejected.len();
    }
    Ok(count)
}

#[track_caller]
fn contains<T: std::fmt::Debug>(found: Result<T, String>, expected: &str) {
    let error = found.expect_err("it is a bomb");
    assert!(error.contains(expected), "`{error}` does not contain `{expected}`");
    assert!(error.len() < 5_000, "an error of {} bytes", error.len());
}

/// Writes bytes over and over.
fn write_repeated(path: &Path, head: &[u8], part: &[u8], times: usize, tail: &[u8]) {
    let mut file = std::io::BufWriter::new(File::create(path).expect("it can be created"));
    file.write_all(head).expect("it can be written");
    (0..times).for_each(|_| file.write_all(part).expect("it can be written"));
    file.write_all(tail).expect("it can be written");
}

#[test]
fn a_quote_that_is_never_closed_does_not_make_one_row_of_the_rest() {
    // 9 MB of lines within one cell. The reader takes the quote for a letter, and goes on.
    let unclosed = |path: &Path| write_repeated(path, b"text,more\na,b\n\"", b"a,b\nc,d\n", 1_200_000, b"");
    let (read, rejected) = ingested(SourceKind::Csv, unclosed).expect("it is read on");
    assert_eq!(read + rejected.len() as u64, 2_400_001);
}

#[test]
fn lines_of_json_are_bounded_in_length_depth_and_fields() {
    let deep = format!("{}1{}\n", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    // Every field of an object has the object's name before its own: 4 MB would become 400 GB.
    let fields: Vec<String> = (0..100_000).map(|number| format!("\"{number}\":1")).collect();
    let named = format!("{{\"{}\":{{{}}}}}\n", "n".repeat(3_000_000), fields.join(","));
    let many = format!("{{{}}}\n", fields.join(","));
    let (read, rejected) = ingested(SourceKind::Jsonl, |path| {
        let lines = [deep.as_bytes(), named.as_bytes(), many.as_bytes(), b"{\"id\":1}\n"].concat();
        write_repeated(path, &lines, b"xxxxxxxx", (8 << 20) / 8 + 1, b"\n{\"id\":2}\n");
    })
    .expect("bad lines are no error");
    assert_eq!(read, 2);
    let expected = [
        "1: not JSON: recursion limit exceeded",
        "2: a field has a name of 3000000 bytes: expected at most 512",
        "3: more than 4096 fields",
        "5: longer than 8388608 bytes",
    ];
    assert_eq!(rejected.len(), expected.len(), "{rejected:?}");
    for (found, expected) in rejected.iter().zip(expected) {
        assert!(found.starts_with(expected), "`{found}` does not begin with `{expected}`");
    }
}

#[test]
fn values_that_are_used_as_names_of_fields_do_not_make_a_file_of_each() {
    let lines: Vec<String> = (0..6_000).map(|number| format!("{{\"user {number}\":1}}\n")).collect();
    let write = |path: &Path| std::fs::write(path, lines.concat()).expect("it can be written");
    let (read, rejected) = ingested(SourceKind::Jsonl, write).expect("bad rows are no error");
    assert_eq!((read, rejected.len()), (6_000, 6_000 - 4_096));
    assert!(rejected[0].contains("would have 4097 columns: expected at most 4096"), "{}", rejected[0]);
}

/// Writes columns as a Parquet file, compressed as far as it goes.
fn parquet(path: &Path, properties: WriterPropertiesBuilder, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let level = ZstdLevel::try_new(3).expect("a level");
    let properties = properties.set_compression(Compression::ZSTD(level)).build();
    let file = File::create(path).expect("it can be created");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a schema");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

/// A column of one text in every row, which the file has once.
fn repeated(text_bytes: usize, rows: usize) -> ArrayRef {
    let texts = StringArray::from(vec!["a".repeat(text_bytes)]);
    Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from(vec![0; rows]), Arc::new(texts)))
}

#[test]
fn a_value_that_is_written_once_and_meant_a_million_times_is_not_copied() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rows.parquet");
    // 2 GB in some KB: in blocks of 8,192 rows, 8 MB each.
    parquet(&path, WriterProperties::builder(), vec![("text", repeated(1_000, 2_000_000))]);
    let bytes = path.metadata().expect("it is there").len();
    assert!(bytes < 20_000, "{bytes} bytes");
    contains(scored(&path), "its rows mean more than 1073741824 bytes, 1000 times the file's own");
    // 8 GB in one block, were it copied.
    parquet(&path, WriterProperties::builder(), vec![("text", repeated(1_000_000, 8_192))]);
    contains(scored(&path), "its next 8192 rows mean 8192065536 bytes: expected at most 1073741824");
    // As much as a real table may repeat itself is read.
    parquet(&path, WriterProperties::builder(), vec![("text", repeated(10, 1_000_000))]);
    assert_eq!(scored(&path), Ok(1_000_000));
    let numbers = |rows: usize| -> ArrayRef { Arc::new(Int64Array::from_iter_values(0..rows as i64)) };
    let long = |path: &Path| {
        let columns = vec![("text", repeated(1_000_000, 2_000)), ("id", numbers(2_000))];
        parquet(path, WriterProperties::builder(), columns);
    };
    contains(ingested(SourceKind::Parquet, long), "its rows mean more than 1073741824 bytes");
}

#[test]
fn a_page_that_unpacks_beyond_measure_is_refused_before_it_is_unpacked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rows.parquet");
    let zeros: ArrayRef = Arc::new(Float64Array::from(vec![0.0; 34_000_000]));
    let one_page = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_data_page_size_limit(usize::MAX)
        .set_data_page_row_count_limit(usize::MAX)
        .set_write_batch_size(usize::MAX >> 1)
        .set_max_row_group_row_count(None);
    parquet(&path, one_page, vec![("text", zeros)]);
    let bytes = path.metadata().expect("it is there").len();
    assert!(bytes < 100_000, "{bytes} bytes");
    contains(
        scored(&path),
        "column `text` in row group 0: a page unpacks to 272000000 bytes: expected at most 268435456",
    );
}

#[test]
fn encodings_that_announce_lengths_and_nested_columns_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rows.parquet");
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["one", "other"]));
    for (encoding, name) in [
        (Encoding::DELTA_BYTE_ARRAY, "DELTA_BYTE_ARRAY"),
        (Encoding::DELTA_LENGTH_BYTE_ARRAY, "DELTA_LENGTH_BYTE_ARRAY"),
    ] {
        let properties = WriterProperties::builder().set_dictionary_enabled(false).set_encoding(encoding);
        parquet(&path, properties, vec![("text", texts.clone())]);
        contains(
            scored(&path),
            &format!("it is written in the encoding {name}, which is not read from files of others"),
        );
    }
    let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), Some(2)])]));
    let nested = |path: &Path| parquet(path, WriterProperties::builder(), vec![("scores", list)]);
    contains(ingested(SourceKind::Parquet, nested), "expected texts, numbers, flags or times; leave it out");
}

#[test]
fn a_view_without_an_end_is_not_read_for_ever() {
    let endless = |path: &Path| {
        let sql = "CREATE VIEW v AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
                   SELECT x, hex(zeroblob(1000000)) || x AS text FROM n";
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let url = format!("sqlite://{}?mode=rwc", path.display());
            let mut connection = SqliteConnection::connect(&url).await.expect("SQLite opens the file");
            connection.execute(sql).await.expect("the SQL is right");
            connection.close().await.expect("SQLite closes the file");
        });
    };
    contains(
        ingested(SourceKind::Sqlite, endless),
        "cannot read table `v`: it holds more than a file of this length can",
    );
}
