//! The platform's files: a JSON object a line, a file a month, by when the platform received it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use rand_chacha::ChaCha8Rng;

use super::channels::utm;
use super::recording::{Action, Line, Recording};
use crate::calendar;
use crate::people::{FREE_MAIL, Person};
use crate::spelling;

/// One line in so many is followed by an unreadable one.
const UNREADABLE_EVERY: usize = 15_000;

impl Recording {
    /// Writes the months' files, and returns how many unreadable lines it wrote besides [`Recording::lines`].
    pub(crate) fn write(&self, folder: &Path, rng: &mut ChaCha8Rng, people: &[Person]) -> Result<usize> {
        let mut month = String::new();
        let mut file: Option<BufWriter<File>> = None;
        let mut unreadable = 0;
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
            if position % UNREADABLE_EVERY == UNREADABLE_EVERY / 2 {
                writeln!(file, "{}", unreadable_line(&json, unreadable, line.id)).with_context(writing)?;
                unreadable += 1;
            }
        }
        if let Some(mut done) = file {
            done.flush().context("cannot finish the last month's file")?;
        }
        Ok(unreadable)
    }
}

impl Line {
    fn json(&self, rng: &mut ChaCha8Rng, people: &[Person]) -> String {
        let (kind, detail) = match self.action {
            Action::AdClick => ("ad_click", String::new()),
            Action::Form => ("form_submitted", ",\"page\":\"/apply\"".to_owned()),
            Action::Visit(page) => ("page_visit", format!(",\"page\":\"{page}\"")),
            Action::Sent(campaign) => ("email_sent", format!(",\"campaign\":\"{campaign}\"")),
            Action::Opened(campaign) => ("email_opened", format!(",\"campaign\":\"{campaign}\"")),
            Action::Clicked(campaign) => ("email_clicked", format!(",\"campaign\":\"{campaign}\"")),
        };
        let person = people.get(self.person as usize);
        let email = match person {
            Some(person) => spelling::email(rng, person).replace('"', "\\\""),
            None => format!("reader{}@{}", self.person, FREE_MAIL[0]),
        };
        let utm = match (person, self.action) {
            (Some(person), Action::AdClick | Action::Form) => utm(person.profile.channel, person.profile.country),
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

/// A line as it looks when a writer was cut off, a clock was unset, or a form let anything through.
fn unreadable_line(json: &str, number: usize, id: u32) -> String {
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
