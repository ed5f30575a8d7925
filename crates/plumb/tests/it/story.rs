//! One company's story through the built program: ingest, train, score, serve, flag, watch, retrain, roll back.

use std::path::Path;

use serde_json::{Value, json};

use crate::example::shows_each_new_leads_score;
use crate::ground_truth;
use crate::program::{failure, run, sqlite, success, write};
use crate::server::Server;

#[test]
fn from_three_systems_to_a_score_that_is_kept_true() {
    let home = tempfile::tempdir().expect("a temporary folder");
    success(run(home.path(), &["demo", "--folder", "company", "--leads", "4000", "--company-only"]));
    let company = home.path().join("company");
    let plumb = |arguments: &[&str]| success(run(&company, arguments));

    // Before there is data, or a model, the next command is named.
    assert!(failure(run(&company, &["train"])).contains("run `plumb ingest` first"));
    let ingested = plumb(&["ingest"]);
    assert!(
        ingested.contains("4000 leads in ") && ingested.contains("rows in all, listed in data/rejects.csv"),
        "{ingested}"
    );
    assert!(plumb(&["ingest"]).contains("nothing is new: 4000 leads in "));
    assert!(
        failure(run(&company, &["score"])).contains("no model answers for `converted` yet: run `plumb train` first")
    );
    assert!(failure(run(&company, &["retrain"])).contains("run `plumb train` first"));
    assert!(failure(run(&company, &["train", "--target", "won"])).contains("expected one of `converted`, `approved`"));
    assert!(failure(run(&company, &["train", "--as-of", "2024-10-01"])).contains("cannot train for `converted`"));

    // The first model is of the time before the new channel, so that there is something to catch.
    let trained = plumb(&["train", "--target", "converted", "--as-of", "2026-02-01"]);
    for kind in ["rules", "logistic", "xgboost"] {
        assert!(trained.lines().any(|line| line.trim_start_matches(['*', ' ']).starts_with(kind)), "{kind}: {trained}");
    }
    for policy in ["largest F0.5", "smallest expected cost", "the best 10 a week"] {
        let told = trained.lines().find(|line| line.trim_start().starts_with(policy)).unwrap_or_default();
        assert!(told.contains("would have earned") && told.contains("by the rules"), "{policy}: {trained}");
    }
    assert!(trained.contains("is the champion: it scores `converted` from now on"), "{trained}");
    let again = plumb(&["train", "--target", "converted", "--as-of", "2026-02-01"]);
    assert!(
        again.contains("is the champion already: nothing has changed"),
        "the same data and seed give other bytes: {again}"
    );
    let scored = plumb(&["score", "--target", "converted"]);
    assert!(
        scored.starts_with("converted: ")
            && scored.contains("`channel` = `tiktok_ads`, which was not in the training data"),
        "{scored}"
    );

    let server = Server::start(&company, &[], &[]);
    let flagged = a_lead_is_scored_and_flagged(&server);
    shows_each_new_leads_score(&server);

    what_was_answered_rests_on_what_the_features_say(&company);
    the_sources_stand_above_labels_from_outside(&company, &server);

    let told = plumb(&["watch", "--target", "converted"]);
    assert!(
        told.contains("`channel`: ") && told.contains("`tiktok_ads`, which was not in the training data"),
        "{told}"
    );
    assert!(plumb(&["watch", "--target", "converted"]).contains("no new alerts"), "an alert is told once");
    assert!(server.page("/watch").contains("tiktok_ads"));

    // The retraining uses the flag, and the server notices who answers now.
    let before = champion(&server);
    let retrained = plumb(&["retrain", "--target", "converted"]);
    assert!(retrained.contains("rows that neither knew") && retrained.contains(&before), "{retrained}");
    if champion(&server) == before {
        plumb(&["promote", "--target", "converted", "--why", "the new channel"]);
    }
    let after = champion(&server);
    assert_ne!(after, before);
    let cards = server.get("/v1/models?target=converted");
    let card = cards["models"].as_array().and_then(|cards| cards.iter().find(|card| card["model_id"] == json!(after)));
    let notes = card.expect("the champion has a card")["notes"].to_string();
    assert!(notes.contains("1 opinion whose outcome is still open was learned from at half weight"), "{notes}");
    let score = server.post("/v1/score", &json!({ "target": "converted", "lead_id": flagged }));
    assert_eq!(score["model_id"], json!(after));

    plumb(&["rollback", "--target", "converted", "--why", "a drill"]);
    assert_eq!(champion(&server), before);
    assert!(failure(run(&company, &["rollback", "--target", "converted"])).contains("no champion to go back to"));

    // CI lets the challenger through: it can be rebuilt, has no leak and is not worse.
    assert!(plumb(&["train", "--target", "converted"]).contains(&format!("`{after}` is the challenger of")));
    let gate = ["gate", "--target", "converted", "--junit", "gate.xml"];
    let told = plumb(&gate);
    assert_eq!((told.matches("  pass ").count(), told.matches("  FAIL ").count()), (4, 0), "{told}");
    let report: Value = serde_json::from_str(&plumb(&["gate", "--target", "converted", "--json"])).expect("it is JSON");
    assert_eq!((&report[0]["challenger"], &report[0]["checks"][0]["passed"]), (&json!(after), &json!(true)));
    the_data_sets_are_there_to_look_at(&company);
    assert!(failure(run(&company, &["gate", "--target", "approved"])).contains("has no challenger to let through"));

    // Anybody can rebuild what answers, to the byte, until something that it was made of is another.
    assert!(plumb(&["reproduce", &after]).contains("is reproduced: the same"));
    let wording = company.join("features/1-behaviour.toml");
    let text = std::fs::read_to_string(&wording).expect("the project has it");
    std::fs::write(&wording, text.replace("Quick answer", "Prompt answer")).expect("it can be written");
    let output = run(&company, &["reproduce", &after]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("broken: the features, in SQL or wording"));
    assert!(failure(output).contains("is not reproduced"));
    assert!(failure(run(&company, &gate)).contains("the gate is closed for `converted`"));
    let xml = std::fs::read_to_string(company.join("gate.xml")).expect("it was written");
    assert!(xml.contains("failures=\"1\"") && xml.contains("<failure message=\"rebuilt as"), "{xml}");
    server.stop();
}

