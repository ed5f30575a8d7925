//! The CRM: accounts, leads, what the reps did, and every change of a field with when it was written down.
//!
//! A field's history has two moments. `changed_at` is what the rep entered, `recorded_at` when. Mostly they are minutes
//! apart; `placement_fee` is entered when all is decided, and dated to the lead's first days.

use anyhow::Result;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use sqlx::SqliteConnection;

use super::calendar::{self, DAY, END, HOUR, Moment, START};
use super::life::Life;
use super::people::{Account, Person, REPS};
use super::spelling;
use super::tables::{Cell, Kind, Sheet, fill_sqlite};

const ACCOUNTS: Sheet = Sheet {
    name: "accounts",
    columns: &[
        ("id", Kind::Integer),
        ("name", Kind::Text),
        ("industry", Kind::Text),
        ("employees", Kind::Integer),
        ("country", Kind::Text),
        ("created_at", Kind::Moment),
    ],
};
const LEADS: Sheet = Sheet {
    name: "leads",
    columns: &[
        ("id", Kind::Integer),
        ("account_id", Kind::Integer),
        ("merged_into", Kind::Integer),
        ("first_name", Kind::Text),
        ("last_name", Kind::Text),
        ("email", Kind::Text),
        ("phone", Kind::Text),
        ("channel", Kind::Text),
        ("role", Kind::Text),
        ("country", Kind::Text),
        ("experience_years", Kind::Integer),
        ("work_permit", Kind::Flag),
        ("owner", Kind::Text),
        ("status", Kind::Text),
        ("budget", Kind::Real),
        ("first_outreach_at", Kind::Text),
        ("placement_fee", Kind::Real),
        ("is_test", Kind::Flag),
        ("created_at", Kind::Text),
        ("updated_at", Kind::Text),
    ],
};
const ACTIVITIES: Sheet = Sheet {
    name: "activities",
    columns: &[
        ("id", Kind::Integer),
        ("lead_id", Kind::Integer),
        ("kind", Kind::Text),
        ("minutes", Kind::Integer),
        ("happened_at", Kind::Text),
        ("logged_at", Kind::Text),
    ],
};
const FIELD_HISTORY: Sheet = Sheet {
    name: "field_history",
    columns: &[
        ("id", Kind::Integer),
        ("lead_id", Kind::Integer),
        ("field", Kind::Text),
        ("old_value", Kind::Text),
        ("new_value", Kind::Text),
        ("changed_at", Kind::Text),
        ("recorded_at", Kind::Text),
    ],
};

/// Number of the first lead.
const FIRST_ID: i64 = 10_001;
/// Share of the people who are entered a second time.
const TWICE_SHARE: f64 = 0.04;
/// Share of the records that somebody made to try a form.
const TEST_SHARE: f64 = 0.012;

/// One line of the CRM's table of leads.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: i64,
    pub(super) created_at: Moment,
    pub(super) who: Who,
}

/// Whom a record is about, by position among the people.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Who {
    /// The person's first record.
    First(usize),
    /// The same person, entered again under the same address.
    Again(usize),
    /// The same person under another address; a rep noticed and noted the first record.
    Merged(usize),
    /// Nobody.
    Test,
}

/// Returns the CRM's records in the order of their numbers.
pub(super) fn records(rng: &mut ChaCha8Rng, people: &[Person]) -> Vec<Record> {
    let mut records = Vec::with_capacity(people.len() + people.len() / 10);
    for (index, person) in people.iter().enumerate() {
        let created_at = person.profile.created_at;
        records.push(Record { id: 0, created_at, who: Who::First(index) });
        if rng.random_bool(TWICE_SHARE) {
            let who = if rng.random_bool(0.6) { Who::Again(index) } else { Who::Merged(index) };
            let created_at = created_at + rng.random_range(9 * DAY..60 * DAY);
            records.push(Record { id: 0, created_at, who });
        }
        if rng.random_bool(TEST_SHARE) {
            records.push(Record { id: 0, created_at: created_at + HOUR, who: Who::Test });
        }
    }
    records.retain(|record| record.created_at < END);
    records.sort_by_key(|record| record.created_at);
    for (position, record) in records.iter_mut().enumerate() {
        record.id = FIRST_ID + position as i64;
    }
    records
}

