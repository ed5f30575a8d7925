//! What is derived from what is new is what is derived from everything: the same files, by their hashes, and the same report,
//! after whatever steps.

use std::path::{Path, PathBuf};

use plumb_lake::{Deriving, IngestReport, SqlFile};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::company::{Company, day};

/// Enough for a few partitions.
const LEADS: usize = 5_000;

const STEPS: usize = 6;

/// A company that goes on: rows come, change and go.
struct Life {
    random: ChaCha8Rng,
    leads: Vec<Lead>,
    events: Vec<String>,
    outcomes: Vec<String>,
}

struct Lead {
    email: usize,
    budget: usize,
    is_gone: bool,
    is_test: bool,
}

impl Life {
    fn new(seed: u64) -> Life {
        let random = ChaCha8Rng::seed_from_u64(seed);
        let mut life = Life { random, leads: Vec::new(), events: Vec::new(), outcomes: Vec::new() };
        life.add_leads(LEADS);
        life.add_events(2 * LEADS);
        life.add_outcomes(LEADS / 3);
        life
    }

    fn below(&mut self, end: usize) -> usize {
        self.random.random_range(0..end)
    }

    fn add_leads(&mut self, leads: usize) {
        for _ in 0..leads {
            let number = self.leads.len();
            let email = if number % 17 == 3 { self.below(number) } else { number };
            let (budget, is_test) = (self.below(5), self.below(50) == 0);
            self.leads.push(Lead { email, budget, is_gone: false, is_test });
        }
    }

