//! Parquet files of rows in the columns of a model, and files of scores.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use datafusion::arrow::datatypes::{Float64Type, UInt64Type};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use plumb_lake::rows::{Block, ParquetRows};
use plumb_lake::scores::{Contributions, ScoreColumns, ScoreWriter, Scores};
use plumb_lead::{Band, Feature, FeatureKind, FeatureMessages, FeatureSet, Reason, Score};

fn features() -> FeatureSet {
    let feature = |name: &str, kind| Feature { name: name.into(), kind, messages: FeatureMessages::default() };
    let levels = vec!["3".to_owned(), "ads".to_owned()];
    FeatureSet {
        features: vec![
            feature("size", FeatureKind::Number),
            feature("paid", FeatureKind::Flag),
            feature("channel", FeatureKind::Category { levels }),
        ],
        languages: Vec::new(),
    }
}

fn parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let file = std::fs::File::create(path).expect("created");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a schema");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

/// Returns the rows of a block, `-` for a missing value, and then the rejected ones.
fn shown(block: &Block) -> Vec<String> {
    let ids = |row: usize| block.ids.as_ref().map_or("", |ids| ids[row].as_deref().unwrap_or("-"));
    let cells = |row: usize| {
        let texts = block.table.columns().iter().map(|column| column.values.text(row).unwrap_or("-".to_owned()));
        texts.collect::<Vec<_>>().join(" ")
    };
    let rows = block.numbers.iter().enumerate();
    let rows = rows.map(|(row, number)| format!("{number} {} {}", ids(row), cells(row)));
    rows.chain(block.rejected.iter().map(ToString::to_string)).collect()
}

fn read(path: &Path, id: Option<&str>) -> Result<Vec<String>, plumb_lake::Error> {
    let mut rows = ParquetRows::open(path, &features(), id)?;
    let mut all = Vec::new();
    while let Some(block) = rows.next_block()? {
        all.extend(shown(&block));
    }
    Ok(all)
}

#[test]
fn columns_of_any_type_become_the_features_kind() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rows.parquet");
    let texts = |values: Vec<Option<&str>>| Arc::new(StringArray::from(values)) as ArrayRef;
    parquet(
        &path,
        vec![
            ("other", Arc::new(Date32Array::from(vec![1, 2, 3, 4, 5]))),
            ("channel", Arc::new(Int64Array::from(vec![Some(3), None, Some(4), Some(3), Some(3)]))),
            ("paid", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, None, None]))),
            ("size", Arc::new(Float64Array::from(vec![Some(0.5), Some(f64::NAN), None, Some(1e300), Some(2.0)]))),
            ("name", texts(vec![Some("a"), None, Some("c"), Some("d"), Some("e")])),
        ],
    );
    let found = read(&path, Some("name")).expect("it fits");
    let expected = [
        "1 a 0.5 true 3",
        "2 - - false -",
        "3 c - - 4",
        "5 e 2 - 3",
        &format!("row 4: `size`: `{}`: expected a number that fits into 32 bits", 1e300),
    ];
    assert_eq!(found, expected);

    // The same as text.
    parquet(
        &path,
        vec![
            ("size", texts(vec![Some("0.5"), Some("NA"), Some("few")])),
            ("paid", texts(vec![Some("yes"), Some("0"), Some("no")])),
            ("channel", texts(vec![Some("3"), Some("unknown"), Some("ads")])),
        ],
    );
    let expected = ["1  0.5 true 3", "2  - false -", "row 3: `size`: `few`: expected a number"];
    assert_eq!(read(&path, None).expect("it fits"), expected);
}

#[test]
fn a_column_that_does_not_fit_is_an_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rows.parquet");
    let one = || Arc::new(Int64Array::from(vec![1])) as ArrayRef;
    parquet(&path, vec![("size", Arc::new(Date32Array::from(vec![1]))), ("paid", one()), ("channel", one())]);
    let error = read(&path, None).expect_err("a date is no number").to_string();
    assert!(error.contains("column `size` holds Date32: expected what can be read as a number"), "{error}");
    parquet(&path, vec![("size", one())]);
    let error = read(&path, Some("name")).expect_err("columns are absent").to_string();
    assert!(error.contains("it has no column `paid`, `channel`, `name`"), "{error}");
}

#[test]
fn scores_come_back_from_their_file() {
    let score = |score: f64| Score::new(score).expect("a probability");
    let reason = |value: Option<&str>| Reason {
        field: "size".to_owned(),
        text: "5 people".to_owned(),
        value: value.map(str::to_owned),
        contribution: 0.25,
        actionable: false,
    };
    let scores = Scores {
        numbers: vec![1, 3],
        ids: Some(vec![Some("a".to_owned()), None]),
        scores: vec![score(0.1), score(0.9)],
        bands: vec![Band::D, Band::A],
        reasons: vec![vec![reason(Some("5")), reason(None)], vec![]],
        contributions: Some(Contributions { base: -1.0, columns: 2, values: vec![0.1, 0.2, 0.3, 0.4] }),
    };
    let columns = ScoreColumns::new(true, Some(&["size".to_owned(), "paid".to_owned()]));
    let mut writer = ScoreWriter::start(Vec::new(), &columns).expect("a schema");
    writer.write(&columns.encode(&scores).expect("it fits")).expect("written");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("scores.parquet");
    std::fs::write(&path, writer.finish().expect("finished")).expect("written");

    let file = std::fs::File::open(&path).expect("there");
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("readable");
    let batch = reader.next().expect("a batch").expect("readable");
    let column = |name: &str| batch.column_by_name(name).expect("the column").clone();
    let numbers = |name: &str| column(name).as_primitive::<Float64Type>().values().to_vec();
    assert_eq!(column("row").as_primitive::<UInt64Type>().values().to_vec(), [1, 3]);
    assert_eq!(column("id").as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a"), None]);
    assert_eq!((numbers("score"), numbers("base")), (vec![0.1, 0.9], vec![-1.0, -1.0]));
    assert_eq!((numbers("contribution_size"), numbers("contribution_paid")), (vec![0.1, 0.3], vec![0.2, 0.4]));
    let reasons = column("reasons");
    let (first, second) = (reasons.as_list::<i32>().value(0), reasons.as_list::<i32>().value(1));
    let values = first.as_struct().column_by_name("value").expect("the field").clone();
    assert_eq!(values.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("5"), None]);
    assert_eq!(second.len(), 0);
}