/// Returns the number of each person's first record.
pub(super) fn first_ids(records: &[Record], people: usize) -> Vec<i64> {
    let mut ids = vec![0; people];
    for record in records {
        if let Who::First(index) = record.who {
            ids[index] = record.id;
        }
    }
    ids
}

/// What the CRM holds besides accounts and leads.
pub(super) struct Log {
    activities: Vec<Activity>,
    changes: Vec<Change>,
}

struct Activity {
    lead_id: i64,
    kind: &'static str,
    minutes: Option<i64>,
    at: Moment,
    logged_at: Moment,
    offset_minutes: i32,
}

struct Change {
    lead_id: i64,
    field: &'static str,
    old_value: Option<String>,
    new_value: String,
    at: Moment,
    recorded_at: Moment,
    offset_minutes: i32,
}

impl Log {
    /// Returns the number of activities.
    pub(super) fn activities(&self) -> usize {
        self.activities.len()
    }

    /// Tells everything that the reps wrote down until the demo company's today.
    pub(super) fn of(rng: &mut ChaCha8Rng, records: &[Record], people: &[Person], lives: &[Life]) -> Log {
        let mut log = Log { activities: Vec::new(), changes: Vec::new() };
        for record in records {
            let mut writer = Writer { rng, log: &mut log, lead_id: record.id, offset_minutes: 0 };
            match record.who {
                Who::First(index) => {
                    writer.offset_minutes = people[index].offset_minutes;
                    writer.born(&people[index]);
                    writer.worked(&lives[index]);
                    writer.closed(&lives[index]);
                }
                Who::Again(index) | Who::Merged(index) => {
                    writer.offset_minutes = people[index].offset_minutes;
                    writer.change("status", None, "duplicate", record.created_at, 0);
                    writer.act("call", record.created_at + 3 * HOUR);
                }
                Who::Test => {
                    writer.change("status", None, "new", record.created_at, 0);
                    writer.act("call", record.created_at + HOUR);
                }
            }
        }
        log.activities.retain(|activity| activity.logged_at < END);
        log.changes.retain(|change| change.recorded_at < END);
        log.activities.sort_by_key(|activity| activity.logged_at);
        log.changes.sort_by_key(|change| change.recorded_at);
        log
    }
}

struct Writer<'a> {
    rng: &'a mut ChaCha8Rng,
    log: &'a mut Log,
    lead_id: i64,
    offset_minutes: i32,
}

