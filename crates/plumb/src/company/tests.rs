//! The demo company keeps its own laws.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::{Connection, Row, SqliteConnection};

use super::calendar::{DAY, END, NEW_CHANNEL, NEW_CRITERIA};
use super::truth::{APPROVED_HORIZON, CONVERTED_HORIZON, Truth};
use super::*;

const PARAMS: Params = Params { seed: 7, leads: 20_000, internal_postgres: None };

/// One lead at one age: what was true, and what then came.
struct Question {
    truth: Truth,
    converted: bool,
    approved: bool,
}

fn questions() -> Vec<Question> {
    let waits = Waits::new();
    let (_, _, lives) = draw(&PARAMS, &waits);
    let mut questions = Vec::new();
    for life in &lives {
        for truth in truth::of(life, &waits) {
            let within = |moment: i64, days: i64| moment > truth.as_of && moment <= truth.as_of + days * DAY;
            let converted = life.converted_at.is_some_and(|at| within(at, CONVERTED_HORIZON));
            let approved =
                life.decided.is_some_and(|decision| decision.approved && within(decision.at, APPROVED_HORIZON));
            questions.push(Question { truth, converted, approved });
        }
    }
    questions
}

#[test]
fn what_happens_happens_as_often_as_the_truth_says() {
    let questions = questions();
    for age in ["0h", "48h", "7d"] {
        let of_age = questions.iter().filter(|question| question.truth.age == age);
        let converted = of_age.clone().map(|question| (question.truth.converted, question.converted)).collect();
        calibrated(&format!("converted at {age}"), converted, 0.12..0.16);
        let approved = of_age.map(|question| (question.truth.approved, question.approved)).collect();
        calibrated(&format!("approved at {age}"), approved, 0.065..0.095);
    }
}

#[test]
fn the_truth_holds_on_either_side_of_both_changes() {
    let questions = questions();
    for (from, to) in [(0, NEW_CHANNEL), (NEW_CHANNEL, NEW_CRITERIA), (NEW_CRITERIA, i64::MAX)] {
        let span: Vec<&Question> =
            questions.iter().filter(|question| (from..to).contains(&question.truth.as_of)).collect();
        let rows =
            |rows: &[&Question]| rows.iter().map(|question| (question.truth.approved, question.approved)).collect();
        calibrated(&format!("approved from {from}"), rows(&span), 0.03..0.15);
    }
}

/// Checks the share of positives in each tenth against the mean truth, within four standard errors, and in all
/// against the wanted range.
#[track_caller]
fn calibrated(name: &str, mut rows: Vec<(f64, bool)>, wanted: std::ops::Range<f64>) {
    assert!(rows.iter().all(|(truth, _)| (0.0..=1.0).contains(truth)), "{name}: a truth is no probability");
    rows.sort_by(|left, right| left.0.total_cmp(&right.0));
    let base_rate = rows.iter().filter(|(_, positive)| *positive).count() as f64 / rows.len() as f64;
    println!("{name}: base rate {base_rate:.4}, best AUC {:.4}, best log loss {:.4}", auc(&rows), log_loss(&rows));
    assert!(wanted.contains(&base_rate), "{name}: base rate {base_rate}");
    for tenth in rows.chunks(rows.len().div_ceil(10)) {
        let count = tenth.len() as f64;
        let expected = tenth.iter().map(|(truth, _)| truth).sum::<f64>() / count;
        let observed = tenth.iter().filter(|(_, positive)| *positive).count() as f64 / count;
        // Over several ages a lead counts up to three times: the error is that of a third of the rows.
        let error = (expected * (1.0 - expected) / count * 3.0).sqrt();
        assert!((expected - observed).abs() < 4.0 * error, "{name}: truth {expected}, observed {observed}");
    }
}

/// The share of pairs in which the positive has the larger truth; of rows sorted by truth, by rank sums.
fn auc(rows: &[(f64, bool)]) -> f64 {
    let positives = rows.iter().filter(|(_, positive)| *positive).count() as f64;
    let ranks: f64 = rows.iter().zip(1..).filter(|((_, positive), _)| *positive).map(|(_, rank)| f64::from(rank)).sum();
    (ranks - positives * (positives + 1.0) / 2.0) / (positives * (rows.len() as f64 - positives))
}

fn log_loss(rows: &[(f64, bool)]) -> f64 {
    let loss = |(truth, positive): &(f64, bool)| -(if *positive { *truth } else { 1.0 - truth }).max(1e-9).ln();
    rows.iter().map(loss).sum::<f64>() / rows.len() as f64
}

#[test]
fn knowing_more_never_hurts_the_best_score() {
    let questions = questions();
    let auc_at = |age: &str| {
        let of_age = questions.iter().filter(|question| question.truth.age == age);
        let mut rows: Vec<(f64, bool)> =
            of_age.map(|question| (question.truth.converted, question.converted)).collect();
        rows.sort_by(|left, right| left.0.total_cmp(&right.0));
        auc(&rows)
    };
    let (birth, two_days, week) = (auc_at("0h"), auc_at("48h"), auc_at("7d"));
    assert!(birth + 0.01 < two_days && two_days + 0.005 < week, "{birth} {two_days} {week}");
}

