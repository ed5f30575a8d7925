//! The data folder on the disk: an ingestion that fails changes nothing, damage is found and named, what is in use stays,
//! and a folder of an earlier program is taken over.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use plumb_lake::{DataVersion, Lake, rebuild};
use serde_json::{Value, json};

use crate::company::{Company, day, features, files_of};

const LEADS: &str = r#"{"id":"1","email":"ada@x.org","created_at":"2026-01-01","industry":"fintech"}"#;
const MORE_LEADS: [&str; 3] = [
    r#"{"id":"2","email":"bob@x.org","created_at":"2026-01-02","industry":"saas"}"#,
    r#"{"id":"3","email":"eve@x.org","created_at":"2026-01-03","industry":"saas"}"#,
    r#"{"id":"4","email":"dan@x.org","created_at":"2026-01-04","industry":"saas"}"#,
];
const EVENTS: &str = r#"{"key":"lead:1","kind":"reply","at":"2026-01-02","known_at":"2026-01-03"}
{"key":"lead:9","kind":"reply"}"#;

fn company() -> Company {
    Company::new(LEADS, EVENTS, "")
}

/// Adds the first `count` further leads.
fn add_leads(company: &Company, count: usize) {
    company.write("leads", &[&[LEADS], &MORE_LEADS[..count]].concat().join("\n"));
}

/// Returns the content of all files of a data folder, by their paths; locks aside.
fn files(data: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![data.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if !entry.starts_with(data.join("locks")) {
                files.insert(entry.clone(), fs::read(&entry).expect("readable"));
            }
        }
    }
    files
}

/// Returns the only file whose path begins and ends so.
fn only_file(company: &Company, begins: &str, ends: &str) -> PathBuf {
    let begins = company.data().join(begins);
    let mut found = files(&company.data())
        .into_keys()
        .filter(|path| path.starts_with(&begins) && path.to_str().is_some_and(|path| path.ends_with(ends)));
    let first = found.next().expect("there is one");
    assert_eq!(found.next(), None);
    first
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).expect("it is there");
    let at = at.min(bytes.len() - 1);
    bytes[at] ^= 1;
    fs::write(path, bytes).expect("writable");
}

fn current(company: &Company) -> Value {
    serde_json::from_slice(&fs::read(company.data().join("CURRENT")).expect("it is there")).expect("JSON")
}