impl Writer<'_> {
    fn born(&mut self, person: &Person) {
        let created_at = person.profile.created_at;
        self.change("status", None, "new", created_at, 0);
        self.change("owner", None, REPS[person.profile.rep], created_at, 0);
        match person.profile.budget {
            Some(budget) => self.change("budget", None, &budget.to_string(), created_at, 0),
            // Some name a sum later. Today's table shows it as if it had always been there.
            None if self.rng.random_bool(0.3) => {
                let budget = (self.rng.random_range(10..400) * 100).to_string();
                let after = self.rng.random_range(9 * DAY..60 * DAY);
                self.change("budget", None, &budget, created_at + after, 60);
            }
            None => {}
        }
        if self.rng.random_bool(0.05) {
            let owner = REPS[(person.profile.rep + 5) % REPS.len()];
            let after = self.rng.random_range(8 * DAY..40 * DAY);
            self.change("owner", Some(REPS[person.profile.rep]), owner, created_at + after, 60);
        }
    }

    /// What reps and lead said to each other. In the first week it depends on nothing that is still to be drawn.
    fn worked(&mut self, life: &Life) {
        let created_at = life.profile.created_at;
        let by_call = self.rng.random_bool(0.35);
        let outreach_at = life.first_outreach_at.unwrap_or(created_at + (8 * 24 + self.rng.random_range(0..72)) * HOUR);
        self.act(if by_call { "call" } else { "email_out" }, outreach_at);
        let text = calendar::local(outreach_at, self.offset_minutes);
        self.change("first_outreach_at", None, &text, outreach_at, 10);
        self.change("status", Some("new"), "contacted", outreach_at, 30);
        for _ in 0..self.rng.random_range(0..3) {
            let after = self.rng.random_range(6 * HOUR..6 * DAY);
            self.act("call", outreach_at + after);
        }
        if let Some(replied_at) = life.replied_at {
            self.act("reply", replied_at);
            if self.rng.random_bool(0.6) {
                self.act("call", replied_at + HOUR);
            }
        }
        self.worked_later(life);
    }

    fn worked_later(&mut self, life: &Life) {
        let from = life.profile.created_at + 7 * DAY;
        let until = life.converted_at.or(life.lost_at).unwrap_or(END).min(from + 60 * DAY);
        let days = (until - from) / DAY;
        for _ in 0..(days / 9) {
            let at = from + self.rng.random_range(0..=days) * DAY + self.rng.random_range(8 * HOUR..18 * HOUR);
            let kind = ["call", "email_out", "email_out"][self.rng.random_range(0..3)];
            self.act(kind, at.min(until));
        }
        let warm = life.converted_at.is_some() || self.rng.random_bool(0.2);
        if warm && days > 1 {
            let met_at = from + self.rng.random_range(0..days) * DAY + 10 * HOUR;
            self.act("meeting", met_at);
            self.change("status", Some("contacted"), "qualified", met_at, 600);
            if self.rng.random_bool(0.5) {
                self.act("reply", met_at + 5 * HOUR);
            }
        }
    }

    fn closed(&mut self, life: &Life) {
        if let Some(converted_at) = life.converted_at {
            self.change("status", Some("contacted"), "converted", converted_at, 1440);
        }
        if let Some(lost_at) = life.lost_at {
            let (old, new) = if life.converted_at.is_some() { ("converted", "lapsed") } else { ("contacted", "lost") };
            self.change("status", Some(old), new, lost_at, 1440);
        }
        if let Some(decision) = life.decided.filter(|decision| decision.approved) {
            // The leak: entered after the decision, dated before anybody could know.
            let fee = self.rng.random_range(12..90) * 100;
            let dated_at = life.profile.created_at + DAY;
            let recorded_at = decision.at + self.rng.random_range(HOUR..3 * DAY);
            self.log.changes.push(Change {
                lead_id: self.lead_id,
                field: "placement_fee",
                old_value: None,
                new_value: fee.to_string(),
                at: dated_at,
                recorded_at,
                offset_minutes: self.offset_minutes,
            });
        }
    }

    /// Logs an activity, mostly within the hour, sometimes only when somebody asks.
    fn act(&mut self, kind: &'static str, at: Moment) {
        let late = self.rng.random_bool(0.05);
        let delay = if late { self.rng.random_range(6 * HOUR..3 * DAY) } else { self.rng.random_range(0..HOUR) };
        let minutes = matches!(kind, "call" | "meeting").then(|| self.rng.random_range(2..50));
        let (lead_id, offset_minutes) = (self.lead_id, self.offset_minutes);
        self.log.activities.push(Activity { lead_id, kind, minutes, at, logged_at: at + delay, offset_minutes });
    }

    fn change(&mut self, field: &'static str, old: Option<&str>, new: &str, at: Moment, delay_minutes_max: i64) {
        let delay = if delay_minutes_max == 0 { 0 } else { self.rng.random_range(0..delay_minutes_max * 60) };
        self.log.changes.push(Change {
            lead_id: self.lead_id,
            field,
            old_value: old.map(str::to_owned),
            new_value: new.to_owned(),
            at,
            recorded_at: at + delay,
            offset_minutes: self.offset_minutes,
        });
    }
}