#[test]
fn the_new_channel_comes_on_its_date_and_with_another_profile() {
    let (_, people) = people::draw(&mut PARAMS.random(Stream::People), PARAMS.leads);
    let (before, after): (Vec<_>, Vec<_>) = people.iter().partition(|person| person.profile.created_at < NEW_CHANNEL);
    assert!(before.iter().all(|person| person.profile.channel != "tiktok_ads"));
    let (new, old): (Vec<_>, Vec<_>) = after.iter().partition(|person| person.profile.channel == "tiktok_ads");
    let share = new.len() as f64 / after.len() as f64;
    assert!((0.19..0.25).contains(&share), "{share}");
    let students = |people: &[&&Person]| {
        people.iter().filter(|person| person.profile.role == "student").count() as f64 / people.len() as f64
    };
    assert!(students(&new) > 0.4 && students(&old) < 0.2, "{} {}", students(&new), students(&old));
}

#[tokio::test]
async fn the_same_seed_writes_the_same_rows() {
    let params = Params { leads: 600, ..PARAMS };
    let [first, second, other] = [tempfile::tempdir(), tempfile::tempdir(), tempfile::tempdir()]
        .map(|folder| folder.expect("a temporary folder"));
    let company = build(first.path(), &params, &|_, _, _| {}).await.expect("the company is built");
    let again = build(second.path(), &params, &|_, _, _| {}).await.expect("the company is built");
    let different = Params { seed: 8, leads: 600, ..PARAMS };
    build(other.path(), &different, &|_, _, _| {}).await.expect("the company is built");
    assert_eq!(company, again);
    let all = everything(first.path()).await;
    assert_eq!(all, everything(second.path()).await);
    assert_ne!(all, everything(other.path()).await);
    // Built over what an earlier attempt left, it is the same once more.
    build(second.path(), &params, &|_, _, _| {}).await.expect("the company is built again");
    assert_eq!(all, everything(second.path()).await);
}

/// Everything that was written, as text: files by name, tables by `database.table`.
async fn everything(folder: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let marketing = std::fs::read_dir(folder.join("marketing")).expect("the folder is there");
    let months = marketing.map(|entry| entry.expect("it can be read").path());
    for path in months.chain(["truth.csv", "plumb.toml"].map(|file| folder.join(file))) {
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        all.insert(path.file_name().expect("a file has a name").to_string_lossy().into_owned(), text);
    }
    for (database, table) in [
        ("crm.db", "accounts"),
        ("crm.db", "leads"),
        ("crm.db", "activities"),
        ("crm.db", "field_history"),
        ("internal.db", "applications"),
        ("internal.db", "decisions"),
        ("internal.db", "placements"),
    ] {
        let mut connection = open_sqlite(&folder.join(database)).await.expect("the database opens");
        all.insert(format!("{database}.{table}"), dump(&mut connection, table).await);
        connection.close().await.expect("the database closes");
    }
    all
}

async fn dump(connection: &mut SqliteConnection, table: &str) -> String {
    let columns: String = sqlx::query_scalar("SELECT group_concat(name, ', ') FROM pragma_table_info(?)")
        .bind(table)
        .fetch_one(&mut *connection)
        .await
        .expect("the table has columns");
    let sql = format!("SELECT json_array({columns}) FROM {table} ORDER BY 1");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(connection).await.expect("the table can be read");
    rows.iter().map(|row| row.get::<String, _>(0) + "\n").collect()
}

#[tokio::test]
async fn nothing_is_written_that_was_learned_after_today() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let company = build(folder.path(), &Params { leads: 3000, ..PARAMS }, &|_, _, _| {}).await.expect("it is built");
    assert!(company.records > 3000 && company.strangers > 0 && company.broken > 0, "{company:?}");
    assert!((15..30).contains(&(company.events / company.leads)), "{company:?}");
    let today = calendar::utc(END);
    for (table, column) in [("activities", "logged_at"), ("field_history", "recorded_at"), ("leads", "updated_at")] {
        let mut connection = open_sqlite(&folder.path().join("crm.db")).await.expect("the database opens");
        let sql = format!("SELECT max({column}) FROM {table}");
        let last: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await.expect("there are rows");
        assert!(last < today, "{table}.{column}: {last}");
    }
    let truth = std::fs::read_to_string(folder.path().join("truth.csv")).expect("the truth is written");
    assert_eq!(truth.lines().count(), 1 + 3000 * 3 * 2);
}

#[tokio::test]
async fn too_few_leads_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error =
        build(folder.path(), &Params { leads: 3, ..PARAMS }, &|_, _, _| {}).await.expect_err("three show nothing");
    assert_eq!(error.to_string(), "3 leads are too few: the demo company wants 100 or more");
}