/// The batch computes again what requests were answered with, though the ground has moved on in between.
fn what_was_answered_rests_on_what_the_features_say(company: &Path) {
    let verify = ["verify", "--target", "converted"];
    let told = success(run(company, &verify));
    assert!(told.starts_with("converted: ") && told.contains(" predictions checked, 0 inputs differ; "), "{told}");
    // A call of long ago that was logged late: it was not known when the predictions were made.
    change(
        &company.join("crm.db"),
        "INSERT INTO activities (id, lead_id, kind, happened_at, logged_at)
         SELECT max(id) + 1, max(lead_id), 'call', '2026-10-01T09:00:00Z', '2026-10-02T09:00:00Z' FROM activities",
    );
    assert!(success(run(company, &["ingest"])).contains("1 new"));
    assert_eq!(success(run(company, &verify)), told);

    let data = company.join("data/plumb.db");
    change(&data, "CREATE TABLE kept AS SELECT prediction_id, provenance_json FROM prediction");
    change(&data, "UPDATE prediction SET provenance_json = json_replace(provenance_json, '$.inputs[0]', 12345)");
    let output = run(company, &verify);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains(" was 12345 in prediction "), "{told}");
    assert!(failure(output).contains("inputs of predictions of `converted` differ"));
    change(
        &data,
        "UPDATE prediction SET provenance_json = (SELECT provenance_json FROM kept WHERE kept.prediction_id = \
         prediction.prediction_id); DROP TABLE kept",
    );
}

/// Each of the oldest leads is labelled once as converted and once as not; where the sources know, one of the two is wrong.
fn the_sources_stand_above_labels_from_outside(company: &Path, server: &Server) {
    let mut lines = String::new();
    for lead_id in (10_001..=10_040).map(|number| format!("crm:{number}")) {
        let scored = server.post("/v1/score", &json!({ "target": "converted", "lead_id": lead_id }));
        if scored["score"].is_null() {
            continue;
        }
        for label in ["0", "1"] {
            let (event, body) = (format!("{lead_id} is {label}"), json!({ "lead_id": lead_id }).to_string());
            ground_truth::invoke(server, "converted", "application/json", Some(&event), body);
            lines += &ground_truth::line(&event, label);
        }
    }
    write(company, "labels/2999/01/01/00/all.jsonl", &lines);
    // Whoever asks for the list waits for what was answered before.
    server.get("/v1/leads?target=converted");
    let told = success(run(company, &["ground-truth", "labels"]));
    let contradicted: Vec<&str> = told.lines().filter(|line| line.starts_with("overridden: `crm:")).collect();
    assert_eq!(contradicted.len(), 5, "{told}");
    for line in contradicted {
        let labelled = |label: u8, outcome: u8| {
            line.contains(&format!(" is {label}` labels lead `crm:"))
                && line.ends_with(&format!(" as {label}, and the outcome in the sources is {outcome}"))
        };
        assert!(labelled(0, 1) || labelled(1, 0), "{line}");
    }
    assert!(told.contains("more such labels") && !told.contains("unmatched: "), "{told}");
}

