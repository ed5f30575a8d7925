//! The ground in partitions of leads: whatever has come in whatever steps, the files are those of a derivation from the
//! beginning, and versions share what did not change.

use plumb_lake::{Lake, rebuild};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::company::{Company, day, files_of};

/// Enough for several partitions.
const LEADS: usize = 6_000;

/// Rows that grow and change from step to step.
struct Rows {
    random: ChaCha8Rng,
    leads: Vec<(usize, String, i64)>,
    events: Vec<String>,
}

impl Rows {
    fn new(seed: u64) -> Rows {
        let mut rows = Rows { random: ChaCha8Rng::seed_from_u64(seed), leads: Vec::new(), events: Vec::new() };
        rows.add(LEADS, 3 * LEADS);
        rows
    }

    /// Adds leads, some of which have the address of another, and events, some of which come twice or before their lead.
    fn add(&mut self, leads: usize, events: usize) {
        for _ in 0..leads {
            let number = self.leads.len();
            let person = if number.is_multiple_of(17) { self.random.random_range(0..=number) } else { number };
            let budget = self.random.random_range(0..5);
            self.leads.push((number, format!("p{person}@x.org"), budget));
        }
        for _ in 0..events {
            let (number, lead) = (self.events.len(), self.random.random_range(0..self.leads.len() + 50));
            let key = if number % 2 == 0 { format!("lead:{lead}") } else { format!("email:p{lead}@x.org") };
            let id = if number % 40 == 0 { number / 2 } else { number };
            let at = day(self.random.random_range(0..9)).to_rfc3339();
            let known_at = day(self.random.random_range(9..20)).to_rfc3339();
            self.events.push(format!(
                r#"{{"key":"{key}","event_id":"{id}","kind":"reply","at":"{at}","known_at":"{known_at}","value":"{number}"}}"#
            ));
        }
    }

    /// Changes some leads: another budget, or another address, which may part what was one or unite what was not.
    fn change(&mut self, leads: usize) {
        for _ in 0..leads {
            let lead = self.random.random_range(0..self.leads.len());
            match self.random.random_range(0..3) {
                0 => self.leads[lead].1 = format!("p{}@x.org", self.random.random_range(0..LEADS)),
                _ => self.leads[lead].2 += 1,
            }
        }
    }

    fn write(&self, company: &Company) {
        let leads: Vec<String> = self
            .leads
            .iter()
            .map(|(number, email, budget)| {
                format!(r#"{{"id":"{number}","email":"{email}","created_at":"2026-01-01","budget":"{budget}"}}"#)
            })
            .collect();
        company.write("leads", &leads.join("\n"));
        company.write("events", &self.events.join("\n"));
    }
}

fn all_files(data: &std::path::Path, version: u32) -> Vec<String> {
    let name = |path: std::path::PathBuf| path.file_name().expect("a name").to_string_lossy().into_owned();
    let of_relations = ["lead", "event", "outcome"].map(|relation| files_of(data, version, relation));
    of_relations.into_iter().flatten().map(name).collect()
}

#[tokio::test]
async fn steps_give_the_same_files_as_a_derivation_from_the_beginning() {
    for seed in 0..2 {
        let mut rows = Rows::new(seed);
        let mut company = Company::new("", "", "");
        company.leads_are_keyed = true;
        for step in 0..5_u32 {
            match step {
                0 => {}
                1 => rows.add(0, 1),
                2 => rows.change(50),
                _ => {
                    rows.add(20, 200);
                    rows.change(3);
                }
            }
            rows.write(&company);
            let report = company.ingest().await;
            assert!(report.counts.ended_events > 0 && report.counts.unmatched_rows > 0, "{:?}", report.counts);
            let lake = Lake::open(&company.data()).await.expect("it was ingested");
            let leads = lake.leads(day(100)).await.expect("readable");
            assert!(leads.is_sorted_by(|one, other| one.lead_id < other.lead_id) && leads.len() == report.counts.leads);
            let anew = tempfile::tempdir().expect("a temporary folder");
            let limits = &company.limits;
            let ground = lake.ground_version();
            assert!(rebuild(&company.data(), &company.files, limits, ground, anew.path()).await.expect("derived"));
            let files = all_files(&company.data(), step + 1);
            assert!(files.len() > 5, "several partitions");
            assert_eq!(files, all_files(anew.path(), 1), "seed {seed}, step {step}");
        }
    }
}

#[tokio::test]
async fn versions_share_what_did_not_change_and_what_nobody_lists_goes() {
    let mut rows = Rows::new(7);
    let mut company = Company::new("", "", "");
    company.leads_are_keyed = true;
    rows.write(&company);
    company.ingest().await;
    let first = all_files(&company.data(), 1);
    rows.events.push(r#"{"key":"lead:7","kind":"call","at":"2026-01-09"}"#.to_owned());
    rows.write(&company);
    company.ingest().await;
    let second = all_files(&company.data(), 2);
    let changed = second.iter().filter(|file| !first.contains(file)).count();
    assert_eq!((first.len(), changed), (second.len(), 1), "one event more changes one file");
    let on_disk = || std::fs::read_dir(company.data().join("ground/files")).expect("a folder").count();
    // The history of leads has a file a partition too.
    let histories = on_disk() - first.len() - 1;
    rows.events.push(r#"{"key":"lead:7","kind":"call","at":"2026-01-10"}"#.to_owned());
    rows.write(&company);
    company.ingest().await;
    assert_eq!(on_disk(), second.len() + 1 + histories, "the first version is gone, and its file with it");
    let lake = Lake::open(&company.data()).await.expect("it was ingested");
    let (_, events) = lake.lead("lead:7", day(100)).await.expect("readable").expect("it is there");
    assert!(events.iter().filter(|event| event.kind == "call").count() == 2);
}
