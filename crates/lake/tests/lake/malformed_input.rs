//! Random edits of every file that others write: rows are read or rejected, or the file is refused. Nothing panics, and
//! other sources are still read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use datafusion::parquet::arrow::ArrowWriter;
use plumb_lake::rows::ParquetRows;
use plumb_lake::{Deriving, Lake, Source, SourceKind, ingest};
use plumb_lead::{Event, Feature, FeatureKind, FeatureMessages, FeatureSet, Lead};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use crate::company::{Company, features, lock};

const LEAD: &str = r#"{"id":"1","created_at":"2026-01-01","industry":"fintech","budget":"5"}"#;
const EVENT: &str =
    r#"{"key":"1","event_id":"1","kind":"reply","at":"2026-01-02","known_at":"2026-01-03","value":"2"}"#;

const SQL: &str = "SELECT count(e.at) FILTER (WHERE e.kind = 'reply' AND e.at < l.created_at + INTERVAL '7 days') AS a,\n  \
     date_diff_days(as_of, max(e.at)) AS b, l.industry IN ('x', 'y') AS c, sum(e.value) / l.budget AS d,\n  \
     CASE WHEN l.budget > 3 THEN 'large' ELSE lower(l.industry) END AS f, outcome_rate('converted', l.industry) AS g";

/// Pieces that are inserted.
const PIECES: [&[u8]; 28] = [
    b"",
    b"\0",
    b"\n",
    b"\r\n",
    b"\"",
    b"'",
    b";",
    b",",
    b"\t",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\x80",
    b"\xED\xA0\x80",
    "é\u{202e}".as_bytes(),
    b"1e999",
    b"-0",
    b"NaN",
    b"9223372036854775808",
    b"0x10",
    b"null",
    b"{\"a\":{\"b\":[1]}}",
    b"[[[[[[[[",
    b"((((((((",
    b"9999-12-31T23:59:60Z",
    b"-292277-01-01",
    b"INTERVAL '9999999999 years'",
    b" OVER ()",
    b"--",
];

/// One edit: at a position, so many bytes are replaced by others.
type Edit = (Index, usize, Vec<u8>);

/// Edits of a valid file.
fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let piece = prop_oneof![
        4 => prop::sample::select(&PIECES[..]).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..6),
        // Long repetitions.
        1 => (prop::sample::select(&PIECES[..]), 2..400_usize).prop_map(|(piece, times)| piece.repeat(times)),
    ];
    let length = prop_oneof![4 => 0..6_usize, 1 => 0..200_usize];
    prop::collection::vec((any::<Index>(), length, piece), 1..4)
}

fn edited(valid: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    for (at, length, piece) in edits {
        let at = at.index(bytes.len() + 1);
        bytes.splice(at..(at + length).min(bytes.len()), piece.iter().copied());
    }
    bytes
}

/// A valid Parquet file.
fn parquet() -> Vec<u8> {
    let channel: ArrayRef = Arc::new(StringArray::from(vec![Some("ads"), None, Some("3")]));
    let number: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None, Some(0.0)]));
    let columns = [("size", number.clone()), ("paid", number), ("channel", channel)];
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).expect("a schema");
    writer.write(&batch).expect("written");
    writer.into_inner().expect("closed")
}

/// Checks so many edits of a valid file.
fn check(cases: u32, valid: &[u8], holds: impl Fn(&[u8]) -> Result<(), TestCaseError>) {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    runner.run(&edits(), |edits| holds(&edited(valid, &edits))).expect("every file is read or refused");
}

/// Reads all rows of a file as a model's.
fn read_rows(path: &Path) -> Result<(), TestCaseError> {
    let feature = |name: &str, kind| Feature { name: name.into(), kind, messages: FeatureMessages::default() };
    let levels = vec!["3".to_owned(), "ads".to_owned()];
    let set = FeatureSet {
        features: vec![
            feature("size", FeatureKind::Number),
            feature("paid", FeatureKind::Flag),
            feature("channel", FeatureKind::Category { levels }),
        ],
        languages: Vec::new(),
    };
    for id in [None, Some("channel")] {
        let Ok(mut rows) = ParquetRows::open(path, &set, id) else { continue };
        let mut last = 0;
        while let Ok(Some(block)) = rows.next_block() {
            prop_assert_eq!(block.table.rows(), block.numbers.len());
            prop_assert_eq!(block.ids.is_some(), id.is_some());
            // Every row is accepted or rejected.
            let mut numbers: Vec<u64> =
                block.numbers.iter().copied().chain(block.rejected.iter().map(|row| row.number)).collect();
            numbers.sort_unstable();
            prop_assert!(numbers.iter().copied().eq(last + 1..=last + numbers.len() as u64), "{numbers:?}");
            last += numbers.len() as u64;
        }
    }
    Ok(())
}