/// Writes the four tables.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    rng: &mut ChaCha8Rng,
    accounts: &[Account],
    people: &[Person],
    records: &[Record],
    log: &Log,
) -> Result<()> {
    let account_rows = accounts.iter().enumerate().map(|(index, account)| account_row(rng, index, account));
    fill_sqlite(connection, &ACCOUNTS, account_rows.collect::<Vec<_>>().into_iter()).await?;
    let now = Now::of(log, records);
    let ids = first_ids(records, people.len());
    let lead_rows = records.iter().map(|record| lead_row(rng, record, people, &ids, &now));
    fill_sqlite(connection, &LEADS, lead_rows.collect::<Vec<_>>().into_iter()).await?;
    let activity_rows = log.activities.iter().zip(1..).map(|(activity, id)| activity.row(id));
    fill_sqlite(connection, &ACTIVITIES, activity_rows).await?;
    let change_rows = log.changes.iter().zip(1..).map(|(change, id)| change.row(id));
    fill_sqlite(connection, &FIELD_HISTORY, change_rows).await
}

/// The newest value of each tracked field, as the CRM's own table of leads shows it.
struct Now<'a>(Vec<[Option<&'a str>; 5]>, Vec<Moment>);

/// The fields whose changes are kept.
const TRACKED: [&str; 5] = ["owner", "status", "budget", "first_outreach_at", "placement_fee"];

impl<'a> Now<'a> {
    fn of(log: &'a Log, records: &[Record]) -> Now<'a> {
        let mut now = Now(vec![[None; 5]; records.len()], records.iter().map(|record| record.created_at).collect());
        for change in &log.changes {
            let row = (change.lead_id - FIRST_ID) as usize;
            let field = TRACKED.iter().position(|field| *field == change.field).expect("only these are changed");
            now.0[row][field] = Some(&change.new_value);
            now.1[row] = now.1[row].max(change.recorded_at);
        }
        now
    }
}

fn account_row(rng: &mut ChaCha8Rng, index: usize, account: &Account) -> Vec<Cell> {
    vec![
        Cell::Integer(1 + index as i64),
        account.name.clone().into(),
        spelling::industry(rng, account.industry).into(),
        i64::from(account.employees).into(),
        account.country.into(),
        Cell::Moment(account.created_at.max(START)),
    ]
}

fn lead_row(rng: &mut ChaCha8Rng, record: &Record, people: &[Person], ids: &[i64], now: &Now) -> Vec<Cell> {
    let row = (record.id - FIRST_ID) as usize;
    let [owner, status, budget, first_outreach_at, placement_fee] = now.0[row].map(|value| value.map(str::to_owned));
    let real = |text: Option<String>| Cell::from(text.and_then(|text| text.parse::<f64>().ok()));
    let (index, is_test) = match record.who {
        Who::First(index) | Who::Again(index) | Who::Merged(index) => (Some(index), false),
        Who::Test => (None, true),
    };
    let person = index.map(|index| &people[index]);
    let profile = person.map(|person| &person.profile);
    let email = match (person, record.who) {
        (Some(person), Who::Merged(_)) => {
            format!("{}.{}@other-{}.example", person.first_name, person.last_name, record.id)
        }
        (Some(person), _) => spelling::email(rng, person),
        (None, _) => format!("test+{}@company.example", record.id),
    };
    let created_at = match record.id % 3 {
        0 => calendar::plain(record.created_at),
        _ => calendar::local(record.created_at, person.map_or(0, |person| person.offset_minutes)),
    };
    vec![
        record.id.into(),
        person.and_then(|person| person.account).map(|account| 1 + account as i64).into(),
        if let Who::Merged(index) = record.who { ids[index].into() } else { Cell::Null },
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
        calendar::utc(now.1[row]).into(),
    ]
}

impl Activity {
    fn row(&self, id: i64) -> Vec<Cell> {
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
    fn row(&self, id: i64) -> Vec<Cell> {
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
