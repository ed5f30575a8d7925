//! What the platform records: clicks, forms, visits and mails, some of them twice or late.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::channels::utm_medium;
use crate::calendar::{DAY, END, HOUR, START, Timestamp};
use crate::journey::Journey;
use crate::random::pick;

/// Share of the lines that come a second time under the same id.
const DUPLICATE_SHARE: f64 = 0.01;
/// Share of the lines that come days late.
const LATE_SHARE: f64 = 0.03;
/// For each hundred leads, so many readers of the newsletter who are none.
const READERS_PERCENT: usize = 2;

/// Everything that the platform recorded, in the order in which it received it.
pub(crate) struct Recording {
    pub(super) lines: Vec<Line>,
}

/// One line of the platform's files.
pub(super) struct Line {
    pub(super) id: u32,
    /// Position among the people; past its end, a reader of the newsletter who is no lead.
    pub(super) person: u32,
    pub(super) action: Action,
    pub(super) at: Timestamp,
    pub(super) received_at: Timestamp,
}

/// What a person did, or what was sent to them.
#[derive(Clone, Copy)]
pub(super) enum Action {
    AdClick,
    Form,
    Visit(&'static str),
    Sent(&'static str),
    Opened(&'static str),
    Clicked(&'static str),
}

impl Recording {
    /// Draws everything that the platform received until the demo company's today.
    pub(crate) fn draw(rng: &mut ChaCha8Rng, journeys: &[Journey]) -> Recording {
        let mut recorder = Recorder { rng, lines: Vec::new() };
        for (person, journey) in journeys.iter().enumerate() {
            recorder.person(person as u32, journey);
        }
        let readers = journeys.len() * READERS_PERCENT / 100;
        for reader in journeys.len()..journeys.len() + readers {
            for _ in 0..4 {
                let at = START + recorder.rng.random_range(0..END - START);
                recorder.mail(reader as u32, "newsletter", at);
            }
        }
        let mut lines = recorder.lines;
        lines.retain(|line| line.received_at < END);
        lines.sort_by_key(|line| line.received_at);
        Recording { lines }
    }

    /// Returns the number of lines, repeated ones included.
    pub(crate) fn lines(&self) -> usize {
        self.lines.len()
    }
}

/// Records the lines of one person after another.
struct Recorder<'a> {
    rng: &'a mut ChaCha8Rng,
    lines: Vec<Line>,
}

impl Recorder<'_> {
    fn person(&mut self, person: u32, journey: &Journey) {
        let profile = &journey.profile;
        let created_at = profile.created_at;
        if utm_medium(profile.channel).is_some() {
            let before = self.rng.random_range(60..2 * HOUR);
            self.line(person, Action::AdClick, created_at - before);
        }
        self.line(person, Action::Form, created_at);
        for (at, pricing) in &journey.visits {
            let page = if *pricing { "/pricing" } else { self.page() };
            self.line(person, Action::Visit(page), *at);
        }
        self.mail(person, "welcome", created_at + HOUR);
        self.mail(person, "guide", created_at + 3 * DAY);
        let until = journey.closed_at().min(created_at + 36 * DAY);
        let mut at = created_at + 8 * DAY;
        while at < until {
            self.mail(person, "newsletter", at);
            if self.rng.random_bool(0.3) {
                let after = self.rng.random_range(0..7 * DAY);
                let page = self.page();
                self.line(person, Action::Visit(page), at + after);
            }
            at += 7 * DAY;
        }
    }

    fn page(&mut self) -> &'static str {
        pick(self.rng, &[("/places", 0.4), ("/how-it-works", 0.25), ("/stories", 0.2), ("/blog", 0.15)])
    }

    fn mail(&mut self, person: u32, campaign: &'static str, at: Timestamp) {
        self.line(person, Action::Sent(campaign), at);
        if self.rng.random_bool(0.42) {
            let opened_at = at + self.rng.random_range(60..30 * HOUR);
            self.line(person, Action::Opened(campaign), opened_at);
            if self.rng.random_bool(0.18) {
                self.line(person, Action::Clicked(campaign), opened_at + 40);
            }
        }
    }

    fn line(&mut self, person: u32, action: Action, at: Timestamp) {
        let late = self.rng.random_bool(LATE_SHARE);
        let delay = if late { self.rng.random_range(12 * HOUR..5 * DAY) } else { self.rng.random_range(0..120) };
        let id = self.lines.len() as u32;
        self.lines.push(Line { id, person, action, at, received_at: at + delay });
        if self.rng.random_bool(DUPLICATE_SHARE) {
            let again_at = at + delay + self.rng.random_range(1..DAY);
            self.lines.push(Line { id, person, action, at, received_at: again_at });
        }
    }
}
