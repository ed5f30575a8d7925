//! A company whose leads are won when they were touched: scores depend on events.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;

use super::folder::write;
use super::program::{run, success};

const CONFIG: &str = "as_of = \"2026-06-01T00:00:00Z\"\npublic_url = \"https://leads.example.com/\"\n\n\
                      [source.sheet]\nkind = \"csv\"\nurl = \"sheet.csv\"\n\n[source.log]\nkind = \"csv\"\nurl = \"log.csv\"\n\n\
                      [target.won]\nhorizon = \"30d\"\n\n[score]\nat = [\"48h\"]\n";
const LEADS: &str = "SELECT 'sheet:' || id AS lead_key, created AS created_at, created AS known_at,\n  \
                     CAST(employees AS DOUBLE) AS employees, name FROM sheet.records\n";
const OUTCOMES: &str = "SELECT 'sheet:' || id AS lead_key, 'won' AS target, won = '1' AS positive, closed AS at, closed AS known_at\n\
                        FROM sheet.records\n";
const EVENTS: &str = "SELECT 'sheet:' || id AS lead_key, kind, at, at AS known_at, CAST(minutes AS DOUBLE) AS minutes FROM log.records\n";
const FEATURES: &str = "SELECT\n  l.employees AS employees,\n  count(e.at) FILTER (WHERE e.kind = 'touch') AS touches,\n  \
                        sum(e.minutes) AS minutes,\n  date_diff_days(as_of, max(e.at)) AS days_since\n";

/// How many leads there are.
pub(crate) const LEADS_COUNT: usize = 500;

/// A project folder of the company, ingested and trained.
pub(crate) struct Touched {
    folder: TempDir,
}

impl Touched {
    /// Makes the project with more lines in its configuration.
    pub(crate) fn with(config: &str) -> Touched {
        let folder = TempDir::new().expect("a temporary folder");
        let (sheet, log) = tables();
        let files = [
            ("plumb.toml", format!("{CONFIG}{config}")),
            ("sources/lead.sql", LEADS.to_owned()),
            ("sources/outcome.sql", OUTCOMES.to_owned()),
            ("sources/event.sql", EVENTS.to_owned()),
            ("features/lead.sql", FEATURES.to_owned()),
            ("features/lead.toml", "[employees]\nlabel = \"Size\"\n".to_owned()),
            ("sheet.csv", sheet),
            ("log.csv", log),
        ];
        files.iter().for_each(|(name, content)| write(folder.path(), name, content));
        let touched = Touched { folder };
        touched.plumb(&["ingest"]);
        touched
    }

    /// Trains a first champion.
    pub(crate) fn trained(self) -> Touched {
        self.plumb(&["train"]);
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Runs `plumb` in the project folder, and returns what it printed; it has to succeed.
    #[track_caller]
    pub(crate) fn plumb(&self, arguments: &[&str]) -> String {
        success(run(self.path(), arguments))
    }
}

/// Returns the leads, one every six hours until June 2026, and what happened to them.
fn tables() -> (String, String) {
    let end: DateTime<Utc> = "2026-05-31T00:00:00Z".parse().expect("a time");
    let (mut sheet, mut log) = ("id,created,employees,name,won,closed\n".to_owned(), "id,kind,at,minutes\n".to_owned());
    for lead in 0..LEADS_COUNT {
        let created = end - TimeDelta::hours(6 * (LEADS_COUNT - lead) as i64);
        let touches = lead * 7 % 4;
        let is_won = (touches >= 2) != (lead % 9 == 0);
        let closed = created + TimeDelta::days(10);
        // Writing to a string cannot fail.
        let _ = writeln!(
            sheet,
            "{lead},{},{},Lead {lead},{},{}",
            created.to_rfc3339(),
            1 + lead * 37 % 100,
            u8::from(is_won),
            closed.to_rfc3339()
        );
        for touch in 0..touches {
            let at = created + TimeDelta::hours(3 + 5 * touch as i64);
            let _ = writeln!(log, "{lead},touch,{},{}.5", at.to_rfc3339(), 1 + (lead + touch) % 7);
        }
    }
    (sheet, log)
}
