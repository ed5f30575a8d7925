//! Airbyte's `source-declarative-manifest`, with a manifest of our own, against a stub.

use std::path::Path;
use std::sync::{Arc, Mutex};

use plumb_connectors::{AirbyteConfig, check_airbyte};
use serde_json::json;

use super::stub::{self, System};
use super::{read, source};
use crate::support::{Collected, provided};

const LEADS: [(&str, &str); 3] = [
    (
        r#"{"id": 1, "name": "Ada", "updated_at": "2026-01-01T00:00:00Z", "owner": {"team": "north"}}"#,
        "2026-01-01T00:00:00Z",
    ),
    (r#"{"id": 2, "name": "Bob", "updated_at": "2026-01-02T00:00:00Z", "owner": null}"#, "2026-01-02T00:00:00Z"),
    (r#"{"id": 12345678901234567890, "name": "Cleo", "updated_at": "2026-01-03T00:00:00Z"}"#, "2026-01-03T00:00:00Z"),
];

fn system() -> (Arc<Mutex<System>>, AirbyteConfig) {
    let companies = vec![r#"{"id": 1, "name": "Acme"}"#, r#"{"id": 2, "name": "Bolt", "size": 40}"#];
    let system = Arc::new(Mutex::new(System { leads: LEADS.into(), companies, ..System::default() }));
    let program = provided("PLUMB_TEST_AIRBYTE_CDK").join("source-declarative-manifest");
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/airbyte/manifest.yaml");
    let [program, manifest] = [program, manifest].map(|path| path.to_str().expect("a path of text").to_owned());
    let mut config = source([&program]);
    config.program.last_arguments = vec!["--manifest-path".into(), manifest];
    config.config = json!({"url": stub::start(&system), "api_token": "s3cret-token"});
    (system, config)
}

#[tokio::test]
async fn pages_cursors_and_whole_streams() {
    let (system, config) = system();
    let mut sink = Collected::default();
    read(&config, &mut sink).await.expect("it ends well");
    assert_eq!(sink.column("leads", "name"), ["Ada", "Cleo", "Bob"]);
    assert_eq!(sink.column("leads", "id"), ["1", "12345678901234567890", "2"]);
    assert_eq!(sink.column("leads", "owner_team"), ["north", "NULL", "NULL"]);
    assert_eq!(sink.column("companies", "size"), ["NULL", "40"], "of which the schema does not tell");
    assert_eq!((sink.streams["leads"].is_whole, sink.streams["companies"].is_whole), (false, true));
    assert_eq!(sink.notes, [], "each state counts the rows that have arrived");
    let paged = system.lock().expect("no panic").requests.iter().filter(|path| path.contains("page=2&limit=2")).count();
    assert_eq!(paged, 1);

    let corrected = r#"{"id": 1, "name": null, "updated_at": "2026-01-04T00:00:00Z"}"#;
    {
        let mut system = system.lock().expect("no panic");
        (system.leads[0], system.companies) =
            ((corrected, "2026-01-04T00:00:00Z"), vec![r#"{"id": 2, "name": "Bolt"}"#]);
    }
    let mut sink = sink.next_run();
    read(&config, &mut sink).await.expect("it ends well");
    let rows = sink.rows.iter().filter(|(stream, ..)| stream == "leads").count();
    assert_eq!(
        (rows, sink.column("leads", "name")),
        (2, vec!["NULL".into(), "Cleo".into(), "Bob".into()]),
        "from its cursor on"
    );
    assert_eq!(
        (sink.column("companies", "id"), &sink.deleted[..]),
        (vec!["2".to_owned()], &["companies".to_owned()][..])
    );
    assert!(!format!("{sink:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_stream_that_fails_does_not_stop_the_others() {
    let (system, config) = system();
    system.lock().expect("no panic").refused = Some("/leads");
    let mut sink = Collected::default();
    let error = read(&config, &mut sink).await.expect_err("leads are refused");
    assert!(error.what.starts_with("`source-declarative-manifest` says: "), "{error}");
    assert!(error.what.contains("not complete: leads") && !error.is_transient, "{error}");
    assert_eq!(
        (sink.column("companies", "name"), &sink.deleted[..]),
        (vec!["Acme".into(), "Bolt".into()], &["companies".to_owned()][..])
    );
    assert!(!format!("{error:?} {sink:?}").contains("s3cret"), "{error:?} {sink:?}");
    system.lock().expect("no panic").refused = None;
    let mut sink = sink.next_run();
    read(&config, &mut sink).await.expect("it ends well");
    assert_eq!(sink.column("leads", "name").len(), 3);
}

#[tokio::test]
async fn a_configuration_can_be_checked() {
    let (system, config) = system();
    let mut sink = Collected::default();
    check_airbyte(&config, None, &mut sink).await.expect("it is fine");
    system.lock().expect("no panic").refused = Some("/companies");
    let error = check_airbyte(&config, None, &mut sink).await.expect_err("it is refused");
    assert!(error.what.starts_with("`source-declarative-manifest` cannot use its configuration: "), "{error}");
    assert!(!error.what.contains("s3cret"), "{error}");
    let mut unknown = config.clone();
    unknown.streams = vec!["lead".into()];
    let error = read(&unknown, &mut sink).await.expect_err("there is no such stream");
    assert!(error.what.ends_with("there is no stream `lead`; there are: leads, companies"), "{error}");
}
