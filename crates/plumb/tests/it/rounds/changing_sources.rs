//! A project whose sources go on changing: rows of a database are added, corrected and deleted, a file is written anew, and
//! another one grows.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::setup::folder::write;

const CONFIG: &str = "[source.crm]\nkind = \"sqlite\"\nurl = \"crm.db\"\ncursor = { leads = \"change\" }\n\
                      compare_keys = [\"leads\"]\n\n[source.sheet]\nkind = \"csv\"\nurl = \"sheet.csv\"\n\
                      key = { records = [\"id\"] }\n\n[source.log]\nkind = \"jsonl\"\nurl = \"log.jsonl\"\n";

/// What each file of SQL makes of the newest rows, whatever was there before: all of it is dated by the rows.
const SQL: [(&str, &str); 5] = [
    (
        "lead.crm",
        "SELECT 'crm:' || id AS lead_key, created_at, changed_at AS known_at, CAST(employees AS DOUBLE) AS employees\n\
         FROM crm.leads",
    ),
    (
        "lead.sheet",
        "SELECT 'sheet:' || id AS lead_key, '2026-01-01' AS created_at, '2026-01-01' AS known_at, region FROM sheet.records",
    ),
    (
        "event.crm",
        "SELECT 'crm:' || lead AS lead_key, 'call' AS kind, at, at AS known_at, CAST(id AS VARCHAR) AS event_id,\n  \
         CAST(minutes AS DOUBLE) AS minutes FROM crm.calls",
    ),
    ("event.log", "SELECT 'sheet:' || lead AS lead_key, 'open' AS kind, at, at AS known_at FROM log.records"),
    (
        "outcome",
        "SELECT 'crm:' || id AS lead_key, 'won' AS target, won = 1 AS positive, changed_at AS at, changed_at AS known_at\n\
         FROM crm.leads WHERE won IS NOT NULL",
    ),
];

const TABLES: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
    CREATE TABLE leads (id INTEGER PRIMARY KEY, created_at TEXT, changed_at TEXT, change INTEGER, employees INTEGER, won INTEGER);
    CREATE TABLE calls (id INTEGER PRIMARY KEY, lead INTEGER, at TEXT, minutes INTEGER);";

/// How many leads, calls and rows of the sheet there may be: they come, go and come again.
const LEADS: i64 = 40;
const CALLS: i64 = 120;
const SHEET_ROWS: i64 = 30;

/// The project, with a hand on its sources.
pub(super) struct ChangingSources {
    folder: TempDir,
    crm: SqliteConnection,
    runtime: Runtime,
    random: ChaCha8Rng,
    changes: i64,
    log_lines: i64,
    sheet: BTreeMap<i64, i64>,
}

impl ChangingSources {
    /// Makes the project with some rows in each source.
    pub(super) fn new(seed: u64) -> ChangingSources {
        let folder = TempDir::new().expect("a temporary folder");
        write(folder.path(), "plumb.toml", CONFIG);
        SQL.iter().for_each(|(name, sql)| write(folder.path(), &format!("sources/{name}.sql"), sql));
        let runtime = Runtime::new().expect("a runtime");
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("crm.db").display());
        let crm = runtime.block_on(async {
            let mut crm = SqliteConnection::connect(&url).await.expect("SQLite makes the file");
            crm.execute(TABLES).await.expect("the SQL is right");
            crm
        });
        let (random, sheet) = (ChaCha8Rng::seed_from_u64(seed), BTreeMap::new());
        let mut sources = ChangingSources { folder, crm, runtime, random, changes: 0, log_lines: 0, sheet };
        for _ in 0..20 {
            sources.put_lead();
            sources.put_call();
            sources.put_row();
            sources.add_line();
        }
        sources
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn random(&mut self) -> &mut ChaCha8Rng {
        &mut self.random
    }

    /// Changes something in one of the sources.
    pub(super) fn change(&mut self) {
        match self.random.random_range(0..40) {
            0..12 => self.put_lead(),
            12..16 => self.delete("leads", LEADS),
            16..26 => self.put_call(),
            26..30 => self.delete("calls", CALLS),
            30..39 => self.put_row(),
            _ => self.add_line(),
        }
    }

    /// Adds a lead, or corrects it.
    fn put_lead(&mut self) {
        self.changes += 1;
        let (id, change) = (self.random.random_range(0..LEADS), self.changes);
        let won = ["0", "1", "NULL"][self.random.random_range(0..3)];
        let (created_at, changed_at) = (time(0, id * 3_600), time(60, change));
        let employees = self.random.random_range(1..100);
        self.sql(format!(
            "INSERT OR REPLACE INTO leads VALUES ({id}, '{created_at}', '{changed_at}', {change}, {employees}, {won})"
        ));
    }

    /// Adds a call, or corrects it.
    fn put_call(&mut self) {
        let (id, minutes) = (self.random.random_range(0..CALLS), self.random.random_range(1..60));
        let (lead, at) = (id % LEADS, time(30, id * 60));
        self.sql(format!("INSERT OR REPLACE INTO calls VALUES ({id}, {lead}, '{at}', {minutes})"));
    }

    fn delete(&mut self, table: &str, ids: i64) {
        let id = self.random.random_range(0..ids);
        self.sql(format!("DELETE FROM {table} WHERE id = {id}"));
    }

    /// Adds a row to the sheet, or corrects one, and writes the whole sheet anew.
    fn put_row(&mut self) {
        let (id, region) = (self.random.random_range(0..SHEET_ROWS), self.random.random_range(0..10));
        self.sheet.insert(id, region);
        let rows: String = self.sheet.iter().map(|(id, region)| format!("{id},region {region}\n")).collect();
        write(self.folder.path(), "sheet.new", &format!("id,region\n{rows}"));
        let [new, sheet] = ["sheet.new", "sheet.csv"].map(|name| self.folder.path().join(name));
        fs::rename(new, sheet).expect("the sheet can be replaced");
    }

    /// Adds a line to the log.
    fn add_line(&mut self) {
        self.log_lines += 1;
        let (lead, at) = (self.random.random_range(0..SHEET_ROWS), time(90, self.log_lines));
        let log = fs::File::options().create(true).append(true).open(self.folder.path().join("log.jsonl"));
        let line = format!("{{\"lead\":\"{lead}\",\"at\":\"{at}\"}}\n");
        log.and_then(|mut log| log.write_all(line.as_bytes())).expect("the log can be written");
    }

    fn sql(&mut self, sql: String) {
        let done = self.runtime.block_on(self.crm.execute(sqlx::raw_sql(AssertSqlSafe(sql))));
        done.expect("the SQL is right");
    }
}

/// Returns a time so many days and seconds after the beginning of 2026.
fn time(days: i64, seconds: i64) -> String {
    let start = chrono::DateTime::from_timestamp(1_767_225_600, 0).expect("in range");
    (start + chrono::TimeDelta::days(days) + chrono::TimeDelta::seconds(seconds)).to_rfc3339()
}
