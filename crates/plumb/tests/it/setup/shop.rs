//! A shop whose leads are one sheet, with a fee that is filled in once a lead is won.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::folder::write;
use super::program::{failure, run, success};

/// The project of the shop.
const CONFIG: &str = "as_of = \"2026-06-01T00:00:00Z\"\n\n[source.sheet]\nkind = \"csv\"\nurl = \"sheet.csv\"\n\n\
                      [target.won]\nhorizon = \"30d\"\n";
const LEADS: &str = "SELECT id AS lead_key, created AS created_at, created AS known_at,\n  \
                     CAST(employees AS DOUBLE) AS employees, channel, TRY_CAST(fee AS DOUBLE) AS fee\nFROM sheet.records\n";
const OUTCOMES: &str = "SELECT id AS lead_key, 'won' AS target, won = '1' AS positive, closed AS at, closed AS known_at\n\
                        FROM sheet.records\n";
const NO_EVENTS: &str = "SELECT '' AS lead_key, '' AS kind, '' AS at, '' AS known_at WHERE false\n";

/// The features of the shop.
pub(crate) const FEATURES: &str = "SELECT\n  l.employees AS employees,\n  l.channel AS channel,\n  l.fee AS fee\n";

/// A project folder of the shop.
pub(crate) struct Shop {
    folder: TempDir,
}

impl Shop {
    /// Makes the project of a shop with so many leads, one every twelve hours until June 2026. `won` says by the lead's
    /// number and its share of luck, from 0 to 1, whether it is won.
    pub(crate) fn of(leads: usize, won: fn(usize, f64) -> bool) -> Shop {
        let shop = Shop::empty();
        shop.write("plumb.toml", CONFIG);
        shop.write("sources/lead.sql", LEADS);
        shop.write("sources/outcome.sql", OUTCOMES);
        shop.write("sources/event.sql", NO_EVENTS);
        shop.write("features/lead.sql", FEATURES);
        shop.write("features/lead.toml", "[employees]\nlabel = \"Size\"\n");
        shop.write("sheet.csv", &sheet(leads, won));
        shop
    }

    /// Makes a folder without a project, to copy one into.
    pub(crate) fn empty() -> Shop {
        Shop { folder: TempDir::new().expect("a temporary folder") }
    }

    /// Makes the project of a shop that wins more of the large leads, and whose data is ingested.
    pub(crate) fn ingested(leads: usize) -> Shop {
        let shop = Shop::of(leads, |lead, luck| luck < if employees(lead) > 50 { 0.6 } else { 0.15 });
        shop.plumb(&["ingest"]);
        shop
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, file: &str, content: &str) {
        write(self.path(), file, content);
    }

    /// Runs `plumb` in the project folder, and returns what it printed; it has to succeed.
    #[track_caller]
    pub(crate) fn plumb(&self, arguments: &[&str]) -> String {
        success(run(self.path(), arguments))
    }

    /// Runs `plumb` in the project folder, and returns its error; it has to fail.
    #[track_caller]
    pub(crate) fn plumb_fails(&self, arguments: &[&str]) -> String {
        failure(run(self.path(), arguments))
    }

    /// Runs `plumb` in the project folder, and returns the JSON that it printed.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.plumb(&[arguments, &["--json"]].concat())).expect("JSON")
    }
}

/// Returns the size of a lead, from 1 to 100.
fn employees(lead: usize) -> usize {
    1 + (lead * 37) % 100
}

/// Returns a sheet of leads: what is filled in of each, and what became of it after ten days.
fn sheet(leads: usize, won: fn(usize, f64) -> bool) -> String {
    let mut text = "id,created,employees,channel,fee,won,closed\n".to_owned();
    let end = chrono::DateTime::parse_from_rfc3339("2026-05-31T00:00:00Z").expect("a time");
    let mut state: u64 = 1;
    for lead in 0..leads {
        let created = end - chrono::TimeDelta::hours(12 * (leads - lead) as i64);
        let closed = created + chrono::TimeDelta::days(10);
        // A linear congruential generator: Knuth's MMIX.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let luck = (state >> 33) as f64 / (1u64 << 31) as f64;
        let is_won = won(lead, luck);
        // A column without any value would be none.
        let fee = if is_won || lead == 0 { (500 + lead % 7).to_string() } else { String::new() };
        let channel = ["mail", "fair", "web"][(state >> 40) as usize % 3];
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{lead},{},{},{channel},{fee},{},{}",
            created.to_rfc3339(),
            employees(lead),
            u8::from(is_won),
            closed.to_rfc3339()
        );
    }
    text
}