    /// Adds events: of leads, by their addresses, of leads that come later, and some that were of another lead before.
    fn add_events(&mut self, events: usize) {
        for _ in 0..events {
            let (number, lead) = (self.events.len(), self.below(self.leads.len() + 40));
            let key = if number % 2 == 0 { format!("lead:{lead}") } else { format!("email:p{lead}@x.org") };
            let id = if number % 40 == 0 { number / 2 } else { number };
            let (at, known_at) = (self.below(9), 9 + self.below(9));
            let [at, known_at] = [at, known_at].map(|at| day(at as i64).to_rfc3339());
            let value = if self.below(200) == 0 { "unread".to_owned() } else { self.below(3).to_string() };
            let known_at = if number % 5 == 0 { String::new() } else { format!(r#","known_at":"{known_at}""#) };
            let id = if number % 7 == 0 { String::new() } else { format!(r#","event_id":"{id}""#) };
            self.events
                .push(format!(r#"{{"key":"{key}"{id},"kind":"reply","at":"{at}"{known_at},"value":"{value}"}}"#));
        }
    }

    fn add_outcomes(&mut self, outcomes: usize) {
        for _ in 0..outcomes {
            let (lead, at) = (self.below(self.leads.len()), self.below(12));
            let at = day(at as i64).format("%Y-%m-%d");
            self.outcomes.push(format!(r#"{{"key":"lead:{lead}","target":"converted","positive":"yes","at":"{at}"}}"#));
        }
    }

    /// Changes some leads: their fields, their address, whether they are there, and whether they are tests.
    fn change(&mut self, leads: usize) {
        for _ in 0..leads {
            let (number, email) = (self.below(self.leads.len()), self.below(self.leads.len()));
            let what = self.below(8);
            let lead = &mut self.leads[number];
            match what {
                0 | 1 => lead.email = email,
                2 => lead.is_gone = !lead.is_gone,
                3 => lead.is_test = !lead.is_test,
                _ => lead.budget += 1,
            }
        }
    }

    fn step(&mut self) {
        match self.below(6) {
            0 => self.add_events(1),
            1 => self.change(1),
            2 => self.add_leads(30),
            3 => self.add_outcomes(5),
            4 => self.change(20),
            _ => {
                self.add_leads(10);
                self.add_events(100);
                self.change(5);
                self.add_outcomes(3);
            }
        }
    }

    fn write(&self, company: &Company) {
        let lead = |(number, lead): (usize, &Lead)| {
            let Lead { email, budget, is_gone, is_test } = lead;
            let (industry, test) = (if *is_gone { "gone" } else { "retail" }, if *is_test { "yes" } else { "" });
            format!(
                r#"{{"id":"{number}","email":"p{email}@x.org","created_at":"2026-01-05","industry":"{industry}","budget":"{budget}","test":"{test}"}}"#
            )
        };
        let leads: Vec<String> = self.leads.iter().enumerate().map(lead).collect();
        for (name, rows) in [("leads", &leads), ("events", &self.events), ("outcomes", &self.outcomes)] {
            company.write(name, &rows.join("\n"));
        }
    }
}

fn company() -> Company {
    let mut company = Company::new("", "", "");
    company.leads_are_keyed = true;
    company.files.push(SqlFile {
        name: "sources/lead.dated.sql".into(),
        sql: "SELECT 'lead:' || id AS lead_key, created_at, created_at AS known_at, industry AS first_industry, _origin
              FROM leads.records WHERE _skip IS NULL"
            .into(),
    });
    company.files.push(SqlFile {
        name: "sources/event.replies.sql".into(),
        sql: "SELECT key AS lead_key, event_id, upper(kind) AS kind, at, at AS known_at, value AS text, _origin
              FROM (SELECT * FROM events.records WHERE value <> '2') AS replies WHERE _skip IS NULL ORDER BY at"
            .into(),
    });
    let there = "SELECT 'lead:' || id AS lead_key, created_at, known_at, test = 'yes' AS is_test, industry,
                   CAST(budget AS DOUBLE) AS budget, _origin
                 FROM leads.records WHERE _skip IS NULL AND industry <> 'gone'";
    company.lead_sql(there);
    let event = company.files.iter_mut().find(|file| file.name == "sources/event.sql").expect("events have a file");
    event.sql = "SELECT key AS lead_key, event_id, kind, at, known_at, parse_number(value, 'decimal point') AS value,
                   _origin
                 FROM events.records WHERE _skip IS NULL"
        .into();
    company
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

/// Returns the report of the newest version, with its files by their hashes, but for what helps the next run.
fn newest_report(data: &Path) -> serde_json::Value {
    let current: serde_json::Value =
        serde_json::from_slice(&std::fs::read(data.join("CURRENT")).expect("there is one")).expect("JSON");
    let path = current["report"]["path"].as_str().expect("a path").to_owned();
    let report = std::fs::read(data.join(path)).expect("it is there");
    let mut report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
    report.as_object_mut().expect("an object").remove("kept");
    for name in ["partitions.json", "kept.json"] {
        report["files"].as_object_mut().expect("an object").remove(name).expect("it is a file of every version");
    }
    report
}

/// Derives everything in a copy of the data folder, and expects the report of the newest version.
async fn check_against_everything(company: &Company, report: &IngestReport, step: &str) {
    let copied = tempfile::tempdir().expect("a temporary folder");
    let data = copied.path().join("data");
    copy(&company.data(), &data);
    let deriving = Deriving { is_full: true, ..Deriving::here(&company.limits) };
    let full = company.ingest_into(&data, deriving).await.expect("the company is sound");
    assert_eq!((&report.counts, &report.notes), (&full.counts, &full.notes), "{step}");
    assert_eq!((report.rejected_total, &report.undated), (full.rejected_total, &full.undated), "{step}");
    assert_eq!(newest_report(&company.data()), newest_report(&data), "{step}");
}

#[tokio::test]
async fn what_is_new_gives_the_files_and_the_report_of_everything() {
    for seed in 0..4 {
        let mut life = Life::new(seed);
        let company = company();
        for step in 0..STEPS {
            if step > 0 {
                life.step();
            }
            life.write(&company);
            let report = company.ingest().await;
            let is_of_new_rows = report.run_over.iter().all(|run| run.new_rows_alone == (step > 0));
            assert!(is_of_new_rows, "{:?}", report.run_over);
            assert_eq!(report.run_over.len(), if report.unchanged { 0 } else { 2 });
            assert!(report.counts.ended_events > 0 && report.counts.unmatched_rows > 0, "{:?}", report.counts);
            check_against_everything(&company, &report, &format!("seed {seed}, step {step}")).await;
        }
    }
}

/// Returns the kept files, the largest last.
fn kept_files(company: &Company) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(company.data().join("ground/kept")).expect("a folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort_by_key(|path| std::fs::metadata(path).expect("it is there").len());
    files
}

#[tokio::test]
async fn whatever_is_lost_of_the_kept_rows_is_made_again() {
    let mut life = Life::new(9);
    let company = company();
    life.write(&company);
    company.ingest().await;
    let read_whole = async |life: &Life, step: &str| {
        life.write(&company);
        let report = company.ingest().await;
        assert!(report.run_over.iter().all(|run| !run.new_rows_alone), "{step}: {:?}", report.run_over);
        check_against_everything(&company, &report, step).await;
    };
    let files = kept_files(&company);
    for file in &files {
        let mut bytes = std::fs::read(file).expect("readable");
        bytes.iter_mut().for_each(|byte| *byte ^= 1);
        std::fs::write(file, bytes).expect("writable");
    }
    life.add_events(20);
    read_whole(&life, "all files are damaged").await;
    std::fs::remove_file(kept_files(&company).pop().expect("there are some")).expect("removed");
    life.add_events(20);
    read_whole(&life, "a file is gone").await;
    std::fs::remove_dir_all(company.data().join("ground/kept")).expect("removed");
    life.add_events(20);
    read_whole(&life, "all are gone").await;
    life.add_events(20);
    life.write(&company);
    assert!(company.ingest().await.run_over.iter().all(|run| run.new_rows_alone));
}

#[tokio::test]
async fn sql_that_does_more_than_map_rows_is_run_over_all_of_them() {
    let of_records =
        "SELECT key AS lead_key, event_id, kind, at, known_at, _origin FROM events.records WHERE _skip IS NULL";
    let mut company = company();
    company.files.retain(|file| file.name != "sources/event.replies.sql");
    let mut life = Life::new(11);
    let cases = [
        ("", "it was the first time, or much was new"),
        (" ORDER BY at LIMIT 900000", "it joins, aggregates or limits rows"),
        (" UNION ALL SELECT key, event_id, kind, at, known_at, _origin FROM events.records WHERE false", "it joins"),
        (" AND at < CAST(now() AS VARCHAR)", "it calls a function that may give something else another time"),
        (" AND key IN (SELECT key FROM events.records)", "it has a query within an expression"),
        (" AND _changed_at IS NULL", "it asks for rows that were deleted or changed"),
    ];
    for (end, why) in cases {
        let event = company.files.iter_mut().find(|file| file.name == "sources/event.sql").expect("events have a file");
        event.sql = format!("{of_records}{end}");
        life.add_events(1);
        life.write(&company);
        let report = company.ingest().await;
        assert!(report.run_over[0].why.starts_with(why), "{end}: {:?}", report.run_over);
    }
}
