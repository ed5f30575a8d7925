//! A company of plain files in a temporary folder: rows of leads, events and outcomes, one source each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use plumb_lake::{
    DataLock, Deriving, FeatureSql, GROUND_AREA, IfLocked, IngestReport, Lake, Source, SourceKind, SqlFile, SqlLimits,
    ingest,
};
use tempfile::TempDir;

pub(crate) struct Company {
    pub(crate) folder: TempDir,
    pub(crate) files: Vec<SqlFile>,
    lead_columns: &'static str,
    event_columns: &'static str,
    /// Whether rows of leads with one `id` are versions of one.
    pub(crate) leads_are_keyed: bool,
    /// Limits of each SQL file.
    pub(crate) limits: SqlLimits,
}

const LEAD_COLUMNS: &str = "id,email,created_at,known_at,industry,budget,test";
const EVENT_COLUMNS: &str = "key,event_id,kind,at,known_at,value";

impl Company {
    /// Rows are JSON Lines; a field that a relation does not need may be left out.
    pub(crate) fn new(leads: &str, events: &str, outcomes: &str) -> Company {
        Company::with_sources(sources(), LEAD_COLUMNS, EVENT_COLUMNS, [leads, events, outcomes])
    }

    /// Makes a company whose rows and SQL have other columns.
    pub(crate) fn with_sources(
        files: Vec<SqlFile>,
        lead_columns: &'static str,
        event_columns: &'static str,
        rows: [&str; 3],
    ) -> Company {
        let folder = TempDir::new().expect("a temporary folder");
        let company = Company {
            folder,
            files,
            lead_columns,
            event_columns,
            leads_are_keyed: false,
            limits: SqlLimits::default(),
        };
        for (name, rows) in ["leads", "events", "outcomes"].into_iter().zip(rows) {
            company.write(name, rows);
        }
        company
    }

    pub(crate) fn write(&self, name: &str, rows: &str) {
        // A first line with every column: the SQL may name them though no row has them.
        let columns = match name {
            "leads" => self.lead_columns,
            "events" => self.event_columns,
            _ => "key,target,positive,at,known_at",
        };
        let head: Vec<String> = columns.split(',').map(|column| format!("\"{column}\":\"\"")).collect();
        let text = format!("{{{},\"_skip\":\"1\"}}\n{rows}\n", head.join(","));
        std::fs::write(self.folder.path().join(format!("{name}.jsonl")), text).expect("the folder can be written");
    }

    /// Sets the SQL of the leads.
    pub(crate) fn lead_sql(&mut self, sql: &str) {
        let file = self.files.iter_mut().find(|file| file.name == "sources/lead.sql").expect("leads have a file");
        file.sql = sql.into();
    }

    /// Sets the SQL of the identities.
    pub(crate) fn identity(&mut self, sql: &str) {
        self.files.retain(|file| file.name != "sources/identity.sql");
        self.files.push(SqlFile { name: "sources/identity.sql".into(), sql: sql.into() });
    }

    /// Ingests with another SQL for the events, and returns the error.
    pub(crate) async fn error_of_events(&mut self, sql: &str) -> String {
        let file = self.files.iter_mut().find(|file| file.name == "sources/event.sql").expect("events have a file");
        file.sql = sql.into();
        self.try_ingest().await.expect_err(&sql[..sql.len().min(200)]).to_string()
    }

    pub(crate) async fn ingest(&self) -> IngestReport {
        self.try_ingest().await.expect("the company is sound")
    }

    pub(crate) async fn try_ingest(&self) -> Result<IngestReport, plumb_lake::Error> {
        self.ingest_into(&self.data(), Deriving::here(&self.limits)).await
    }

    /// Ingests into a data folder of its own.
    pub(crate) async fn ingest_into(
        &self,
        data: &Path,
        deriving: Deriving<'_>,
    ) -> Result<IngestReport, plumb_lake::Error> {
        let source = |name: &str| {
            let mut source = Source::new(SourceKind::Jsonl, format!("{name}.jsonl"));
            // Tests of rejected rows are of files with few others.
            source.allow_lost = 100.0;
            if name == "leads" && self.leads_are_keyed {
                source.key = BTreeMap::from([("records".to_owned(), vec!["id".to_owned()])]);
            }
            source
        };
        let sources = ["leads", "events", "outcomes"].map(|name| (name.to_owned(), source(name))).into();
        ingest(&sources, &self.files, self.folder.path(), &lock(data), deriving, &|_| ()).await
    }

    pub(crate) async fn lake(&self) -> Lake {
        self.ingest().await;
        Lake::open(&self.data()).await.expect("it was ingested")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

/// Returns the files of a relation of a version, in the order of leads.
pub(crate) fn files_of(data: &Path, version: u32, relation: &str) -> Vec<PathBuf> {
    let report = std::fs::read(data.join(format!("ground/{version:06}/report.json"))).expect("it is there");
    let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
    let files = report["relations"][relation].as_array().expect("a list");
    let name = |file: &serde_json::Value| format!("ground/files/{}.parquet", file["sha256"].as_str().expect("text"));
    files.iter().map(|file| data.join(name(file))).collect()
}

/// Locks a data folder for an ingestion.
pub(crate) fn lock(data: &Path) -> DataLock {
    DataLock::acquire(data, GROUND_AREA, IfLocked::Refuse, &|_| ()).expect("no other ingestion runs")
}

pub(crate) fn features(sql: &str) -> FeatureSql {
    FeatureSql {
        files: vec![SqlFile { name: "features/lead.sql".into(), sql: sql.into() }],
        horizons: BTreeMap::from([("converted".to_owned(), 10 * 86_400)]),
    }
}

pub(crate) fn day(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + day * 86_400, 0).expect("within range")
}

fn sources() -> Vec<SqlFile> {
    [
        (
            "sources/lead.sql",
            "SELECT 'lead:' || id AS lead_key, created_at, known_at, test = 'yes' AS is_test, industry,
                CAST(budget AS DOUBLE) AS budget, _origin
             FROM leads.records WHERE _skip IS NULL",
        ),
        (
            "sources/identity.sql",
            "SELECT 'lead:' || id AS key_a, 'email:' || normalise_email(email) AS key_b, _origin
             FROM leads.records WHERE _skip IS NULL",
        ),
        (
            "sources/event.sql",
            "SELECT key AS lead_key, event_id, kind, at, known_at, CAST(value AS DOUBLE) AS value, _origin
             FROM events.records WHERE _skip IS NULL",
        ),
        (
            "sources/outcome.sql",
            "SELECT key AS lead_key, target, positive = 'yes' AS positive, at, known_at, _origin
             FROM outcomes.records WHERE _skip IS NULL",
        ),
    ]
    .map(|(name, sql)| SqlFile { name: name.into(), sql: sql.into() })
    .into()
}
