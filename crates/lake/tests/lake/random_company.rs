//! A company with random leads, events and outcomes, with the columns of the demo's.

use proptest::prelude::*;

use crate::company::{Company, day};
use crate::demo_project;

pub(crate) const LEADS: usize = 40;

/// The days of the observations.
pub(crate) const AS_OF_DAYS: [i64; 3] = [3, 9, 30];

pub(crate) fn company(leads: &[Vec<String>], events: &[String], outcomes: &[(usize, i64, bool)]) -> Company {
    let leads: Vec<String> = leads
        .iter()
        .enumerate()
        .flat_map(|(lead, versions)| {
            let first = format!("{{\"id\":\"{lead}\",\"known_at\":\"{}\"", day(0).to_rfc3339());
            let later = versions.iter().map(move |version| format!("{{\"id\":\"{lead}\",{version}"));
            std::iter::once(first)
                .chain(later)
                .map(move |row| format!("{row},\"created_at\":\"{}\"}}", day(0).to_rfc3339()))
        })
        .collect();
    let outcomes: Vec<String> = outcomes
        .iter()
        .map(|(lead, at, approved)| {
            let target = if *approved { "approved" } else { "converted" };
            let at = day(*at).to_rfc3339();
            format!("{{\"key\":\"lead:{lead}\",\"target\":\"{target}\",\"positive\":\"yes\",\"at\":\"{at}\"}}")
        })
        .collect();
    let rows = [leads.join("\n"), events.join("\n"), outcomes.join("\n")];
    demo_project::company([&rows[0], &rows[1], &rows[2]])
}

/// Returns the later versions of a lead.
pub(crate) fn lead() -> impl Strategy<Value = Vec<String>> {
    let version = (0..20_i64, prop::option::of(0..3_usize), prop::option::of(-3..3_000_i64), any::<u16>()).prop_map(
        |(known, word, number, choice)| {
            let mut fields = vec![format!("\"known_at\":\"{}\"", day(known).to_rfc3339())];
            if let Some(word) = word {
                fields.push(format!("\"channel\":\"{}\"", ["google_ads", "referral", "display"][word]));
                fields.push(format!("\"industry\":\"{}\"", ["fintech", "retail", "health"][word]));
                fields.push(format!("\"email\":\"{}\"", ["a@freemail.example", "b@x.org", "c@webmail.example"][word]));
            }
            if let Some(number) = number {
                fields.push(format!("\"employees\":\"{number}\",\"budget\":\"{}\"", number as f64 * 0.1));
                fields.push(format!("\"experience_years\":\"{}\"", number % 40));
            }
            if choice % 3 == 0 {
                fields.push(format!("\"first_outreach_at\":\"{}\"", day(i64::from(choice % 11)).to_rfc3339()));
                fields.push("\"work_permit\":\"yes\",\"phone\":\"1\",\"role\":\"engineer\"".into());
            }
            fields.join(",")
        },
    );
    prop::collection::vec(version, 0..4)
}

/// Events mostly fall on a few timestamps, so that many tie.
pub(crate) fn event(minutes: &[f64]) -> impl Strategy<Value = String> + use<> {
    let kind = prop::sample::select(vec!["touch", "reply", "interaction", "email_opened", "ad_click"]);
    let detail = prop::option::of(prop::sample::select(vec!["/pricing", "call", "meeting", ""]));
    let minutes = prop::option::of(prop::sample::select(minutes.to_vec()));
    let late = prop::sample::select(vec![0, 0, 0, 1, 24, 200]);
    (0..LEADS - 5, 0..12_i64 * 24, late, kind, detail, minutes, prop::option::of(0..5_i64)).prop_map(
        |(lead, hours, late, kind, detail, minutes, pages)| {
            let hours = if hours % 2 == 0 { hours / 48 * 48 } else { hours };
            let at = day(0) + chrono::TimeDelta::hours(hours);
            let known_at = at + chrono::TimeDelta::hours(late);
            let mut row = format!(
                "{{\"key\":\"lead:{lead}\",\"kind\":\"{kind}\",\"at\":\"{}\",\"known_at\":\"{}\"",
                at.to_rfc3339(),
                known_at.to_rfc3339()
            );
            if let Some(detail) = detail {
                row += &format!(",\"detail\":\"{detail}\"");
            }
            if let Some(minutes) = minutes {
                row += &format!(",\"minutes\":\"{minutes}\"");
            }
            if let Some(pages) = pages {
                row += &format!(",\"pages\":\"{pages}\"");
            }
            row + "}"
        },
    )
}
