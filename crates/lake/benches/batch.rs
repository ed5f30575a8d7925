//! How long the demo's features of many leads take, at one moment and at three, and how much memory.
//!
//! `cargo bench -p plumb-lake --bench batch -- 200000` asks for so many leads, each with 25 events.

#[path = "../tests/lake/company.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod company;
#[path = "../tests/lake/demo.rs"]
mod demo;

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use plumb_lake::Lake;
use plumb_lead::Observation;

use crate::company::day;

const EVENTS_PER_LEAD: usize = 25;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--data") {
        return measure(Path::new(&arguments[at + 1]), arguments[at + 2].parse().expect("a number of leads")).await;
    }
    let leads = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(20_000);
    let company = demo::company([&lead_rows(leads), &event_rows(leads), ""]);
    company.ingest().await;
    println!("{leads} leads, {} events", leads * EVENTS_PER_LEAD);
    // A process of its own, so that its memory is that of the features.
    let program = std::env::current_exe().expect("a process has a program");
    let status = Command::new(program).arg("--data").arg(company.data()).arg(leads.to_string()).status();
    assert!(status.expect("the program is there").success());
}

async fn measure(data: &Path, leads: usize) {
    let lake = Lake::open(data).await.expect("it was ingested");
    println!("{:>8} {:>9} {:>9} {:>9}", "moments", "rows", "wall s", "peak MB");
    for moments in [1, 3] {
        let observations: Vec<Observation> = (0..moments)
            .flat_map(|moment| {
                (0..leads).map(move |lead| Observation { lead_id: format!("lead:{lead}"), as_of: day(20 - moment) })
            })
            .collect();
        let started = Instant::now();
        let table = lake.features(&demo::features(), &observations).await.expect("the demo's features are sound");
        let seconds = started.elapsed().as_secs_f64();
        println!("{moments:>8} {:>9} {seconds:>9.2} {:>9}", table.rows(), peak_megabytes());
    }
}

fn lead_rows(leads: usize) -> String {
    let mut rows = String::new();
    for lead in 0..leads {
        let channel = ["google_ads", "referral", "display"][lead % 3];
        let row = format!(
            r#"{{"id":"{lead}","created_at":"2026-01-01","channel":"{channel}","industry":"fintech","employees":"{}"}}"#,
            lead % 500
        );
        writeln!(rows, "{row}").expect("memory takes it");
    }
    rows
}

fn event_rows(leads: usize) -> String {
    let kinds = ["touch", "reply", "interaction", "email_opened", "email_clicked", "ad_click"];
    let mut rows = String::new();
    for event in 0..leads * EVENTS_PER_LEAD {
        let (lead, kind) = (event % leads, kinds[event % kinds.len()]);
        let (at, minutes) = (1 + event % 18, event % 90);
        writeln!(
            rows,
            r#"{{"key":"lead:{lead}","kind":"{kind}","at":"2026-01-{at:02}T{:02}:{:02}:{:02}Z","minutes":"{minutes}"}}"#,
            event % 24,
            event % 60,
            event / leads,
        )
        .expect("memory takes it");
    }
    rows
}

/// Returns the most memory that the process has held.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells of a process");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("it tells the peak");
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1024
}
