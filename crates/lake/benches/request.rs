//! How long the features of one lead take at request time, on one core: the demo's, with few and with many events.
//!
//! `cargo bench -p plumb-lake` prints the median and the 99th percentile of single requests.

#[path = "../tests/lake/company.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod company;
#[path = "../tests/lake/demo_project.rs"]
mod demo_project;

use std::hint::black_box;
use std::time::Instant;

use chrono::TimeDelta;
use plumb_lake::FeatureProgram;
use plumb_lead::{Event, FieldValue, Lead};

use crate::company::day;

const REQUESTS: usize = 20_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let outcomes = r#"{"key":"lead:0","target":"converted","positive":"yes","at":"2026-01-02"}"#;
    let company = demo_project::company([&leads(), "", outcomes]);
    let lake = company.lake().await;
    let started = Instant::now();
    let program = lake.prepare(&demo_project::features()).await.expect("the demo's features are sound");
    println!("compiled in {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    println!("{:>7} {:>11} {:>11}", "events", "median µs", "p99 µs");
    for count in [0, 50, 1_000] {
        let (median, p99) = measure(&program, &lead(), &events(count));
        println!("{count:>7} {median:>11.1} {p99:>11.1}");
    }
}

fn measure(program: &FeatureProgram, lead: &Lead, events: &[Event]) -> (f64, f64) {
    let mut micros: Vec<f64> = (0..REQUESTS + REQUESTS / 10)
        .map(|_| {
            let started = Instant::now();
            black_box(program.features_of(black_box(lead), black_box(events), day(40)).expect("the lead fits"));
            started.elapsed().as_secs_f64() * 1e6
        })
        // The first ones warm the caches.
        .skip(REQUESTS / 10)
        .collect();
    micros.sort_by(f64::total_cmp);
    (micros[REQUESTS / 2], micros[REQUESTS * 99 / 100])
}

fn leads() -> String {
    let row = |lead: usize| {
        let channel = ["google_ads", "referral", "display"][lead % 3];
        format!(
            r#"{{"id":"{lead}","created_at":"2026-01-01","channel":"{channel}","industry":"fintech","role":"ops"}}"#
        )
    };
    (0..50).map(row).collect::<Vec<_>>().join("\n")
}

fn lead() -> Lead {
    let text = |text: &str| FieldValue::Text(text.into());
    let fields = [
        ("channel", text("google_ads")),
        ("industry", text("fintech")),
        ("country", text("DE")),
        ("role", text("ops")),
        ("owner", text("kim")),
        ("employees", FieldValue::Number(120.0)),
        ("budget", FieldValue::Number(25_000.0)),
        ("experience_years", FieldValue::Number(7.0)),
        ("work_permit", FieldValue::Flag(true)),
        ("phone", text("+49 30 1234567")),
        ("email", text("ada@freemail.example")),
        ("first_outreach_at", text("2026-01-02T09:30:00Z")),
    ];
    Lead {
        lead_id: "new".into(),
        created_at: day(0),
        fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}

fn events(count: usize) -> Vec<Event> {
    let kinds = ["touch", "reply", "interaction", "email_opened", "email_clicked", "ad_click"];
    let details = ["/pricing", "/", "call", "meeting", "newsletter"];
    (0..count)
        .map(|event| {
            let at = day(0) + TimeDelta::minutes(40 * event as i64);
            let mut attributes: Vec<(String, FieldValue)> =
                vec![("detail".into(), FieldValue::Text(details[event % details.len()].into()))];
            if event % 3 == 0 {
                attributes.push(("minutes".into(), FieldValue::Number(event as f64 * 0.1)));
            }
            Event {
                kind: kinds[event % kinds.len()].into(),
                at,
                known_at: at + TimeDelta::minutes(10),
                posted_id: None,
                attributes: attributes.into_iter().collect(),
            }
        })
        .collect()
}
