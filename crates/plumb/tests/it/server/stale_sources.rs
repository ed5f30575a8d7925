//! A source that the last ingestion could not read is named wherever scores are shown, until it is read again.

use std::fs;

use serde_json::{Value, json};

use crate::setup::folder::write;
use crate::setup::program::{failure, run};
use crate::setup::server::Server;
use crate::setup::touched::Touched;

/// A lead that is open.
const OPEN: &str = "sheet:496";

/// Returns the names of the stale sources of an answer; `None` if it does not speak of any.
fn names(answer: &Value) -> Option<Vec<&str>> {
    answer["stale_sources"].as_array().map(|stale| stale.iter().filter_map(|one| one["source"].as_str()).collect())
}

/// Returns the header of an invocation that names the stale sources.
fn invoked(server: &Server, body: &str) -> Option<String> {
    let request = ureq::post(format!("{}/endpoints/won/invocations", server.address));
    let answer = request.header("content-type", "application/json").send(body).expect("the server answers");
    answer.headers().get("x-plumb-stale-sources").map(|value| value.to_str().expect("a text").to_owned())
}

#[test]
fn a_source_that_cannot_be_read_is_named_by_all_scores_until_it_is_read_again() {
    let company = Touched::with("").trained();
    let config = fs::read_to_string(company.path().join("plumb.toml")).expect("it is there");
    let with_more = format!("{config}\n[source.more]\nkind = \"csv\"\nurl = \"${{PLUMB_TEST_FOLDER}}more.csv\"\n");
    write(company.path(), "plumb.toml", &with_more);
    let error = failure(run(company.path(), &["ingest"]));
    assert!(error.contains("1 of 3 sources could not be read; all else is ingested"), "{error}");
    company.plumb(&["score"]);
    let server = Server::start(company.path(), &[], &[]);
    let lead = json!({ "target": "won", "lead_id": OPEN });
    let score = server.post("/v1/score", &lead);
    assert_eq!(names(&score), Some(vec!["more"]), "{score}");
    let why = score["stale_sources"][0]["why"].as_str().expect("a text");
    assert!(why.contains("environment variable `PLUMB_TEST_FOLDER` is not set"), "{why}");
    let _: chrono::DateTime<chrono::Utc> =
        score["stale_sources"][0]["since"].as_str().and_then(|since| since.parse().ok()).expect("a time");
    for path in ["/v1/leads", &format!("/v1/leads/{OPEN}")] {
        assert_eq!(names(&server.get(path)), Some(vec!["more"]), "{path}");
    }
    for path in ["/", &format!("/leads/{OPEN}")] {
        let page = server.page(path);
        assert!(page.contains("What is known of <code>more</code> is from before"), "{page}");
    }
    let known = json!({ "instances": [{ "lead_id": OPEN }] }).to_string();
    assert_eq!(invoked(&server, &known).as_deref(), Some("more"));
    let full = server.post_as("/endpoints/won/invocations", "application/json", &known);
    assert_eq!(names(&full), Some(vec!["more"]), "{full}");
    // A request that brings the features itself has no use for any source.
    let features = json!({ "employees": 5, "touches": 1, "minutes": 2, "days_since": 1 });
    let own = server.post("/v1/score", &json!({ "target": "won", "features": features }));
    assert_eq!(names(&own), None, "{own}");

    // The server runs on while the source comes back.
    write(company.path(), "plumb.toml", &with_more.replace("${PLUMB_TEST_FOLDER}", ""));
    write(company.path(), "more.csv", "id\n1\n");
    company.plumb(&["ingest"]);
    assert_eq!(names(&server.post("/v1/score", &lead)), None);
    assert_eq!(names(&server.get("/v1/leads")), None);
    assert!(!server.page("/").contains("What is known of"), "{}", server.page("/"));
    assert_eq!(invoked(&server, &known), None);

    // Nothing else has changed when it goes away again.
    fs::remove_file(company.path().join("more.csv")).expect("it is there");
    failure(run(company.path(), &["ingest"]));
    assert_eq!(names(&server.post("/v1/score", &lead)), Some(vec!["more"]));
    let said = company.plumb(&["score"]);
    assert!(said.contains("stale: `more` is known as before") && said.contains("no file matches"), "{said}");
    let json: Value = serde_json::from_str(&company.plumb(&["score", "--json"])).expect("JSON");
    assert_eq!(json.to_string().matches("\"stale_sources\":[{").count(), 1, "{json}");
}
