//! Sources that a program reads: its rows, deletes and position become raw rows in one step with all else.

use std::collections::BTreeMap;

use chrono::Utc;
use plumb_lake::{Deriving, IngestReport, Lake, ProgramSource, Source, SourceKind, SqlFile, failed_sources, ingest};
use serde_json::json;

use crate::company::{Company, lock};

/// A tap that prints one file at first, and another one once it is given a state.
const TAP: &str = r#"
case "$*" in
  *--discover*) printf '{"streams":[{"tap_stream_id":"people","stream":"people","schema":{"properties":{}},"metadata":[]}]}\n' ;;
  *--state*) cat later.jsonl; exit "$(cat exit)" ;;
  *) cat first.jsonl ;;
esac
"#;

const FIRST: &str = r#"{"type":"SCHEMA","stream":"people","key_properties":["id"],"schema":{"properties":{"id":{"type":"string"}}}}
{"type":"RECORD","stream":"people","record":{"id":"1","created":"2026-01-01","budget":"5"},"time_extracted":"2026-01-05T00:00:00Z"}
{"type":"RECORD","stream":"people","record":{"id":"2","created":"2026-01-02","budget":"7"}}
{"type":"STATE","value":{"page":1}}
"#;

const LATER: &str = r#"{"type":"SCHEMA","stream":"people","key_properties":["id"],"schema":{"properties":{"id":{"type":"string"}}}}
{"type":"RECORD","stream":"people","record":{"id":"1","created":"2026-01-01","budget":null}}
{"type":"RECORD","stream":"people","record":{"id":"2","_sdc_deleted_at":"2026-01-09T00:00:00Z"}}
{"type":"STATE","value":{"page":2}}
"#;

struct Tapped {
    company: Company,
    source: Source,
}

impl Tapped {
    fn new() -> Tapped {
        let mut company = Company::new("", "", "");
        company.lead_sql(
            "SELECT 'lead:' || id AS lead_key, created AS created_at, CAST(budget AS DOUBLE) AS budget, _learned_at \
             FROM crm.people",
        );
        let program = ProgramSource {
            command: vec!["sh".to_owned(), "tap.sh".to_owned()],
            config: json!({ "api_key": "a-secret-of-theirs" }),
            ..ProgramSource::default()
        };
        let source = Source { program, ..Source::new(SourceKind::Singer, "") };
        let tapped = Tapped { company, source };
        [("tap.sh", TAP), ("first.jsonl", FIRST), ("later.jsonl", LATER), ("exit", "0")]
            .into_iter()
            .for_each(|(name, text)| tapped.write(name, text));
        tapped
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.company.folder.path().join(name), text).expect("the folder can be written");
    }

    async fn ingest(&self) -> IngestReport {
        let file = |name: &str| (name.to_owned(), Source::new(SourceKind::Jsonl, format!("{name}.jsonl")));
        let mut sources: BTreeMap<String, Source> = ["leads", "events", "outcomes"].map(file).into();
        sources.insert("crm".to_owned(), self.source.clone());
        let Company { folder, files, limits, .. } = &self.company;
        let lock = lock(&self.company.data());
        let files: &Vec<SqlFile> = files;
        ingest(&sources, files, folder.path(), &lock, Deriving::here(limits), &|_| ())
            .await
            .expect("the company is sound")
    }

    async fn budgets(&self) -> Vec<String> {
        let lake = Lake::open(&self.company.data()).await.expect("ingested");
        let mut budgets = Vec::new();
        for id in ["lead:1", "lead:2"] {
            let lead = lake.lead(id, Utc::now()).await.expect("readable");
            budgets.push(lead.map_or_else(|| "gone".to_owned(), |(lead, _)| format!("{:?}", lead.fields["budget"])));
        }
        budgets
    }
}

#[tokio::test]
async fn a_tap_goes_on_from_its_state_and_empties_and_deletes() {
    let tapped = Tapped::new();
    let report = tapped.ingest().await;
    let crm = &report.sources[0];
    assert_eq!((crm.rows_read, crm.rows_new, crm.failure.as_deref()), (2, 2, None), "{crm:?}");
    assert_eq!(tapped.budgets().await, ["Number(5.0)", "Number(7.0)"]);
    let report = tapped.ingest().await;
    let crm = &report.sources[0];
    assert_eq!((crm.rows_read, crm.rows_new, crm.rows_deleted), (2, 1, 1), "{crm:?}");
    assert_eq!(tapped.budgets().await, ["Missing", "gone"]);
    assert_eq!(report.counts.deleted_leads, 1);
}

#[tokio::test]
async fn a_tap_that_fails_keeps_what_it_gave_and_is_told() {
    let tapped = Tapped::new();
    tapped.ingest().await;
    tapped.write("exit", "3");
    let report = tapped.ingest().await;
    let failure = report.sources[0].failure.as_deref().expect("it failed");
    assert!(failure.contains("source `crm`") && !failure.contains("a-secret-of-theirs"), "{failure}");
    assert_eq!(tapped.budgets().await, ["Missing", "gone"]);
    assert_eq!(failed_sources(&tapped.company.data()).expect("readable").len(), 1);
    tapped.write("exit", "0");
    let report = tapped.ingest().await;
    assert_eq!((report.sources[0].rows_new, report.sources[0].rows_deleted), (0, 0), "nothing is taken twice");
    assert!(failed_sources(&tapped.company.data()).expect("readable").is_empty());
}
