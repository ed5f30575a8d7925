//! How a database is opened, and what other tests need of a store.

mod older_databases;

use chrono::{DateTime, Utc};
use plumb_lead::{
    Alert, AlertCause, AlertCost, AlertKind, AlertState, Band, Interval, Prediction, Provenance, Reason, Score,
};
use sqlx::{AssertSqlSafe, Executor};
use tempfile::TempDir;

use super::Store;

/// Returns an empty store and the folder that holds it.
pub(crate) async fn empty() -> (Store, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    let store = Store::open(&folder.path().join("data/plumb.db")).await.expect("an empty folder can hold a store");
    (store, folder)
}

/// Returns an open alert of a new channel, first seen in an hour of the new year.
pub(crate) fn new_channel(hour: u32) -> Alert {
    Alert {
        key: "converted/cafe/channel/unseen tiktok_ads".into(),
        target: "converted".into(),
        model_id: "cafe".into(),
        column: "channel".into(),
        kind: AlertKind::NewCategory,
        text: "12 % of the week's leads have `tiktok_ads`, which was not in the training data".into(),
        segment: None,
        cause: AlertCause::Channel,
        advice: "run `plumb retrain`".into(),
        cost: Some(AlertCost { leads_a_week: 18.0, money_a_week: None }),
        since: hour_of_new_year(hour),
        last_seen: hour_of_new_year(hour),
        state: AlertState::Open,
        changed_by: String::new(),
        muted_until: None,
    }
}

/// Returns a prediction of 1 January 2026 and the given hour.
pub(crate) fn prediction(id: &str, lead_id: &str, hour: u32, score: f64) -> Prediction {
    let reason = Reason {
        field: "industry".into(),
        text: "industry: fintech".into(),
        value: Some("fintech".into()),
        contribution: 0.7,
        actionable: false,
    };
    let score = Score::new(score).expect("a probability");
    Prediction {
        prediction_id: id.into(),
        lead_id: lead_id.into(),
        target: "converted".into(),
        model_id: "cafe".into(),
        as_of: hour_of_new_year(hour),
        score,
        interval: Some(Interval { low: 0.01, high: 0.99 }),
        band: Band::of(score, 0.5),
        reasons: vec![reason],
        provenance: Provenance { ground: Some("f00d".into()), overrides: Vec::new(), inputs: vec![Some(0.1), None] },
    }
}

pub(crate) fn hour_of_new_year(hour: u32) -> DateTime<Utc> {
    chrono::NaiveDate::from_ymd_opt(2026, 1, 1)
        .and_then(|day| day.and_hms_opt(hour, 0, 0))
        .expect("an hour of the day")
        .and_utc()
}

#[tokio::test]
async fn what_was_written_is_there_when_opened_again() {
    let (store, folder) = empty().await;
    let scored = prediction("p1", "ada", 1, 0.9);
    store.insert_predictions(std::slice::from_ref(&scored)).await.expect("it is new");
    drop(store);
    let store = Store::open(&folder.path().join("data/plumb.db")).await.expect("it was made before");
    assert_eq!(store.prediction("p1").await.expect("readable"), Some(scored));
}

#[tokio::test]
async fn the_registry_marker_changes_with_each_change_of_the_registry() {
    let (store, _folder) = empty().await;
    let mut markers = vec![store.registry_marker()];
    for _ in 0..3 {
        store.change_registry_marker().expect("writable");
        assert_eq!(store.registry_marker(), store.clone().registry_marker());
        markers.push(store.registry_marker());
    }
    assert!(markers.windows(2).all(|pair| pair[0] != pair[1]), "{markers:?}");
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let (store, folder) = empty().await;
    let newer = super::migrations::FILES.len() + 1;
    let refused = async |version: usize| {
        let error = Store::open(&folder.path().join("data/plumb.db")).await.expect_err("it is not known");
        let (text, version) = (format!("{error:#}"), format!("version {version}"));
        assert!(text.contains("plumb.db") && text.contains(&version) && text.contains("newer program"), "{text}");
    };
    let set_version = |version: usize| AssertSqlSafe(format!("PRAGMA user_version = {version}"));
    store.writer.execute(set_version(newer + 1)).await.expect("a pragma");
    refused(newer + 1).await;
    store.writer.execute(set_version(newer - 1)).await.expect("a pragma");
    let applied = format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES ({newer}, 'tomorrow', TRUE, x'00', 1)"
    );
    store.writer.execute(AssertSqlSafe(applied)).await.expect("as a newer program does");
    refused(newer).await;
}

#[tokio::test]
async fn a_database_with_another_schema_under_the_same_version_is_refused() {
    let (store, folder) = empty().await;
    store.writer.execute("UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 3").await.expect("writable");
    let error = Store::open(&folder.path().join("data/plumb.db")).await.expect_err("it was edited");
    let text = format!("{error:#}");
    assert!(text.contains("plumb.db") && text.contains("version 3") && text.contains("another data folder"), "{text}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("plumb.db");
    std::fs::write(&path, "this is a letter to my aunt, and it is long enough to be looked at").expect("writable");
    let text = format!("{:#}", Store::open(&path).await.expect_err("it is a letter"));
    assert!(text.contains("plumb.db") && text.contains("not a database"), "{text}");
}
