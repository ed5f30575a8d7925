//! The demo company: it places applicants, and exists only so that Plumbline has something true to be measured on.
//!
//! It runs for 24 months, from 2024-11-01 to 2026-11-01, which is its today. Leads come by nine channels, are worked by
//! twelve reps, convert or are lost, apply, and are approved or not. Everything is drawn from one seed by the laws in
//! `formula`; `truth.csv` keeps, for each lead and age, the exact probability by those laws, and nothing else does.
//! The three systems get what a real company's systems get: late, twice, misspelled, and without a common key.
//!
//! - What converts: `formula::conversion`, log-odds of the lead's fields and its first seven days, with interactions.
//!   A conversion comes 7 days after creation or later, by `formula::Waits`, so every lead is open at each age.
//! - What is approved: a conversion, an application, and `formula::approval` by the criteria of the day of decision.
//! - On 2026-02-01 (month 16) `tiktok_ads` starts to bring leads of another profile.
//! - On 2026-06-01 (month 20) the criteria of approval change.
//! - Every year-end is slow. That is a season, not drift.

mod calendar;
mod crm;
mod formula;
mod internal;
mod life;
mod marketing;
mod people;
mod spelling;
mod tables;
mod template;
mod truth;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sqlx::{Connection, SqliteConnection};

use formula::Waits;
use life::Life;
use people::{Account, Person};

/// The fewest leads of which the two years show anything.
const LEADS_MIN: usize = 100;

/// What makes one demo company differ from another.
pub(crate) struct Params {
    /// Seed of everything random: same seed, same rows.
    pub(crate) seed: u64,
    /// Number of people who become leads; records of tests and duplicates come on top.
    pub(crate) leads: usize,
    /// Where the internal database is kept; `None` for a SQLite file. `plumb.toml` will name it as
    /// `${INTERNAL_DB_URL}`, so that variable has to hold it later.
    pub(crate) internal_postgres: Option<String>,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Company {
    /// People who became leads.
    pub(crate) leads: usize,
    /// The CRM's records of them, duplicates and tests included.
    pub(crate) records: usize,
    /// Activities and lines of the marketing platform, repeated ones included.
    pub(crate) events: usize,
    /// Applications, strangers' included.
    pub(crate) applications: usize,
    /// Applications that belong to no lead.
    pub(crate) strangers: usize,
    /// Lines of the marketing platform that nobody can read.
    pub(crate) broken: usize,
}

/// Builds the company in a folder: `crm.db`, `marketing/*.jsonl`, `internal.db` or tables in PostgreSQL, `truth.csv`,
/// and the project's files. `plumb.toml` comes last: a folder that has it is complete. What an earlier attempt left of
/// the three systems is replaced. Progress is told as what is being done, how much of it is done, and of how much.
pub(crate) async fn build(folder: &Path, params: &Params, progress: &dyn Fn(&str, u64, u64)) -> Result<Company> {
    ensure!(
        params.leads >= LEADS_MIN,
        "{} leads are too few: the demo company wants {LEADS_MIN} or more",
        params.leads
    );
    let marketing_folder = folder.join("marketing");
    clear(folder, &marketing_folder)?;

    progress("drawing lives", 0, 5);
    let waits = Waits::new();
    let (accounts, people, lives) = draw(params, &waits);
    let records = crm::records(&mut params.random(Stream::Records), &people);
    let crm_ids = crm::first_ids(&records, people.len());
    let log = crm::Log::of(&mut params.random(Stream::Log), &records, &people, &lives);
    let journal = marketing::Journal::of(&mut params.random(Stream::Journal), &lives);
    let files = internal::Files::of(&mut params.random(Stream::Files), &people, &lives, &crm_ids);

    progress("writing the CRM", 1, 5);
    let mut connection = open_sqlite(&folder.join("crm.db")).await?;
    let mut transaction = connection.begin().await.context("cannot write `crm.db`")?;
    let spelling = &mut params.random(Stream::Spelling);
    crm::write(&mut transaction, spelling, &accounts, &people, &records, &log).await?;
    transaction.commit().await.context("cannot write `crm.db`")?;
    connection.close().await.context("cannot close `crm.db`")?;

    progress("writing the marketing platform", 2, 5);
    let broken = journal.write(&marketing_folder, spelling, &people)?;

    progress("writing the internal database", 3, 5);
    match &params.internal_postgres {
        Some(url) => files.write_postgres(url).await?,
        None => {
            let mut connection = open_sqlite(&folder.join("internal.db")).await?;
            let mut transaction = connection.begin().await.context("cannot write `internal.db`")?;
            files.write_sqlite(&mut transaction).await?;
            transaction.commit().await.context("cannot write `internal.db`")?;
            connection.close().await.context("cannot close `internal.db`")?;
        }
    }

    progress("writing the truth", 4, 5);
    let truths = crm_ids.iter().zip(&lives).map(|(crm_id, life)| (*crm_id, truth::of(life, &waits)));
    truth::write(&folder.join("truth.csv"), truths)?;
    template::write(folder, params.internal_postgres.is_some())?;
    progress("done", 5, 5);
    Ok(Company {
        leads: people.len(),
        records: records.len(),
        events: log.activities() + journal.lines(),
        applications: files.applications(),
        strangers: files.strangers(),
        broken,
    })
}

/// Returns the moment at which the new channel begins to bring leads.
pub(crate) fn new_channel_at() -> DateTime<Utc> {
    calendar::utc_date(calendar::NEW_CHANNEL)
}

/// Each stage draws from a stream of its own, so that a change to the noise leaves the lives as they are.
#[derive(Clone, Copy)]
enum Stream {
    People,
    Lives,
    Records,
    Log,
    Journal,
    Files,
    Spelling,
}

impl Params {
    fn random(&self, stream: Stream) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(stream as u64);
        random
    }
}

fn draw(params: &Params, waits: &Waits) -> (Vec<Account>, Vec<Person>, Vec<Life>) {
    let (accounts, people) = people::draw(&mut params.random(Stream::People), params.leads);
    let random = &mut params.random(Stream::Lives);
    let lives = people.iter().map(|person| life::live(random, person.profile.clone(), waits)).collect();
    (accounts, people, lives)
}

/// Makes the folders, and removes what an attempt that was broken off may have left.
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

async fn open_sqlite(path: &Path) -> Result<SqliteConnection> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.with_context(|| format!("cannot create `{}`", path.display()))
}

#[cfg(test)]
mod tests;
