//! What reps did and which fields they changed, with when each was written down.
//!
//! A field's history has two timestamps. `changed_at` is what the rep entered, `recorded_at` when. Mostly they are minutes
//! apart; `placement_fee` is entered when all is decided, and dated to the lead's first days.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::records::{Record, RecordKind};
use crate::calendar::{self, DAY, END, HOUR, Timestamp};
use crate::journey::Journey;
use crate::people::{Person, REPS};

/// What the CRM holds besides accounts and leads.
pub(crate) struct Log {
    pub(super) activities: Vec<Activity>,
    pub(super) changes: Vec<Change>,
}

pub(super) struct Activity {
    pub(super) lead_id: i64,
    pub(super) kind: &'static str,
    pub(super) minutes: Option<i64>,
    pub(super) at: Timestamp,
    pub(super) logged_at: Timestamp,
    pub(super) offset_minutes: i32,
}

pub(super) struct Change {
    pub(super) lead_id: i64,
    pub(super) field: &'static str,
    pub(super) old_value: Option<String>,
    pub(super) new_value: String,
    pub(super) at: Timestamp,
    pub(super) recorded_at: Timestamp,
    pub(super) offset_minutes: i32,
}

impl Log {
    /// Returns the number of activities.
    pub(crate) fn activities(&self) -> usize {
        self.activities.len()
    }

    /// Draws everything that the reps recorded until the demo company's today.
    pub(crate) fn draw(rng: &mut ChaCha8Rng, records: &[Record], people: &[Person], journeys: &[Journey]) -> Log {
        let mut log = Log { activities: Vec::new(), changes: Vec::new() };
        for record in records {
            let mut writer = Writer { rng, log: &mut log, lead_id: record.id, offset_minutes: 0 };
            match record.kind {
                RecordKind::First(index) => {
                    writer.offset_minutes = people[index].offset_minutes;
                    writer.created(&people[index]);
                    writer.worked(&journeys[index]);
                    writer.closed(&journeys[index]);
                }
                RecordKind::Duplicate(index) | RecordKind::Merged(index) => {
                    writer.offset_minutes = people[index].offset_minutes;
                    writer.change("status", None, "duplicate", record.created_at, 0);
                    writer.activity("call", record.created_at + 3 * HOUR);
                }
                RecordKind::Test => {
                    writer.change("status", None, "new", record.created_at, 0);
                    writer.activity("call", record.created_at + HOUR);
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

/// Records the log of one CRM record.
struct Writer<'a> {
    rng: &'a mut ChaCha8Rng,
    log: &'a mut Log,
    pub(super) lead_id: i64,
    pub(super) offset_minutes: i32,
}

impl Writer<'_> {
    fn created(&mut self, person: &Person) {
        let created_at = person.profile.created_at;
        self.change("status", None, "new", created_at, 0);
        self.change("owner", None, REPS[person.profile.rep], created_at, 0);
        match person.profile.budget {
            Some(budget) => self.change("budget", None, &budget.to_string(), created_at, 0),
            // Some state a budget later. Today's table shows it as if it had always been there.
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

    /// The contact of reps and lead. In the first week it does not depend on what is drawn later.
    fn worked(&mut self, journey: &Journey) {
        let created_at = journey.profile.created_at;
        let by_call = self.rng.random_bool(0.35);
        let outreach_at =
            journey.first_outreach_at.unwrap_or(created_at + (8 * 24 + self.rng.random_range(0..72)) * HOUR);
        self.activity(if by_call { "call" } else { "email_out" }, outreach_at);
        let text = calendar::local(outreach_at, self.offset_minutes);
        self.change("first_outreach_at", None, &text, outreach_at, 10);
        self.change("status", Some("new"), "contacted", outreach_at, 30);
        for _ in 0..self.rng.random_range(0..3) {
            let after = self.rng.random_range(6 * HOUR..6 * DAY);
            self.activity("call", outreach_at + after);
        }
        if let Some(replied_at) = journey.replied_at {
            self.activity("reply", replied_at);
            if self.rng.random_bool(0.6) {
                self.activity("call", replied_at + HOUR);
            }
        }
        self.worked_later(journey);
    }

    fn worked_later(&mut self, journey: &Journey) {
        let from = journey.profile.created_at + 7 * DAY;
        let until = journey.converted_at.or(journey.lost_at).unwrap_or(END).min(from + 60 * DAY);
        let days = (until - from) / DAY;
        for _ in 0..(days / 9) {
            let at = from + self.rng.random_range(0..=days) * DAY + self.rng.random_range(8 * HOUR..18 * HOUR);
            let kind = ["call", "email_out", "email_out"][self.rng.random_range(0..3)];
            self.activity(kind, at.min(until));
        }
        let warm = journey.converted_at.is_some() || self.rng.random_bool(0.2);
        if warm && days > 1 {
            let met_at = from + self.rng.random_range(0..days) * DAY + 10 * HOUR;
            self.activity("meeting", met_at);
            self.change("status", Some("contacted"), "qualified", met_at, 600);
            if self.rng.random_bool(0.5) {
                self.activity("reply", met_at + 5 * HOUR);
            }
        }
    }

    fn closed(&mut self, journey: &Journey) {
        if let Some(converted_at) = journey.converted_at {
            self.change("status", Some("contacted"), "converted", converted_at, 1440);
        }
        if let Some(lost_at) = journey.lost_at {
            let (old, new) =
                if journey.converted_at.is_some() { ("converted", "lapsed") } else { ("contacted", "lost") };
            self.change("status", Some(old), new, lost_at, 1440);
        }
        if let Some(decision) = journey.decided.filter(|decision| decision.approved) {
            // The leak: entered after the decision, dated before it could be known.
            let fee = self.rng.random_range(12..90) * 100;
            let dated_at = journey.profile.created_at + DAY;
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

    /// Logs an activity: mostly within the hour, sometimes days later.
    fn activity(&mut self, kind: &'static str, at: Timestamp) {
        let late = self.rng.random_bool(0.05);
        let delay = if late { self.rng.random_range(6 * HOUR..3 * DAY) } else { self.rng.random_range(0..HOUR) };
        let minutes = matches!(kind, "call" | "meeting").then(|| self.rng.random_range(2..50));
        let (lead_id, offset_minutes) = (self.lead_id, self.offset_minutes);
        self.log.activities.push(Activity { lead_id, kind, minutes, at, logged_at: at + delay, offset_minutes });
    }

    fn change(&mut self, field: &'static str, old: Option<&str>, new: &str, at: Timestamp, delay_minutes_max: i64) {
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
