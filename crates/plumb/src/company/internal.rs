//! The internal database: applications by number, what was decided of them, and the places that came of it.
//!
//! It knows applicants by the address they gave in the application, and sometimes by the CRM's number.

use anyhow::{Context, Result};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use sqlx::{Connection, PgConnection, SqliteConnection};

use super::calendar::{DAY, END, HOUR, Moment, START};
use super::life::{Decision, Life};
use super::people::Person;
use super::spelling;
use super::tables::{Cell, Kind, Sheet, fill_postgres, fill_sqlite};

const APPLICATIONS: Sheet = Sheet {
    name: "applications",
    columns: &[
        ("number", Kind::Text),
        ("applicant_name", Kind::Text),
        ("applicant_email", Kind::Text),
        ("crm_ref", Kind::Integer),
        ("submitted_at", Kind::Moment),
        ("recorded_at", Kind::Moment),
    ],
};
const DECISIONS: Sheet = Sheet {
    name: "decisions",
    columns: &[
        ("id", Kind::Integer),
        ("application_number", Kind::Text),
        ("approved", Kind::Flag),
        ("reason", Kind::Text),
        ("decided_at", Kind::Moment),
        ("recorded_at", Kind::Moment),
    ],
};
const PLACEMENTS: Sheet = Sheet {
    name: "placements",
    columns: &[
        ("id", Kind::Integer),
        ("application_number", Kind::Text),
        ("fee", Kind::Real),
        ("starts_at", Kind::Moment),
        ("recorded_at", Kind::Moment),
    ],
};

/// Share of the applicants who give a private address; they are known by the CRM's number.
const PRIVATE_SHARE: f64 = 0.06;
/// For each thousand leads, so many applications by people who never were one.
const STRANGERS_PERMILLE: usize = 3;

/// What the internal database holds.
pub(super) struct Files {
    applications: Vec<Application>,
    strangers: usize,
}

struct Application {
    name: String,
    email: String,
    crm_ref: Option<i64>,
    submitted_at: Moment,
    recorded_at: Moment,
    decision: Option<(Decision, Moment, &'static str)>,
    fee: f64,
}

impl Files {
    /// Tells everything that was filed until the demo company's today.
    pub(super) fn of(rng: &mut ChaCha8Rng, people: &[Person], lives: &[Life], crm_ids: &[i64]) -> Files {
        let mut applications = Vec::new();
        for ((person, life), crm_id) in people.iter().zip(lives).zip(crm_ids) {
            let Some(submitted_at) = life.applied_at else { continue };
            let private = rng.random_bool(PRIVATE_SHARE);
            let email = if private {
                format!("{}{crm_id}@home.example", person.last_name.to_lowercase())
            } else {
                spelling::email(rng, person)
            };
            applications.push(Application {
                name: format!("{} {}", person.first_name, person.last_name),
                email,
                crm_ref: (private || rng.random_bool(0.3)).then_some(*crm_id),
                submitted_at,
                recorded_at: submitted_at + rng.random_range(60..2 * HOUR),
                decision: life.decided.map(|decision| file(rng, decision)),
                fee: f64::from(rng.random_range(12..90)) * 100.0,
            });
        }
        let strangers = lives.len() * STRANGERS_PERMILLE / 1000;
        applications.extend((0..strangers).map(|number| stranger(rng, number)));
        applications.retain(|application| application.recorded_at < END);
        applications.sort_by_key(|application| application.recorded_at);
        let strangers = applications.iter().filter(|application| application.name == STRANGER).count();
        Files { applications, strangers }
    }

    /// Returns the number of applications.
    pub(super) fn applications(&self) -> usize {
        self.applications.len()
    }

    /// Returns the number of applications that belong to no lead.
    pub(super) fn strangers(&self) -> usize {
        self.strangers
    }

