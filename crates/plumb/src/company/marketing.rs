//! The marketing platform: a JSON object a line, a file a month, by when the platform received it.
//!
//! It knows people by their address only, in whatever spelling; it repeats itself, is late, and some lines are broken.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::calendar::{self, DAY, END, HOUR, Moment, START};
use super::life::Life;
use super::people::{FREE_MAIL, Person, pick};
use super::spelling;

/// Share of the lines that come a second time under the same id.
const TWICE_SHARE: f64 = 0.01;
/// Share of the lines that come days late.
const LATE_SHARE: f64 = 0.03;
/// One line in so many is broken.
const BROKEN_EVERY: usize = 15_000;
/// For each hundred leads, so many readers of the newsletter who are none.
const READERS_PERCENT: usize = 2;

/// What the platform recorded.
pub(super) struct Journal {
    lines: Vec<Line>,
}

struct Line {
    id: u32,
    /// Position among the people; past its end, a reader of the newsletter who is no lead.
    who: u32,
    what: What,
    at: Moment,
    received_at: Moment,
}

#[derive(Clone, Copy)]
enum What {
    AdClick,
    Form,
    Visit(&'static str),
    Sent(&'static str),
    Opened(&'static str),
    Clicked(&'static str),
}

impl Journal {
    /// Tells everything that the platform received until the demo company's today.
    pub(super) fn of(rng: &mut ChaCha8Rng, lives: &[Life]) -> Journal {
        let mut writer = Writer { rng, lines: Vec::new() };
        for (who, life) in lives.iter().enumerate() {
            writer.who(who as u32, life);
        }
        let readers = lives.len() * READERS_PERCENT / 100;
        for reader in lives.len()..lives.len() + readers {
            for _ in 0..4 {
                let at = START + writer.rng.random_range(0..END - START);
                writer.mail(reader as u32, "newsletter", at);
            }
        }
        let mut lines = writer.lines;
        lines.retain(|line| line.received_at < END);
        lines.sort_by_key(|line| line.received_at);
        Journal { lines }
    }

    /// Returns the number of lines, repeated ones included.
    pub(super) fn lines(&self) -> usize {
        self.lines.len()
    }

    /// Writes the months' files, and returns how many broken lines it wrote besides [`Journal::lines`].
    pub(super) fn write(&self, folder: &Path, rng: &mut ChaCha8Rng, people: &[Person]) -> Result<usize> {
        let mut month = String::new();
        let mut file: Option<BufWriter<File>> = None;
        let mut broken = 0;
        for (position, line) in self.lines.iter().enumerate() {
            let line_month = calendar::year_month(line.received_at);
            let path = folder.join(format!("{line_month}.jsonl"));
            let writing = || format!("cannot write `{}`", path.display());
            if line_month != month {
                if let Some(mut done) = file.take() {
                    done.flush().with_context(writing)?;
                }
                file = Some(BufWriter::with_capacity(1 << 18, File::create(&path).with_context(writing)?));
                month = line_month;
            }
            let Some(file) = &mut file else { continue };
            let json = line.json(rng, people);
            writeln!(file, "{json}").with_context(writing)?;
            if position % BROKEN_EVERY == BROKEN_EVERY / 2 {
                writeln!(file, "{}", break_line(&json, broken, line.id)).with_context(writing)?;
                broken += 1;
            }
        }
        if let Some(mut done) = file {
            done.flush().context("cannot finish the last month's file")?;
        }
        Ok(broken)
    }
}

struct Writer<'a> {
    rng: &'a mut ChaCha8Rng,
    lines: Vec<Line>,
}

impl Writer<'_> {
    fn who(&mut self, who: u32, life: &Life) {
        let profile = &life.profile;
        let created_at = profile.created_at;
        if utm_medium(profile.channel).is_some() {
            let before = self.rng.random_range(60..2 * HOUR);
            self.line(who, What::AdClick, created_at - before);
        }
        self.line(who, What::Form, created_at);
        for (at, pricing) in &life.visits {
            let page = if *pricing { "/pricing" } else { self.page() };
            self.line(who, What::Visit(page), *at);
        }
        self.mail(who, "welcome", created_at + HOUR);
        self.mail(who, "guide", created_at + 3 * DAY);
        let until = life.closed_at().min(created_at + 36 * DAY);
        let mut at = created_at + 8 * DAY;
        while at < until {
            self.mail(who, "newsletter", at);
            if self.rng.random_bool(0.3) {
                let after = self.rng.random_range(0..7 * DAY);
                let page = self.page();
                self.line(who, What::Visit(page), at + after);
            }
            at += 7 * DAY;
        }
    }

    fn page(&mut self) -> &'static str {
        pick(self.rng, &[("/places", 0.4), ("/how-it-works", 0.25), ("/stories", 0.2), ("/blog", 0.15)])
    }

    fn mail(&mut self, who: u32, campaign: &'static str, at: Moment) {
        self.line(who, What::Sent(campaign), at);
        if self.rng.random_bool(0.42) {
            let opened_at = at + self.rng.random_range(60..30 * HOUR);
            self.line(who, What::Opened(campaign), opened_at);
            if self.rng.random_bool(0.18) {
                self.line(who, What::Clicked(campaign), opened_at + 40);
            }
        }
    }

    fn line(&mut self, who: u32, what: What, at: Moment) {
        let late = self.rng.random_bool(LATE_SHARE);
        let delay = if late { self.rng.random_range(12 * HOUR..5 * DAY) } else { self.rng.random_range(0..120) };
        let id = self.lines.len() as u32;
        self.lines.push(Line { id, who, what, at, received_at: at + delay });
        if self.rng.random_bool(TWICE_SHARE) {
            let again_at = at + delay + self.rng.random_range(1..DAY);
            self.lines.push(Line { id, who, what, at, received_at: again_at });
        }
    }
}

impl Line {
    fn json(&self, rng: &mut ChaCha8Rng, people: &[Person]) -> String {
        let (kind, detail) = match self.what {
            What::AdClick => ("ad_click", String::new()),
            What::Form => ("form_submitted", ",\"page\":\"/apply\"".to_owned()),
            What::Visit(page) => ("page_visit", format!(",\"page\":\"{page}\"")),
            What::Sent(campaign) => ("email_sent", format!(",\"campaign\":\"{campaign}\"")),
            What::Opened(campaign) => ("email_opened", format!(",\"campaign\":\"{campaign}\"")),
            What::Clicked(campaign) => ("email_clicked", format!(",\"campaign\":\"{campaign}\"")),
        };
        let person = people.get(self.who as usize);
        let email = match person {
            Some(person) => spelling::email(rng, person).replace('"', "\\\""),
            None => format!("reader{}@{}", self.who, FREE_MAIL[0]),
        };
        let utm = match (person, self.what) {
            (Some(person), What::AdClick | What::Form) => utm(person.profile.channel, person.profile.country),
            _ => String::new(),
        };
        // The platform writes the clock of the reader, and its own receipts in UTC.
        let at = calendar::local(self.at, person.map_or(0, |person| person.offset_minutes));
        let received_at = calendar::utc(self.received_at);
        let id = self.id;
        format!(
            "{{\"id\":\"m{id}\",\"type\":\"{kind}\",\"email\":\"{email}\",\"occurred_at\":\"{at}\",\
             \"received_at\":\"{received_at}\"{detail}{utm}}}"
        )
    }
}

/// Returns the medium of a channel that tags its links.
fn utm_medium(channel: &str) -> Option<&'static str> {
    match channel {
        "google_ads" => Some("cpc"),
        "facebook_ads" | "tiktok_ads" => Some("paid_social"),
        "display" => Some("banner"),
        "newsletter" => Some("email"),
        _ => None,
    }
}

fn utm(channel: &str, country: &str) -> String {
    let Some(medium) = utm_medium(channel) else { return String::new() };
    let source = channel.trim_end_matches("_ads");
    let campaign = format!("places_{}", country.to_lowercase());
    format!(",\"utm\":{{\"source\":\"{source}\",\"medium\":\"{medium}\",\"campaign\":\"{campaign}\"}}")
}

/// A line as it looks when a writer was cut off, a clock was unset, or a form let anything through.
fn break_line(json: &str, number: usize, id: u32) -> String {
    match number % 3 {
        0 => json[..json.len() / 2].to_owned(),
        1 => format!(
            "{{\"id\":\"m{id}x\",\"type\":\"page_visit\",\"email\":\"reader{id}@{}\",\"occurred_at\":\"yesterday\",\
             \"received_at\":\"2026-13-45T99:00:00Z\",\"page\":\"/blog\"}}",
            FREE_MAIL[0]
        ),
        _ => format!("[\"m{id}x\",\"page_visit\"]"),
    }
}
