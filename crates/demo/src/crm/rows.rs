//! The rows of the CRM's tables, as they are on the demo company's today.

use std::path::Path;

use anyhow::{Context, Result};
use rand_chacha::ChaCha8Rng;
use sqlx::Connection;

use super::log::{Activity, Change, Log};
use super::records::{FIRST_ID, Record, RecordKind, first_ids};
use super::tables::{ACCOUNTS, ACTIVITIES, FIELD_HISTORY, LEADS};
use crate::calendar::{self, START, Timestamp};
use crate::database::{Value, fill_sqlite, open_sqlite};
use crate::people::{Account, Person};
use crate::spelling;

/// Writes the four tables into a SQLite file.
pub(crate) async fn write(
    path: &Path,
    rng: &mut ChaCha8Rng,
    accounts: &[Account],
    people: &[Person],
    records: &[Record],
    log: &Log,
) -> Result<()> {
    let writing = || format!("cannot write `{}`", path.display());
    let mut connection = open_sqlite(path).await?;
    let mut transaction = connection.begin().await.with_context(writing)?;
    let account_rows = accounts.iter().enumerate().map(|(index, account)| account_row(rng, index, account));
    fill_sqlite(&mut transaction, &ACCOUNTS, account_rows.collect::<Vec<_>>().into_iter()).await?;
    let current = CurrentFields::of(log, records);
    let ids = first_ids(records, people.len());
    let lead_rows = records.iter().map(|record| lead_row(rng, record, people, &ids, &current));
    fill_sqlite(&mut transaction, &LEADS, lead_rows.collect::<Vec<_>>().into_iter()).await?;
    let activity_rows = log.activities.iter().zip(1..).map(|(activity, id)| activity.row(id));
    fill_sqlite(&mut transaction, &ACTIVITIES, activity_rows).await?;
    let change_rows = log.changes.iter().zip(1..).map(|(change, id)| change.row(id));
    fill_sqlite(&mut transaction, &FIELD_HISTORY, change_rows).await?;
    transaction.commit().await.with_context(writing)?;
    connection.close().await.with_context(writing)
}

/// The newest value of each tracked field, as the CRM's own table of leads shows it.
struct CurrentFields<'a> {
    /// In the order of `TRACKED`, by record.
    values: Vec<[Option<&'a str>; 5]>,
    updated_at: Vec<Timestamp>,
}

/// The fields whose changes are kept.
const TRACKED: [&str; 5] = ["owner", "status", "budget", "first_outreach_at", "placement_fee"];

impl<'a> CurrentFields<'a> {
    fn of(log: &'a Log, records: &[Record]) -> CurrentFields<'a> {
        let values = vec![[None; 5]; records.len()];
        let updated_at = records.iter().map(|record| record.created_at).collect();
        let mut current = CurrentFields { values, updated_at };
        for change in &log.changes {
            let row = (change.lead_id - FIRST_ID) as usize;
            let field = TRACKED.iter().position(|field| *field == change.field).expect("only these are changed");
            current.values[row][field] = Some(&change.new_value);
            current.updated_at[row] = current.updated_at[row].max(change.recorded_at);
        }
        current
    }
}

fn account_row(rng: &mut ChaCha8Rng, index: usize, account: &Account) -> Vec<Value> {
    vec![
        Value::Integer(1 + index as i64),
        account.name.clone().into(),
        spelling::industry(rng, account.industry).into(),
        i64::from(account.employees).into(),
        account.country.into(),
        Value::Timestamp(account.created_at.max(START)),
    ]
}

fn lead_row(
    rng: &mut ChaCha8Rng,
    record: &Record,
    people: &[Person],
    ids: &[i64],
    current: &CurrentFields,
) -> Vec<Value> {
    let row = (record.id - FIRST_ID) as usize;
    let [owner, status, budget, first_outreach_at, placement_fee] =
        current.values[row].map(|value| value.map(str::to_owned));
    let real = |text: Option<String>| Value::from(text.and_then(|text| text.parse::<f64>().ok()));
    let (index, is_test) = match record.kind {
        RecordKind::First(index) | RecordKind::Duplicate(index) | RecordKind::Merged(index) => (Some(index), false),
        RecordKind::Test => (None, true),
    };
    let person = index.map(|index| &people[index]);
    let profile = person.map(|person| &person.profile);
    let email = match (person, record.kind) {
        (Some(person), RecordKind::Merged(_)) => {
            format!("{}.{}@other-{}.example", person.first_name, person.last_name, record.id)
        }
        (Some(person), _) => spelling::email(rng, person),
        (None, _) => format!("test+{}@company.example", record.id),
    };
    let created_at = match record.id % 3 {
        0 => calendar::utc_without_zone(record.created_at),
        _ => calendar::local(record.created_at, person.map_or(0, |person| person.offset_minutes)),
    };
    vec![
        record.id.into(),
        person.and_then(|person| person.account).map(|account| 1 + account as i64).into(),
        if let RecordKind::Merged(index) = record.kind { ids[index].into() } else { Value::Null },
        person.map_or("Test", |person| person.first_name).into(),
        person.map_or("Tester", |person| person.last_name).into(),
        email.into(),
        person.and_then(|person| person.phone.clone()).into(),
        profile.map(|profile| profile.channel).into(),
        profile.map(|profile| profile.role).into(),
        profile.map(|profile| profile.country).into(),
        profile.and_then(|profile| profile.experience_years).map(i64::from).into(),
        profile.and_then(|profile| profile.work_permit).into(),
        owner.into(),
        status.into(),
        real(budget),
        first_outreach_at.into(),
        real(placement_fee),
        is_test.into(),
        created_at.into(),
        // One notation throughout: it is the cursor of the ingestion and has to sort by time.
        calendar::utc(current.updated_at[row]).into(),
    ]
}

impl Activity {
    fn row(&self, id: i64) -> Vec<Value> {
        vec![
            id.into(),
            self.lead_id.into(),
            self.kind.into(),
            self.minutes.into(),
            calendar::local(self.at, self.offset_minutes).into(),
            calendar::utc(self.logged_at).into(),
        ]
    }
}

impl Change {
    fn row(&self, id: i64) -> Vec<Value> {
        vec![
            id.into(),
            self.lead_id.into(),
            self.field.into(),
            self.old_value.clone().into(),
            self.new_value.clone().into(),
            calendar::local(self.at, self.offset_minutes).into(),
            calendar::utc(self.recorded_at).into(),
        ]
    }
}