#[test]
fn an_edited_parquet_file_is_read_or_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rows.parquet");
    check(2_000, &parquet(), |bytes| {
        std::fs::write(&path, bytes).expect("it can be written");
        read_rows(&path)
    });
}

#[test]
fn an_edited_source_does_not_affect_the_others() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for (kind, ending, valid) in [
        (SourceKind::Jsonl, "jsonl", format!("{LEAD}\n{LEAD}\n").into_bytes()),
        (SourceKind::Csv, "csv", "id,created_at,industry\n1,2026-01-01,\"fin,tech\"\n2,2026-01-02,\n".into()),
        (SourceKind::Parquet, "parquet", parquet()),
    ] {
        let company = Company::new(LEAD, EVENT, "");
        check(25, &valid, |bytes| {
            let project = tempfile::tempdir().expect("a temporary folder");
            for name in ["leads", "events", "outcomes"] {
                let file = format!("{name}.jsonl");
                std::fs::copy(company.folder.path().join(&file), project.path().join(&file)).expect("copied");
            }
            std::fs::write(project.path().join(format!("edited.{ending}")), bytes).expect("it can be written");
            let source = |kind, url: String| Source { allow_lost: 100.0, ..Source::new(kind, url) };
            let mut sources: BTreeMap<String, Source> = ["leads", "events", "outcomes"]
                .map(|name| (name.to_owned(), source(SourceKind::Jsonl, format!("{name}.jsonl"))))
                .into();
            sources.insert("edited".to_owned(), source(kind, format!("edited.{ending}")));
            let data = project.path().join("data");
            let run = |sources: &BTreeMap<String, Source>| {
                let (lock, limits) = (lock(&data), &company.limits);
                runtime.block_on(ingest(
                    sources,
                    &company.files,
                    project.path(),
                    &lock,
                    Deriving::here(limits),
                    &|_| (),
                ))
            };
            let with_edited = run(&sources);
            sources.remove("edited");
            let without = run(&sources);
            prop_assert!(without.is_ok(), "{without:?} after {with_edited:?}");
            let lead = runtime.block_on(async { Lake::open(&data).await?.leads(Utc::now()).await });
            prop_assert_eq!(lead.map(|leads| leads.len()).ok(), Some(1));
            Ok(())
        });
    }
}

#[test]
fn edited_features_are_computed_or_refused() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let company = Company::new(LEAD, EVENT, "");
    let lake = runtime.block_on(company.lake());
    let now = Utc::now();
    let (lead, events) = runtime.block_on(lake.lead("lead:1", now)).expect("readable").expect("it is there");
    check(300, SQL.as_bytes(), |bytes| {
        let sql = features(&String::from_utf8_lossy(bytes));
        match runtime.block_on(lake.prepare(&sql)) {
            Ok(program) => {
                // An accepted program computes its features or returns an error.
                if let Ok(table) = program.features_of(&lead, &events, now) {
                    prop_assert_eq!(table.rows(), 1);
                }
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
        Ok(())
    });
}

#[test]
fn extreme_timestamps_are_computed_or_refused() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let company = Company::new(LEAD, EVENT, "");
    let lake = runtime.block_on(company.lake());
    let now = Utc::now();
    let (lead, events) = runtime.block_on(lake.lead("lead:1", now)).expect("readable").expect("it is there");
    let program = runtime.block_on(lake.prepare(&features(SQL))).expect("it is valid");
    let far = [DateTime::<Utc>::MIN_UTC, DateTime::UNIX_EPOCH, now, DateTime::<Utc>::MAX_UTC];
    for [created_at, at, as_of] in
        far.into_iter().flat_map(|a| far.into_iter().flat_map(move |b| far.map(|c| [a, b, c])))
    {
        let lead = Lead { created_at, ..lead.clone() };
        let events: Vec<Event> = events.iter().map(|event| Event { at, known_at: at, ..event.clone() }).collect();
        match program.features_of(&lead, &events, as_of) {
            Ok(table) => assert_eq!(table.rows(), 1, "{created_at} {at} {as_of}"),
            Err(error) => assert!(!error.to_string().is_empty(), "{created_at} {at} {as_of}"),
        }
    }
}
