//! The applications: of leads who applied, and of people who are no lead; with what was decided of each.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::calendar::{DAY, END, HOUR, START, Timestamp};
use crate::journey::{Decision, Journey};
use crate::people::Person;
use crate::spelling;

/// Share of the applicants who give a private address; they are known by the CRM's number.
const PRIVATE_SHARE: f64 = 0.06;
/// For each thousand leads, so many applications by people who are no lead.
const UNMATCHED_PERMILLE: usize = 3;

/// What the internal database holds.
pub(crate) struct Applications {
    pub(super) applications: Vec<Application>,
    unmatched: usize,
}

pub(super) struct Application {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) crm_ref: Option<i64>,
    pub(super) submitted_at: Timestamp,
    pub(super) recorded_at: Timestamp,
    pub(super) decision: Option<(Decision, Timestamp, &'static str)>,
    pub(super) fee: f64,
}

impl Applications {
    /// Draws everything that was filed until the demo company's today.
    pub(crate) fn draw(rng: &mut ChaCha8Rng, people: &[Person], journeys: &[Journey], crm_ids: &[i64]) -> Applications {
        let mut applications = Vec::new();
        for ((person, journey), crm_id) in people.iter().zip(journeys).zip(crm_ids) {
            let Some(submitted_at) = journey.applied_at else { continue };
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
                decision: journey.decided.map(|decision| record(rng, decision)),
                fee: f64::from(rng.random_range(12..90)) * 100.0,
            });
        }
        let unmatched = journeys.len() * UNMATCHED_PERMILLE / 1000;
        applications.extend((0..unmatched).map(|number| walk_in(rng, number)));
        applications.retain(|application| application.recorded_at < END);
        applications.sort_by_key(|application| application.recorded_at);
        let unmatched = applications.iter().filter(|application| application.name == WALK_IN).count();
        Applications { applications, unmatched }
    }

    /// Returns the number of applications.
    pub(crate) fn count(&self) -> usize {
        self.applications.len()
    }

    /// Returns the number of applications that belong to no lead.
    pub(crate) fn unmatched(&self) -> usize {
        self.unmatched
    }
}

/// The name of all who came through the door.
const WALK_IN: &str = "Walk In";

/// An applicant who came through the door: in no other system.
fn walk_in(rng: &mut ChaCha8Rng, number: usize) -> Application {
    let submitted_at = START + rng.random_range(0..END - START);
    let decision = Decision { at: submitted_at + 9 * DAY, approved: rng.random_bool(0.5) };
    Application {
        name: WALK_IN.to_owned(),
        email: format!("walk.in{number}@door.example"),
        crm_ref: None,
        submitted_at,
        recorded_at: submitted_at + HOUR,
        decision: Some(record(rng, decision)),
        fee: 3000.0,
    }
}

/// Returns a decision with when and why it was recorded.
fn record(rng: &mut ChaCha8Rng, decision: Decision) -> (Decision, Timestamp, &'static str) {
    let reason = if decision.approved { "meets the criteria" } else { "does not meet the criteria" };
    (decision, decision.at + rng.random_range(60..2 * DAY), reason)
}
