//! Builds the company: draws who the leads are and what becomes of each, then writes what each system records of it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::internal::Applications;
use crate::journey::{self, Journey};
use crate::law::Waits;
use crate::marketing::Recording;
use crate::people::{self, Account, Person};
use crate::random::Stream;
use crate::{calendar, crm, template, truth};

/// With fewer leads than this the two years show nothing.
const LEADS_MIN: usize = 100;

/// What makes one demo company differ from another.
#[derive(Clone, Debug)]
pub struct Params {
    /// Seed of everything random: same seed, same rows.
    pub seed: u64,
    /// Number of people who become leads; records of tests and duplicates come on top.
    pub leads: usize,
    /// The address of the PostgreSQL server for the internal database; `None` for a SQLite file. `plumb.toml` names it
    /// as `${INTERNAL_DB_URL}`, so that variable has to be set later.
    pub internal_postgres: Option<String>,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Company {
    /// People who became leads.
    pub leads: usize,
    /// The CRM's records of them, duplicates and tests included.
    pub crm_records: usize,
    /// Activities and lines of the marketing platform, repeated ones included.
    pub events: usize,
    /// Applications, unmatched ones included.
    pub applications: usize,
    /// Applications that belong to no lead.
    pub unmatched_applications: usize,
    /// Lines of the marketing platform that cannot be read.
    pub unreadable_lines: usize,
}

/// Builds the company in a folder: `crm.db`, `marketing/*.jsonl`, `internal.db` or tables in PostgreSQL, `truth.csv`,
/// and the project's files. `plumb.toml` comes last: a folder that has it is complete. What an earlier attempt left of
/// the three systems is replaced. Progress is reported as the current step, how many steps are done, and of how many.
pub async fn build(folder: &Path, params: &Params, progress: &(dyn Fn(&str, u64, u64) + Sync)) -> Result<Company> {
    ensure!(
        params.leads >= LEADS_MIN,
        "{} leads are too few: the demo company wants {LEADS_MIN} or more",
        params.leads
    );
    let marketing_folder = folder.join("marketing");
    clear(folder, &marketing_folder)?;

    progress("drawing the leads' journeys", 0, 5);
    let seed = params.seed;
    let waits = Waits::new();
    let (accounts, people, journeys) = draw(params, &waits);
    let records = crm::records(&mut Stream::CrmRecords.of(seed), &people);
    let crm_ids = crm::first_ids(&records, people.len());
    let log = crm::Log::draw(&mut Stream::CrmLog.of(seed), &records, &people, &journeys);
    let recording = Recording::draw(&mut Stream::Marketing.of(seed), &journeys);
    let applications = Applications::draw(&mut Stream::Internal.of(seed), &people, &journeys, &crm_ids);

    progress("writing the CRM", 1, 5);
    let spelling = &mut Stream::Spelling.of(seed);
    crm::write(&folder.join("crm.db"), spelling, &accounts, &people, &records, &log).await?;

    progress("writing the marketing platform", 2, 5);
    let unreadable_lines = recording.write(&marketing_folder, spelling, &people)?;

    progress("writing the internal database", 3, 5);
    match &params.internal_postgres {
        Some(url) => applications.write_postgres(url).await?,
        None => applications.write_sqlite(&folder.join("internal.db")).await?,
    }

    progress("writing the true probabilities", 4, 5);
    truth::write(folder, crm_ids.iter().zip(&journeys).map(|(crm_id, journey)| (*crm_id, truth::of(journey, &waits))))?;
    template::write(folder, params.internal_postgres.is_some())?;
    progress("done", 5, 5);
    Ok(Company {
        leads: people.len(),
        crm_records: records.len(),
        events: log.activities() + recording.lines(),
        applications: applications.count(),
        unmatched_applications: applications.unmatched(),
        unreadable_lines,
    })
}

/// Returns when the new channel begins to bring leads.
pub fn new_channel_at() -> DateTime<Utc> {
    calendar::utc_date(calendar::NEW_CHANNEL)
}

/// Draws who the leads are, and what becomes of each.
pub(crate) fn draw(params: &Params, waits: &Waits) -> (Vec<Account>, Vec<Person>, Vec<Journey>) {
    let (accounts, people) = people::draw(&mut Stream::People.of(params.seed), params.leads);
    let random = &mut Stream::Journeys.of(params.seed);
    let journeys = people.iter().map(|person| journey::draw(random, person.profile.clone(), waits)).collect();
    (accounts, people, journeys)
}

/// Makes the folders, and removes what an interrupted attempt may have left.
fn clear(folder: &Path, marketing_folder: &Path) -> Result<()> {
    std::fs::create_dir_all(marketing_folder)
        .with_context(|| format!("cannot create `{}`", marketing_folder.display()))?;
    let files = ["plumb.toml", "crm.db", "crm.db-journal", "internal.db", "internal.db-journal"];
    let months = std::fs::read_dir(marketing_folder)
        .with_context(|| format!("cannot read `{}`", marketing_folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    for path in files.map(|file| folder.join(file)).into_iter().chain(months) {
        if path.exists() {
            std::fs::remove_file(&path).with_context(|| format!("cannot remove `{}`", path.display()))?;
        }
    }
    Ok(())
}
