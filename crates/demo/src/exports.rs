//! Three exports of a small company, as people have them: a CRM's leads in a German spreadsheet's CSV, its activities, its
//! deals. The same files each time.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// Leads in the exports.
const LEADS: u64 = 1_500;

/// The first lead, in seconds since 1970: 2025-01-06 08:00 in UTC.
const FIRST: i64 = 1_736_150_400;

/// The last day: 600 days after the first lead.
const LAST: i64 = FIRST + 600 * 86_400;

const SOURCES: [(&str, f64); 4] = [("ads", -0.9), ("referral", 1.1), ("event", 0.2), ("partner", 0.5)];
const INDUSTRIES: [(&str, f64); 4] = [("Fintech", 0.8), ("Retail", -0.7), ("Logistics", 0.0), ("Health", 0.3)];
const REASONS: [&str; 3] = ["price", "competitor", "no answer"];

/// Writes `leads.csv`, `activities.csv` and `deals.csv` into a folder, which is made if need be.
pub fn write_exports(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut chance = Chance(7);
    let mut leads = "Lead No;Created;Email;Source;Industry;Employees;Budget;Lost reason\n".to_owned();
    let mut activities = "Activity No,Lead No,Type,Date,Logged on\n".to_owned();
    let mut deals = "Deal No,Lead No,Result,Decided on\n".to_owned();
    let (mut activity, mut deal) = (0, 0);
    for number in 1..=LEADS {
        let created = FIRST + (LAST - FIRST) * number as i64 / LEADS as i64;
        let (source, of_source) = SOURCES[chance.below(4)];
        let (industry, of_industry) = INDUSTRIES[chance.below(4)];
        let employees = (1.0 + 6.0 * chance.share()).exp() as u64;
        let budget = 500 * (1 + chance.below(80) as u64);
        let visits = (8.0 * chance.share() * chance.share()) as i64;
        let replied = chance.share() < 0.35;
        let log_odds = -2.6 + of_source + of_industry + 0.25 * visits as f64 + if replied { 1.7 } else { 0.0 };
        let won = chance.share() < 1.0 / (1.0 + (-log_odds).exp());
        let decided = created + 86_400 * (8 + chance.below(50) as i64);
        let mut add = |kind: &str, at: i64, logged: i64| {
            if at < LAST {
                activity += 1;
                write_line(
                    &mut activities,
                    &format!("{activity},L-{number:04},{kind},{},{}", iso(at), iso(logged.min(LAST))),
                );
            }
        };
        (0..visits)
            .for_each(|visit| add("visit", created + 3_600 * (6 + 20 * visit), created + 3_600 * (6 + 20 * visit)));
        add("email sent", created + 3_600 * 4, created + 3_600 * 4);
        if replied {
            // The rep logs the reply the day after.
            add("reply", created + 3_600 * 30, created + 3_600 * 54);
        }
        let is_decided = decided < LAST;
        let reason = if is_decided && !won { REASONS[chance.below(3)] } else { "" };
        let budget = format!("{}.{:03},00 €", budget / 1_000, budget % 1_000).trim_start_matches("0.").to_owned();
        let email = format!("lead{number}@company{}.example", number % 700);
        write_line(
            &mut leads,
            &format!("L-{number:04};{};{email};{source};{industry};{employees};{budget};{reason}", german(created)),
        );
        if is_decided {
            deal += 1;
            write_line(
                &mut deals,
                &format!("{deal},L-{number:04},{},{}", if won { "Won" } else { "Lost" }, iso(decided)),
            );
        }
    }
    // As a German spreadsheet saves it: Windows-1252, in which the euro is one byte.
    let leads: Vec<u8> = leads.chars().map(|letter| if letter == '€' { 0x80 } else { letter as u8 }).collect();
    std::fs::write(folder.join("leads.csv"), leads)?;
    std::fs::write(folder.join("activities.csv"), activities)?;
    std::fs::write(folder.join("deals.csv"), deals)
}

fn write_line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

fn iso(seconds: i64) -> String {
    time(seconds, "%Y-%m-%dT%H:%M:%SZ")
}

fn german(seconds: i64) -> String {
    time(seconds, "%d.%m.%Y %H:%M")
}

fn time(seconds: i64, form: &str) -> String {
    chrono::DateTime::from_timestamp(seconds, 0).map(|time| time.format(form).to_string()).unwrap_or_default()
}

/// Numbers that look random: Knuth's linear congruential generator of 64 bits, by its upper bits.
struct Chance(u64);

impl Chance {
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.share() * limit as f64) as usize
    }
}