fn the_data_sets_are_there_to_look_at(company: &Path) {
    let listed = success(run(company, &["data", "list"]));
    let ids: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(ids.len() >= 2 && listed.contains("converted    as of 2026-02-01"), "{listed}");
    let shown = success(run(company, &["data", "show", &ids[0][..8]]));
    assert!(shown.contains("days_since_last_interaction") && shown.contains("sql      features/"), "{shown}");
    let differing = success(run(company, &["data", "diff", ids[0], ids[1]]));
    assert!(differing.contains(" in both, ") && differing.contains("made of different: ground"), "{differing}");
    let again = success(run(company, &["features", "--target", "converted", "--as-of", "2026-02-01"]));
    assert!(ids.iter().any(|id| again.contains(id)), "the same rows are the same data set: {again}{listed}");
    let features = success(run(company, &["features", "--out", "features.parquet"]));
    assert!(features.contains("leads as of ") && company.join("features.parquet").is_file(), "{features}");
}

fn change(database: &Path, sql: &'static str) {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(sqlite(database, sql));
}

/// Scores leads in the three ways that a caller has, and says that one score is wrong. Returns that lead.
fn a_lead_is_scored_and_flagged(server: &Server) -> String {
    let ranked = server.get("/v1/leads?target=converted&limit=3");
    let best = &ranked["leads"][0];
    assert!(best["brief"]["name"].is_string() && best["reasons"][0]["text"].is_string(), "{ranked}");
    // In another language there are other words for the same contributions.
    let german = server.get_in("/v1/leads?target=converted&limit=3", "de");
    let (ours, theirs) = (&best["reasons"], &german["leads"][0]["reasons"]);
    for (one, other) in ours.as_array().expect("a list").iter().zip(theirs.as_array().expect("a list")) {
        assert_eq!((&one["field"], &one["contribution"]), (&other["field"], &other["contribution"]));
        assert_ne!(one["text"], other["text"], "each sentence of the demo is another in German");
    }
    // What the batch said of a lead, the endpoint says of it too.
    let lead_id = best["lead_id"].as_str().expect("a lead has an id").to_owned();
    let asked = server.post("/v1/score", &json!({ "target": "converted", "lead_id": lead_id }));
    assert_eq!((&asked["score"], &asked["band"], &asked["reasons"]), (&best["score"], &best["band"], &best["reasons"]));
    let rows = json!({ "instances": [{ "lead_id": lead_id }] });
    let invoked = server.post("/endpoints/converted/invocations", &rows);
    assert_eq!(invoked["predictions"][0]["score"], best["score"]);

    let lead =
        json!({ "created_at": "2026-10-30T09:00:00Z", "channel": "referral", "industry": "fintech", "role": "owner" });
    let reply = json!({ "kind": "reply", "at": "2026-10-30T12:00:00Z" });
    let with_reply = server.post("/v1/score", &json!({ "target": "converted", "lead": lead, "events": [reply] }));
    assert!((0.0..=1.0).contains(&with_reply["score"].as_f64().expect("a score")), "{with_reply}");
    let mut strange = lead.clone();
    strange["colour"] = json!("red");
    let refused = server.post("/v1/score", &json!({ "target": "converted", "lead": strange }));
    assert!(
        refused["error"]["message"].as_str().is_some_and(|said| said.contains("unknown field `colour`")),
        "{refused}"
    );
    // What the caller knows already and the sources do not: it is used, and the answer says so.
    let news = json!({ "target": "converted", "lead_id": lead_id, "lead": { "budget": 1 }, "events": [reply] });
    let answer = server.post("/v1/score", &news);
    assert_eq!(answer["from_request"], json!(["lead.budget", "events"]), "{answer}");
    assert_ne!(answer["score"], best["score"]);
    assert!(asked.get("from_request").is_none());
    let unknown = json!({ "target": "converted", "lead_id": "crm:new", "lead": lead });
    assert_eq!(server.post("/v1/score", &unknown)["lead_id"], "crm:new");
    let refused = server.post("/v1/score", &json!({ "target": "converted", "lead_id": "crm:0" }));
    assert_eq!(refused["error"]["code"], "unknown_lead");

    let flag = json!({ "prediction_id": asked["prediction_id"], "complaint": "too_high", "note": "they went quiet" });
    assert!(server.post("/v1/feedback", &flag)["feedback_id"].is_string());
    let page = server.page(&format!("/leads/{}", lead_id.replace(':', "%3A")));
    assert!(page.contains("they went quiet") && page.contains("This score is wrong"), "{page}");
    let models = server.page("/models");
    for part in ["XGBoost", "would have earned", "By the age of the lead", "country: DE"] {
        assert!(models.contains(part), "`{part}` is not on the page of models");
    }
    lead_id
}

fn champion(server: &Server) -> String {
    server.get("/v1/health")["models"]["converted"].as_str().expect("a champion").to_owned()
}
