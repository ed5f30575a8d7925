//! Variants of a target, shadows, and promotions while requests come in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use plumb_lead::ModelKind;
use serde_json::json;

use super::support::{Server, config};
use crate::http::Config;
use crate::registry::tests::card;
use crate::registry::{self, CHAMPION_VARIANT};
use crate::scoring::tests::columns_model;
use crate::store::Variant;
use crate::store::tests::hour_of_new_year;

const PATH: &str = "/endpoints/converted/invocations";
const CSV: (&str, &str) = ("content-type", "text/csv");
const VARIANT: &str = "x-amzn-invoked-production-variant";

impl Server {
    /// Adds a model that is the champion's with so many blanks at its end, which gives it another id.
    fn add(&self, blanks: usize) -> String {
        let model = [columns_model(), b" ".repeat(blanks)].concat();
        let card = card("converted", ModelKind::Logistic, &model);
        let adding = registry::add(&self.store, self.folder.path(), &model, &card);
        self.runtime.block_on(adding).expect("its own card");
        card.model_id
    }

    fn set(&self, name: &str, model_id: Option<&str>, weight: f64, shadow: bool) {
        let variant = Variant { name: name.into(), model_id: model_id.map(str::to_owned), weight, shadow };
        let setting = registry::set_variant(&self.store, "converted", &variant, "test");
        self.runtime.block_on(setting).expect("it is right");
    }
}

#[test]
fn requests_are_routed_by_weight_or_by_name() {
    let server = Server::start(&["converted"]);
    let champion = server.promote(&columns_model());
    let other = server.add(1);
    server.set("blue", Some(&other), 3.0, false);
    let mut counts = BTreeMap::new();
    for _ in 0..200 {
        *counts.entry(server.post(PATH, &[CSV], "30,email").headers[VARIANT].clone()).or_insert(0) += 1;
    }
    // Three in four, give or take four standard errors.
    assert!((125..=175).contains(&counts["blue"]) && counts["AllTraffic"] + counts["blue"] == 200, "{counts:?}");
    let answer = |name: &str, value: &str| {
        let headers = [CSV, (name, value), ("accept", "application/vnd.plumb+json")];
        let answer = server.post(PATH, &headers, "30,email");
        (answer.headers.get(VARIANT).cloned(), answer.json()["predictions"][0]["model_id"].clone())
    };
    let blue = (Some("blue".to_owned()), json!(other));
    assert_eq!(answer("x-amzn-sagemaker-target-variant", "blue"), blue);
    assert_eq!(answer("x-amzn-sagemaker-target-model", &other), blue);
    assert_eq!(answer("x-amzn-sagemaker-target-variant", "AllTraffic").1, json!(champion));
    let variants = server.get("/v1/models?target=converted").json()["variants"].clone();
    assert_eq!(variants[1], json!({ "name": "blue", "model_id": other, "weight": 3.0, "shadow": false }));

    server.set("AllTraffic", None, 0.0, false);
    assert_eq!(server.post(PATH, &[CSV], "30,email").headers[VARIANT], "blue");
    let removing = registry::remove_variant(&server.store, "converted", "blue", "test");
    let refused = server.runtime.block_on(removing).expect_err("nobody would answer");
    assert!(refused.to_string().contains("no variant would serve"), "{refused}");
}

#[test]
fn a_shadow_scores_and_its_predictions_are_not_sent() {
    let server = Server::start(&["converted"]);
    let champion = server.promote(&columns_model());
    let other = server.add(1);
    server.set("dark", Some(&other), 1.0, true);
    for _ in 0..5 {
        let headers = [CSV, ("accept", "application/vnd.plumb+json")];
        let answer = server.post(PATH, &headers, "30,email");
        assert_eq!(answer.headers[VARIANT], "AllTraffic");
        assert_eq!(answer.json()["predictions"][0]["model_id"], json!(champion));
    }
    server.post(PATH, &[CSV, ("x-amzn-sagemaker-target-variant", "dark")], "30,email").refuses(
        400,
        "bad_header",
        "AllTraffic",
    );
    // The shadow works in the background: each look makes the database catch up.
    let counted = std::iter::repeat_with(|| {
        server.get("/v1/leads");
        server.runtime.block_on(server.store.shadow_count("converted", "dark")).expect("read")
    });
    assert_eq!(counted.take(10_000).find(|count| *count >= 5), Some(5));
}

#[test]
fn a_promotion_under_full_load_loses_no_request() {
    let server = Server::start(&["converted"]);
    let first = server.promote(&columns_model());
    let models: Vec<String> = std::iter::once(first).chain((1..6).map(|blanks| server.add(blanks))).collect();
    let over = AtomicBool::new(false);
    let seen: BTreeSet<String> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = BTreeSet::new();
                    while !over.load(Ordering::Relaxed) {
                        let headers = [CSV, ("accept", "application/vnd.plumb+json")];
                        let answer = server.post(PATH, &headers, "30,email");
                        assert_eq!(answer.status, 200, "{}", answer.text);
                        let model_id = answer.json()["predictions"][0]["model_id"].clone();
                        seen.insert(model_id.as_str().expect("an answer names its model").to_owned());
                    }
                    seen
                })
            })
            .collect();
        for model_id in models.iter().skip(1).chain(&models) {
            let promoting = registry::promote(&server.store, "converted", model_id, "test", "under load");
            server.runtime.block_on(promoting).expect("known");
            // The next request is answered by it already.
            assert_eq!(server.get("/v1/health").json()["models"]["converted"], json!(model_id));
        }
        over.store(true, Ordering::Relaxed);
        clients.into_iter().flat_map(|client| client.join().expect("no request failed")).collect()
    });
    assert!(seen.len() > 1 && seen.iter().all(|model_id| models.contains(model_id)), "{seen:?}");
}

#[test]
fn metrics_have_variants_and_the_age_of_their_models() {
    let fixed_now = Some(hour_of_new_year(2));
    let server = Server::configured(Config { fixed_now, ..config() });
    let model_id = server.promote(&columns_model());
    let body = json!({ "target": "converted", "features": { "age": 30 } });
    assert_eq!(server.post_json("/v1/score", &body).status, 200);
    let text = server.get("/metrics").text;
    let age = format!(
        "plumb_model_age_seconds{{target=\"converted\",variant=\"{CHAMPION_VARIANT}\",model=\"{model_id}\"}} 7200\n"
    );
    let count = format!("plumb_answer_seconds_count{{target=\"converted\",variant=\"{CHAMPION_VARIANT}\"}} 1\n");
    assert!(text.contains(&age) && text.contains(&count), "{text}");
}
