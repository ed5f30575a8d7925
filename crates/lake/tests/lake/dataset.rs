//! Data sets: the same rows are the same data set, and differences are listed.

use plumb_lake::dataset::{self, ColumnDifference, DatasetRows, Differing, Manifest};
use plumb_lake::{FeatureSql, Lake};
use plumb_lead::Observation;

use crate::company::{Company, day, features};

const FEATURES: &str = "SELECT count(e.at) AS events, l.industry AS industry, l.budget AS budget";

fn company() -> Company {
    Company::new(
        r#"{"id":"1","created_at":"2026-01-01","industry":"fintech","budget":"5"}
{"id":"2","created_at":"2026-01-01","industry":"retail"}"#,
        r#"{"key":"lead:1","kind":"touch","at":"2026-01-02"}"#,
        "",
    )
}

fn rows() -> DatasetRows {
    let at = |lead: &str, age| Observation { lead_id: format!("lead:{lead}"), as_of: day(age) };
    DatasetRows {
        observations: vec![at("2", 3), at("1", 3), at("1", 0)],
        labels: vec![true, false, true],
        label_known_at: vec![Some(day(20)), Some(day(20)), None],
        weights: vec![1.0, 1.0, 0.5],
    }
}

async fn freeze(company: &Company, sql: &FeatureSql, rows: &DatasetRows) -> Manifest {
    let lake = Lake::open(&company.data()).await.expect("it was ingested");
    lake.freeze(&company.data(), "converted", day(30), sql, rows, &|_| ()).await.expect("the rows are sound")
}

#[tokio::test]
async fn the_same_rows_are_the_same_data_set() {
    let company = company();
    company.ingest().await;
    let first = freeze(&company, &features(FEATURES), &rows()).await;
    assert_eq!((first.rows, first.leads, first.positives), (3, 2, 2));
    let kinds: Vec<(&str, usize)> = first.features().map(|column| (column.kind.word(), column.missing)).collect();
    assert_eq!(kinds, [("integer", 0), ("text", 0), ("number", 1)]);

    // In another order, by other SQL text and from another version of the ground.
    let mut other = rows();
    other.observations.swap(0, 1);
    other.labels.swap(0, 1);
    company.write("events", r#"{"key":"lead:1","kind":"touch","at":"2026-01-02","known_at":"2026-01-02"}"#);
    company.ingest().await;
    let again = freeze(&company, &features(&format!("{FEATURES} -- the same")), &other).await;
    assert_eq!(again, first, "it is there already");
    assert_eq!(dataset::list(&company.data()).expect("readable"), [first]);
}

#[tokio::test]
async fn a_data_set_is_read_as_it_was_computed() {
    let company = company();
    let lake = company.lake().await;
    let manifest = freeze(&company, &features(FEATURES), &rows()).await;
    let mut observations = rows().observations;
    observations.sort();
    let computed = lake.features(&features(FEATURES), &observations).await.expect("computed");
    assert_eq!(format!("{:?}", dataset::read(&company.data(), &manifest).expect("readable")), format!("{computed:?}"));
}

#[tokio::test]
async fn differences_are_listed_with_an_example() {
    let company = company();
    company.ingest().await;
    let first = freeze(&company, &features(FEATURES), &rows()).await;
    let mut other = rows();
    other.observations[2].as_of = day(1);
    let sql = features("SELECT count(e.at) + 1 AS events, l.industry AS industry, 'x' AS extra");
    let second = freeze(&company, &sql, &other).await;
    let found = dataset::diff(&company.data(), &first, &second).await.expect("both are there");
    assert_eq!((found.both, found.only_first, found.only_second), (2, 1, 1));
    let example = ["lead:1", "2026-01-04T00:00:00Z", "1", "2"].map(str::to_owned);
    let differs = |name: &str, what| ColumnDifference { name: name.into(), what };
    assert_eq!(
        found.columns,
        [
            differs("budget", Differing::OnlyFirst),
            differs("events", Differing::Values { rows: 2, example }),
            differs("extra", Differing::OnlySecond),
        ]
    );
    let same = dataset::diff(&company.data(), &first, &first).await.expect("it is there");
    assert_eq!((same.both, same.columns.len()), (3, 0));
}

#[tokio::test]
async fn a_changed_data_set_is_refused() {
    let company = company();
    company.ingest().await;
    let manifest = freeze(&company, &features(FEATURES), &rows()).await;
    let path = company.data().join("datasets").join(&manifest.dataset_id).join("rows.parquet");
    let mut bytes = std::fs::read(&path).expect("it was written");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).expect("writable");
    let error = dataset::read(&company.data(), &manifest).expect_err("a bit was turned over").to_string();
    assert!(error.contains("rows.parquet` has been changed since it was frozen"), "{error}");
    let error = dataset::find(&company.data(), "no such").expect_err("there is one").to_string();
    assert!(error.contains(&manifest.dataset_id), "{error}");
}

#[tokio::test]
async fn a_feature_with_the_name_of_another_column_is_refused() {
    let company = company();
    let lake = company.lake().await;
    let sql = features("SELECT count(e.at) AS label");
    let error = lake.freeze(&company.data(), "converted", day(30), &sql, &rows(), &|_| ()).await;
    let error = error.expect_err("the name is taken").to_string();
    assert!(error.contains("feature `label`: a data set has a column of this name already"), "{error}");
    let left = std::fs::read_dir(company.data().join("datasets")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "nothing is left of it");
}
