//! `plumb status`: what is stale since a file of the project changed.

use insta::assert_snapshot;
use serde_json::Value;

use crate::setup::folder::{replace, write};
use crate::setup::program::run;
use crate::setup::redaction::{redacted, redacted_figures};
use crate::setup::shop::Shop;

/// Returns what is stale, as `changed: names`.
fn stale(shop: &Shop) -> Vec<String> {
    let status = shop.json(&["status"]);
    let line = |stale: &Value| {
        let names: Vec<&str> = stale["names"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        format!("{}: {}", stale["changed"].as_str().expect("a word"), names.join(", "))
    };
    status["stale"].as_array().expect("a list").iter().map(line).collect()
}

#[test]
fn a_project_at_its_beginning_has_a_status_and_gets_no_database_by_it() {
    let shop = Shop::of(20, |_, _| false);
    assert_snapshot!(shop.plumb(&["status"]), @r"
    nothing is ingested yet: run `plumb ingest`

    won
      no model yet: run `plumb train --target won`

    nothing is stale
    ");
    assert!(!shop.path().join("data/plumb.db").exists());
}

#[test]
fn what_was_just_made_is_not_stale() {
    let shop = Shop::ingested(700);
    shop.plumb(&["train"]);
    let text = shop.plumb(&["status", "--check"]);
    assert!(text.ends_with("nothing is stale\n"), "{text}");
    let json = shop.json(&["status"]);
    let (model, dataset) = (&json["targets"][0]["models"][0], &json["datasets"][0]);
    assert_eq!(model["dataset_id"], dataset["dataset_id"], "the model knows its data set");
    let models = dataset["models"].as_array().expect("a list");
    assert!(models.contains(&model["model_id"]), "and the data set its models: {models:?}");
    assert_eq!(json["ground"]["sources"][0]["rows"], 700);
}

#[test]
fn a_feature_that_changed_makes_a_model_stale_and_a_comment_does_not() {
    let shop = Shop::ingested(700);
    shop.plumb(&["train"]);
    write(
        shop.path(),
        "features/lead.sql",
        "-- What we know of a lead.\nSELECT l.employees AS employees, l.channel AS channel, l.fee AS fee",
    );
    assert_eq!(stale(&shop), Vec::<String>::new());
    write(
        shop.path(),
        "features/lead.sql",
        "SELECT l.employees * 2 AS employees, upper(l.channel) AS sector, l.fee + 1 AS fee",
    );
    assert_eq!(stale(&shop), ["feature: employees", "feature: channel", "feature: sector"], "the fee is not seen");
    let text = shop.plumb(&["status"]);
    assert_snapshot!(redacted(&text[text.find("stale").expect("it is there")..]), @r"
    stale
      won: feature `employees` (features/lead.sql) changed since the champion `[id 1]` was trained, as of 2026-06-01: run `plumb retrain --anyway --target won`
      won: feature `channel` was taken out since the champion `[id 1]` was trained, as of 2026-06-01: run `plumb retrain --anyway --target won`
      won: feature `sector` (features/lead.sql) was added since the champion `[id 1]` was trained, as of 2026-06-01: run `plumb retrain --anyway --target won`
    ");
    let checked = run(shop.path(), &["status", "--check"]);
    assert_eq!(checked.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&checked.stderr), "error: stale: 3\n");
}

#[test]
fn sources_that_changed_make_the_ground_stale_and_then_the_models() {
    let shop = Shop::ingested(700);
    shop.plumb(&["train"]);
    let sheet = std::fs::read_to_string(shop.path().join("sheet.csv")).expect("it is there");
    shop.write("sheet.csv", &format!("{sheet}9999,2026-05-31T00:00:00Z,7,web,,0,2026-06-10T00:00:00Z\n"));
    assert_eq!(stale(&shop), ["source_file: sheet.csv"]);
    replace(shop.path(), "sources/lead.sql", "channel,", "lower(channel) AS channel,");
    assert_eq!(
        stale(&shop),
        ["source_file: sheet.csv", "source_sql: sources/lead.sql", "source_sql: sources/lead.sql"]
    );
    shop.plumb(&["ingest"]);
    let text = shop.plumb(&["status"]);
    assert_snapshot!(redacted_figures(&text), @r"
    sources
      sheet  701 rows, the newest learned [now]
    ground 000002, ingested [now] 701 leads, 0 events, 701 outcomes

    won
      champion  ensemble `[id 1]`, as of 2026-06-01, on 643 rows of data set `[id 2]`, older than the ground, without `fee`

    data sets
      [id 2] won, as of 2026-06-01: 643 rows, 3 features, 4 models

    stale
      won: `sources/lead.sql` changed since the champion `[id 1]` was trained, as of 2026-06-01: run `plumb retrain --anyway --target won`
    ");
    // The rows are the same, and so is the model; now it is known to be of this SQL.
    shop.plumb(&["retrain", "--anyway"]);
    assert_eq!(stale(&shop), Vec::<String>::new());
}

#[test]
fn wording_settings_and_rules_that_changed_are_named() {
    let shop = Shop::ingested(700);
    shop.plumb(&["train"]);
    replace(shop.path(), "features/lead.toml", "Size", "Employees");
    assert_eq!(stale(&shop), ["wording: employees"]);
    replace(shop.path(), "plumb.toml", "horizon = \"30d\"", "horizon = \"40d\"\nbeta = 1");
    write(shop.path(), "rules.csv", "field,condition,points\nemployees,> 50,10\n");
    assert_eq!(stale(&shop), ["wording: employees", "setting: beta, horizon", "rules: rules.csv"]);
    let text = shop.plumb(&["status"]);
    assert_snapshot!(redacted(&text[text.find("stale").expect("it is there")..]), @r"
    stale
      won: the wording of `employees` changed since the champion `[id 1]` was trained, as of 2026-06-01: it applies from the next training on: run `plumb retrain --anyway --target won`
      won: `beta` (was `0.5`, is `1`), `horizon` (was `30d`, is `40d`) changed in plumb.toml since the champion `[id 1]` was trained, as of 2026-06-01: run `plumb retrain --anyway --target won`
      won: the team's rules, `rules.csv`, were added since the champion `[id 1]` was trained, as of 2026-06-01: run `plumb retrain --anyway --target won`
    ");
}

#[test]
fn a_file_that_cannot_be_read_is_said_and_the_rest_is_known() {
    let shop = Shop::ingested(100);
    write(shop.path(), "features/lead.sql", "SELECT l.employees AS employees FROM nowhere");
    let text = shop.plumb(&["status"]);
    assert!(text.contains("`features/lead.sql:1:1`: expected one `SELECT expression AS name, ...`"), "{text}");
    assert!(text.contains("100 rows"), "{text}");
}

#[test]
fn a_source_with_another_key_is_read_beside_its_old_rows_and_nothing_is_deleted() {
    let shop = Shop::ingested(700);
    shop.plumb(&["train"]);
    replace(shop.path(), "plumb.toml", "url = \"sheet.csv\"", "url = \"sheet.csv\"\nkey = { records = [\"id\"] }");
    let sheet = std::fs::read_to_string(shop.path().join("sheet.csv")).expect("it is there");
    shop.write("sheet.csv", &format!("{sheet}9999,2026-05-31T00:00:00Z,7,web,,0,2026-06-10T00:00:00Z\n"));
    let failed = shop.plumb_fails(&["ingest"]);
    assert!(failed.contains("1 of 1 sources could not be read"), "{failed}");
    let error = shop.plumb(&["status"]);
    assert!(error.contains("the key of `records` was `` and is now `id`"), "{error}");
    assert!(error.contains("give the source another name") && !error.contains("delete"), "{error}");
    // What it says to do does it.
    replace(shop.path(), "plumb.toml", "[source.sheet]", "[source.sheet2]");
    for file in ["sources/lead.sql", "sources/outcome.sql"] {
        replace(shop.path(), file, "sheet.records", "sheet2.records");
    }
    shop.plumb(&["ingest"]);
    let text = shop.plumb(&["status"]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].contains("sheet ") && lines[1].contains("700 rows"), "{text}");
    assert!(lines[1].ends_with("no longer in plumb.toml") && lines[2].contains("701 rows"), "{text}");
    assert!(text.contains("champion"), "the model is there: {text}");
}
