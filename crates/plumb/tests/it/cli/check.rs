//! `plumb check`: everything that is wrong with a project, at once and with its place.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::setup::folder::write;
use crate::setup::program::{failure, run, success};

/// Returns a project of one lead, in which nothing is wrong.
fn project() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let at = folder.path();
    write(at, "leads.csv", "id,created_at,channel\n1,2025-01-01T00:00:00Z,ads\n");
    write(at, "plumb.toml", "[source.leads]\nkind = \"csv\"\nurl = \"leads.csv\"\n\n[target.won]\nhorizon = \"90d\"\n");
    write(
        at,
        "sources/lead.sql",
        "SELECT\n  'lead:' || l.id AS lead_key,\n  l.created_at AS created_at,\n  l.channel AS channel\nFROM leads.records l\n",
    );
    write(
        at,
        "sources/event.sql",
        "SELECT 'x' AS lead_key, 'visit' AS kind, CAST(NULL AS TIMESTAMP) AS at WHERE false\n",
    );
    write(
        at,
        "sources/outcome.sql",
        "SELECT 'x' AS lead_key, 'won' AS target, true AS positive, CAST(NULL AS TIMESTAMP) AS at WHERE false\n",
    );
    write(at, "features/1.sql", "SELECT\n  l.channel AS channel,\n  count(e.at) AS events\n");
    write(at, "features/1.toml", "[channel]\nsay = \"{value}\"\n\n[events]\nsay = \"{value} events\"\n");
    folder
}

/// Returns the findings as `level file:line:column problem`.
fn findings(folder: &Path) -> Vec<String> {
    let output = run(folder, &["--json", "check"]);
    let outcome: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = outcome["findings"].as_array().expect("a list").iter();
    findings
        .map(|finding| {
            let place = |key: &str| finding[key].as_u64().map(|number| format!(":{number}")).unwrap_or_default();
            let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
            format!("{} {}{}{} {}", text("level"), text("file"), place("line"), place("column"), text("problem"))
        })
        .collect()
}

#[track_caller]
fn check_finding(folder: &Path, begin: &str, part: &str) {
    let found = findings(folder);
    let is_it = |finding: &&String| finding.starts_with(begin) && finding.contains(part);
    assert!(found.iter().any(|finding| is_it(&finding)), "`{begin} … {part}` is not in {found:#?}");
}

#[test]
fn a_right_project_passes_and_nothing_is_written() {
    let folder = project();
    let said = success(run(folder.path(), &["check"]));
    assert!(said.contains("6 files, 2 features, compared with the columns of the sources, as nothing was ingested yet: 0 errors, 0 warnings"), "{said}");
    assert!(!folder.path().join("data").exists());
}

#[test]
fn all_that_is_wrong_is_said_at_once_with_its_place() {
    let folder = project();
    let at = folder.path();
    write(
        at,
        "sources/lead.sql",
        "SELECT\n  'lead:' || l.id AS lead_key,\n  l.created_at AS created_at,\n  l.chanel AS channel\nFROM leads.records l\n",
    );
    write(
        at,
        "sources/outcome.sql",
        "SELECT 'x' AS lead_key, 'wom' AS target, true AS positive, CAST(NULL AS TIMESTAMP) AS at WHERE false\n",
    );
    write(at, "sources/leed.extra.sql", "SELECT 1");
    write(at, "sources/notes.md", "");
    check_finding(at, "error sources/lead.sql:4:", "chanel");
    check_finding(at, "error plumb.toml:5 ", "no file of outcomes has `'won'`");
    check_finding(at, "error plumb.toml:5 ", "did you mean `wom`?");
    check_finding(at, "error sources/leed.extra.sql ", "did you mean `lead`?");
    check_finding(at, "warning sources/notes.md ", "nothing reads it");
    let error = failure(run(at, &["check"]));
    assert!(error.contains("error: the project has 3 errors"), "{error}");
}

#[test]
fn each_wrong_feature_is_named_and_so_are_sentences_and_rules_of_none() {
    let folder = project();
    let at = folder.path();
    write(
        at,
        "features/1.sql",
        "SELECT\n  l.chanel AS a,\n  count(*) AS b,\n  l.channel AS channel,\n  outcome_rate('won_', l.channel) AS rate\n",
    );
    check_finding(at, "error features/1.sql:2:3 ", "no column `l.chanel`: expected one of `channel`");
    check_finding(at, "error features/1.sql:3:3 ", "`count(*)`: expected `count(e.at)`");
    check_finding(at, "error features/1.sql:5:", "there is no target of this name. did you mean `won`?");
    write(at, "features/1.sql", "SELECT\n  l.channel AS channel,\n  count(e.at) AS visits\n");
    write(at, "rules.csv", "field,condition,points,note\nchanel,ads,5,\n");
    check_finding(at, "warning features/1.toml:4 ", "there are sentences for `events`, which is no feature");
    check_finding(at, "warning features ", "feature `visits` has no sentences");
    check_finding(at, "warning rules.csv ", "`chanel` is no feature. did you mean `channel`?");
}

#[test]
fn a_wrong_configuration_is_named_with_its_line() {
    let folder = project();
    write(folder.path(), "plumb.toml", "\n[target.won]\nhorizon = \"soon\"\n");
    check_finding(folder.path(), "error plumb.toml:3 ", "`soon` is no span of time");
    let nowhere = TempDir::new().expect("a temporary folder");
    assert!(failure(run(nowhere.path(), &["check"])).contains("there is no `./plumb.toml`"));
}