async fn leads(data: &Path) -> Result<usize, String> {
    let lake = Lake::open(data).await.map_err(|error| error.to_string())?;
    lake.leads(day(100)).await.map(|leads| leads.len()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn an_ingestion_that_fails_leaves_what_counts_as_it_was() {
    let mut company = company();
    company.ingest().await;
    let before = files(&company.data());
    // New rows are read, and then the SQL fails.
    add_leads(&company, 1);
    let right = std::mem::replace(&mut company.files[0].sql, "SELECT colour FROM leads.records".into());
    company.try_ingest().await.expect_err("there is no such column");
    let mut after = files(&company.data());
    let left: Vec<PathBuf> = after.keys().filter(|path| !before.contains_key(*path)).cloned().collect();
    let is_of_leads = |path: &PathBuf| path.starts_with(company.data().join("raw/leads"));
    assert!(left.len() == 2 && left.iter().all(is_of_leads), "the part and its keys: {left:?}");
    after.retain(|path, _| before.contains_key(path));
    assert!(after == before, "cursors and lists are as they were");
    assert_eq!(leads(&company.data()).await, Ok(1));
    // The next one reads the rows again, and removes what the failed one left.
    company.files[0].sql = right;
    let report = company.ingest().await;
    assert_eq!((report.counts.leads, report.sources[1].rows_new), (2, 1));
    assert!(!left.iter().any(|path| path.exists()) && leads(&company.data()).await == Ok(2));
}

#[tokio::test]
async fn a_run_without_changes_writes_nothing() {
    let company = company();
    company.ingest().await;
    let before = files(&company.data());
    assert!(company.ingest().await.unchanged);
    assert!(files(&company.data()) == before);
    // A line that is rejected changes the state and not the ground.
    let mut rows = fs::read_to_string(company.folder.path().join("leads.jsonl")).expect("it is there");
    rows.push_str("[1]\n");
    fs::write(company.folder.path().join("leads.jsonl"), rows).expect("writable");
    let report = company.ingest().await;
    assert!(report.unchanged && report.rejected_total == 2, "{report:?}");
    let after = files(&company.data());
    let version = company.data().join("ground/000001");
    assert!(
        after
            .iter()
            .filter(|(path, _)| path.starts_with(&version))
            .eq(before.iter().filter(|(path, _)| path.starts_with(&version)))
    );
    assert!(
        fs::read_to_string(report.rejected_file).expect("written").contains("leads.jsonl,3,,expected a JSON object")
    );
}

#[tokio::test]
async fn lists_of_rejected_and_unmatched_rows_are_of_one_run() {
    let company = company();
    let first = company.ingest().await;
    let read = |path: &Path| fs::read_to_string(path).expect("the run wrote it");
    let (rejects, unmatched) = (read(&first.rejected_file), read(&first.unmatched_file));
    add_leads(&company, 3);
    let second = company.ingest().await;
    assert!(first.rejected_file != second.rejected_file && first.unmatched_file != second.unmatched_file);
    // The lists of the run before are what they were, beside the rows that they belong to.
    assert_eq!((read(&first.rejected_file), read(&first.unmatched_file)), (rejects, unmatched));
    assert_eq!(current(&company)["state"]["path"], "runs/000002/state.json");
    assert_eq!(current(&company)["report"]["path"], "ground/000002/report.json");
}

#[tokio::test]
async fn a_flipped_byte_in_the_ground_is_named_and_derived_again() {
    let company = company();
    company.ingest().await;
    for (number, file) in (1..).zip(["lead", "event", "outcome", "unmatched.csv", "report.json"]) {
        let path = match file.contains('.') {
            true => company.data().join(format!("ground/{number:06}/{file}")),
            false => files_of(&company.data(), number, file).remove(0),
        };
        let name = path.strip_prefix(company.data()).expect("it is in the folder").display().to_string();
        flip(&path, 30);
        let error = leads(&company.data()).await.expect_err("a byte differs");
        assert!(error.contains(&format!("{name}` is damaged: its ")), "{error}");
        assert!(error.ends_with("run `plumb ingest`, which derives it again"), "{error}");
        let report = company.ingest().await;
        assert!(report.damaged.is_some_and(|damaged| damaged.contains(&name)) && !report.unchanged);
        assert_eq!(leads(&company.data()).await, Ok(1));
        assert!(company.ingest().await.unchanged);
    }
    // The whole folder is gone: everything in it is derived.
    fs::remove_dir_all(company.data().join("ground")).expect("it is there");
    let error = leads(&company.data()).await.expect_err("it is gone");
    assert!(
        error.contains("report.json` is damaged: it is not there, expected the file that `CURRENT` names"),
        "{error}"
    );
    company.ingest().await;
    assert_eq!(leads(&company.data()).await, Ok(1));
}

#[tokio::test]
async fn a_flipped_byte_in_raw_rows_is_named_and_nothing_is_derived_from_them() {
    let company = company();
    let report = company.ingest().await;
    let ground = company.lake().await.ground_version().to_owned();
    let part = only_file(&company, "raw/leads", ".parquet");
    let whole = fs::read(&part).expect("it is there");
    flip(&part, 100);
    let error = company.try_ingest().await.expect_err("a byte differs").to_string();
    let name = part.strip_prefix(company.folder.path()).expect("it is in the folder");
    assert!(error.contains(&format!("{}` is damaged: its {} bytes", name.display(), whole.len())), "{error}");
    assert!(error.contains("restore it from a backup"), "{error}");
    let into = tempfile::tempdir().expect("a temporary folder");
    let error = rebuild(&company.data(), &company.files, &company.limits, &ground, into.path())
        .await
        .expect_err("a byte differs");
    assert!(error.to_string().contains("is damaged"), "{error}");
    assert_eq!(leads(&company.data()).await, Ok(1), "the ground is as it was");

    fs::write(&part, &whole[..whole.len() - 1]).expect("writable");
    let error = company.try_ingest().await.expect_err("a byte is missing").to_string();
    assert!(error.contains(&format!("it has {} bytes", whole.len() - 1)), "{error}");
    fs::remove_file(&part).expect("it is there");
    assert!(company.try_ingest().await.expect_err("it is gone").to_string().contains("it is not there"));
    fs::write(&part, whole).expect("writable");
    assert!(company.ingest().await.unchanged, "a backup was restored");

    flip(&company.data().join("runs/000001/state.json"), 60);
    let error = company.try_ingest().await.expect_err("a byte differs").to_string();
    assert!(error.contains("state.json` is damaged") && error.contains("from a backup"), "{error}");
    fs::remove_file(company.data().join("CURRENT")).expect("it is there");
    let error = company.try_ingest().await.expect_err("raw rows are there").to_string();
    assert!(error.contains("CURRENT` is damaged: it is not there, though there are raw rows"), "{error}");
    assert!(report.rejected_file.exists(), "nothing was removed");
}

#[tokio::test]
async fn a_version_in_use_stays_through_any_number_of_ingestions() {
    let company = company();
    let lake = company.lake().await;
    for count in 1..=3 {
        add_leads(&company, count);
        company.ingest().await;
    }
    let version = |number: u32| company.data().join(format!("ground/{number:06}"));
    assert_eq!([1, 2, 3, 4].map(|number| version(number).exists()), [true, false, true, true]);
    assert_eq!(lake.leads(day(100)).await.expect("it is there").len(), 1);
    let sql = features("SELECT l.industry AS industry, count(e.at) AS events");
    let at = plumb_lead::Observation { lead_id: "lead:1".into(), as_of: day(10) };
    assert_eq!(lake.features(&sql, &[at]).await.expect("it is there").rows(), 1);
    assert!(lake.is_outdated(&DataVersion::read(&company.data()).expect("readable")));
    drop(lake);
    company.write("events", &format!("{EVENTS}\n{}", EVENTS.replace("reply", "call")));
    company.ingest().await;
    assert_eq!([1, 3, 4, 5].map(|number| version(number).exists()), [false, false, true, true]);
}

/// Makes a data folder what an earlier program wrote: two pointers, and no hashes.
fn make_earlier(company: &Company) {
    let (data, now) = (company.data(), current(company));
    let path = |file: &str| data.join(now[file]["path"].as_str().expect("a path"));
    let mut state: Value = serde_json::from_slice(&fs::read(path("state")).expect("it is there")).expect("JSON");
    for table in state["tables"].as_object_mut().expect("an object").values_mut() {
        for part in table["parts"].as_array_mut().expect("a list") {
            part.as_object_mut().expect("an object").remove("hash");
        }
    }
    fs::write(data.join("raw/state.json"), state.to_string()).expect("writable");
    let report = path("report");
    let mut of_ground: Value = serde_json::from_slice(&fs::read(&report).expect("it is there")).expect("JSON");
    let version = report.parent().expect("a folder");
    fs::create_dir(version.join("event")).expect("made");
    for (relation, file) in [("lead", "lead"), ("event", "event/2026-01"), ("outcome", "outcome")] {
        let [shared] = files_of(&data, 1, relation).try_into().expect("one file");
        fs::copy(shared, version.join(format!("{file}.parquet"))).expect("it is there");
    }
    fs::remove_dir_all(data.join("ground/files")).expect("it is there");
    of_ground
        .as_object_mut()
        .expect("an object")
        .retain(|entry, _| !["files", "relations", "histories"].contains(&entry.as_str()));
    fs::write(&report, of_ground.to_string()).expect("writable");
    fs::write(data.join("ground/CURRENT"), version.file_name().expect("a name").to_str().expect("text"))
        .expect("writable");
    fs::rename(version.join("unmatched.csv"), data.join("unmatched.csv")).expect("it is there");
    fs::rename(data.join("runs/000001/rejects.csv"), data.join("rejects.csv")).expect("it is there");
    fs::remove_dir_all(data.join("runs")).expect("it is there");
    fs::remove_file(data.join("CURRENT")).expect("it is there");
}

#[tokio::test]
async fn a_data_folder_of_an_earlier_program_is_taken_over() {
    let company = company();
    company.ingest().await;
    let ground = company.lake().await.ground_version().to_owned();
    make_earlier(&company);
    assert_eq!(leads(&company.data()).await, Ok(1), "it is readable as it is");
    // A run of that program that was killed has left a part, and its races have left half of a version.
    fs::write(company.data().join("raw/leads/records/run-000002-0.parquet"), "half").expect("writable");
    fs::remove_file(company.data().join("ground/000001/outcome.parquet")).expect("it is there");
    let report = company.ingest().await;
    assert!(report.unchanged && report.sources.iter().all(|source| source.rows_new == 0), "{report:?}");
    assert_eq!(leads(&company.data()).await, Ok(1));
    assert_eq!(company.lake().await.ground_version(), ground, "what was logged with its name is still recognised");
    assert_eq!(current(&company)["report"]["path"], json!("ground/000002/report.json"));
    for gone in ["ground/CURRENT", "rejects.csv", "unmatched.csv"] {
        assert!(!company.data().join(gone).exists(), "{gone}");
    }
    // That program has to refuse the folder instead of starting from nothing.
    let state: Value =
        serde_json::from_slice(&fs::read(company.data().join("raw/state.json")).expect("it is there")).expect("JSON");
    assert_eq!(state, json!({ "moved_to": "runs" }), "without the `tables` that it expects");
    // From now on its parts are checked.
    flip(&only_file(&company, "raw/events", ".parquet"), 100);
    assert!(company.try_ingest().await.expect_err("a byte differs").to_string().contains("is damaged"));
}