    /// Writes the three tables into SQLite.
    pub(super) async fn write_sqlite(&self, connection: &mut SqliteConnection) -> Result<()> {
        fill_sqlite(connection, &APPLICATIONS, self.application_rows()).await?;
        fill_sqlite(connection, &DECISIONS, self.decision_rows().into_iter()).await?;
        fill_sqlite(connection, &PLACEMENTS, self.placement_rows().into_iter()).await
    }

    /// Writes the three tables into PostgreSQL, all or nothing.
    pub(super) async fn write_postgres(&self, url: &str) -> Result<()> {
        let mut connection = PgConnection::connect(url).await.context("cannot connect to the internal PostgreSQL")?;
        let mut transaction = connection.begin().await.context("cannot write to the internal PostgreSQL")?;
        fill_postgres(&mut transaction, &APPLICATIONS, self.application_rows()).await?;
        fill_postgres(&mut transaction, &DECISIONS, self.decision_rows().into_iter()).await?;
        fill_postgres(&mut transaction, &PLACEMENTS, self.placement_rows().into_iter()).await?;
        transaction.commit().await.context("cannot write to the internal PostgreSQL")
    }

    fn application_rows(&self) -> impl Iterator<Item = Vec<Cell>> {
        self.applications.iter().enumerate().map(|(index, application)| {
            vec![
                number(index).into(),
                application.name.clone().into(),
                application.email.clone().into(),
                application.crm_ref.into(),
                Cell::Moment(application.submitted_at),
                Cell::Moment(application.recorded_at),
            ]
        })
    }

    fn decision_rows(&self) -> Vec<Vec<Cell>> {
        let mut decisions = self.decisions();
        decisions.sort_by_key(|(_, _, _, recorded_at)| *recorded_at);
        let row = |((index, decision, reason, recorded_at), id): ((usize, Decision, &'static str, Moment), i64)| {
            vec![
                id.into(),
                number(index).into(),
                decision.approved.into(),
                reason.into(),
                Cell::Moment(decision.at),
                Cell::Moment(recorded_at),
            ]
        };
        decisions.into_iter().zip(1..).map(row).collect()
    }

    fn placement_rows(&self) -> Vec<Vec<Cell>> {
        let approved = self.decisions().into_iter().filter(|(_, decision, ..)| decision.approved);
        let row = |((index, decision, _, recorded_at), id): ((usize, Decision, &'static str, Moment), i64)| {
            vec![
                id.into(),
                number(index).into(),
                self.applications[index].fee.into(),
                Cell::Moment(decision.at + 30 * DAY),
                Cell::Moment(recorded_at),
            ]
        };
        approved.zip(1..).map(row).collect()
    }

    fn decisions(&self) -> Vec<(usize, Decision, &'static str, Moment)> {
        let applications = self.applications.iter().enumerate();
        applications
            .filter_map(|(index, application)| {
                application.decision.map(|(decision, recorded_at, reason)| (index, decision, reason, recorded_at))
            })
            .filter(|(_, _, _, recorded_at)| *recorded_at < END)
            .collect()
    }
}

const STRANGER: &str = "Walk In";

/// Somebody who came through the door: in no other system.
fn stranger(rng: &mut ChaCha8Rng, number: usize) -> Application {
    let submitted_at = START + rng.random_range(0..END - START);
    let decision = Decision { at: submitted_at + 9 * DAY, approved: rng.random_bool(0.5) };
    Application {
        name: STRANGER.to_owned(),
        email: format!("walk.in{number}@door.example"),
        crm_ref: None,
        submitted_at,
        recorded_at: submitted_at + HOUR,
        decision: Some(file(rng, decision)),
        fee: 3000.0,
    }
}

fn file(rng: &mut ChaCha8Rng, decision: Decision) -> (Decision, Moment, &'static str) {
    let reason = if decision.approved { "meets the criteria" } else { "does not meet the criteria" };
    (decision, decision.at + rng.random_range(60..2 * DAY), reason)
}

fn number(index: usize) -> String {
    format!("A-{:06}", 100_001 + index)
}
