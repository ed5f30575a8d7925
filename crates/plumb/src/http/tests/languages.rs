//! Reasons in the caller's language, and reasons that are derived again from stored inputs.

use plumb_lead::Prediction;
use serde_json::{Value, json};

use super::support::{Answer, JSON, Server, brief};
use crate::scoring::tests::{changed_model, columns_model};

const GERMAN: (&str, &str) = ("accept-language", "de-AT, en;q=0.5");

/// Returns the model of `age` and `channel`, which speaks these languages: in German and in the default `age` is worded,
/// and `channel` has a word for `referral`.
pub(super) fn speaking(languages: &[&str]) -> Vec<u8> {
    changed_model(|model| {
        model["features"]["languages"] = json!(languages);
        let features = &mut model["features"]["features"];
        features[0]["wording"]["say"] = json!("{value|year|years} old (average {average})");
        features[1]["wording"]["say"] = json!("came by {value}");
        if languages.contains(&"de") {
            features[0]["wording"]["languages"] =
                json!({ "de": { "say": "{value|Jahr|Jahre} alt (Durchschnitt {average})" } });
            let channel = json!({ "say": "kam über {value}", "values": { "referral": "eine Empfehlung" } });
            features[1]["wording"]["languages"] = json!({ "de": channel });
        }
    })
}

/// Scores `ada` as an open lead, so that she is on the list, and returns the stored prediction.
pub(super) fn score_ada(server: &Server) -> Prediction {
    let body = json!({ "target": "converted", "lead_id": "ada", "features": { "age": 52, "channel": "referral" } });
    let answer = server.post_json("/v1/score", &body).json();
    assert_eq!(server.get("/v1/leads/ada").status, 200, "it is stored by then");
    let id = answer["prediction_id"].as_str().expect("an id").to_owned();
    server.runtime.block_on(async {
        server.store.put_lead_briefs(&[brief("ada", "Ada")]).await.expect("written");
        server.store.prediction(&id).await.expect("read").expect("stored")
    })
}

/// Returns the field, the text and the contribution of each reason, in their order.
fn facts(reasons: &Value) -> Vec<(String, String, u64)> {
    let bits = |reason: &Value| reason["contribution"].as_f64().expect("a number").to_bits();
    let text = |reason: &Value, name: &str| reason[name].as_str().expect("a text").to_owned();
    let reasons = reasons.as_array().expect("a list");
    reasons.iter().map(|reason| (text(reason, "field"), text(reason, "text"), bits(reason))).collect()
}

fn texts(reasons: &Value) -> Vec<String> {
    facts(reasons).into_iter().map(|(_, text, _)| text).collect()
}

/// Returns the reasons as they are answered.
fn answered(prediction: &Prediction) -> Value {
    let reasons = prediction.reasons.iter();
    let reason = |reason: &plumb_lead::Reason| json!({ "field": reason.field, "text": reason.text, "contribution": reason.contribution });
    reasons.map(reason).collect()
}

#[test]
fn reasons_are_in_the_preferred_language() {
    let server = Server::start(&[]);
    server.promote(&speaking(&["en", "de"]));
    let row = json!({ "age": 52.5, "channel": "referral" });
    let body = json!({ "target": "converted", "features": row }).to_string();
    let plain = [("content-type", JSON)];
    let english = server.post("/v1/score", &plain, &body);
    let german = server.post("/v1/score", &[plain[0], GERMAN], &body);
    assert_eq!((english.status, german.status), (200, 200), "{}{}", english.text, german.text);
    assert_eq!((&*english.headers["content-language"], &*german.headers["content-language"]), ("en", "de"));
    assert_eq!(german.headers["vary"], "accept-language");
    let (english, german) = (english.json(), german.json());
    let sentences = texts(&german["reasons"]);
    assert!(sentences.contains(&"kam über eine Empfehlung".to_owned()), "{sentences:?}");
    assert!(sentences.iter().any(|text| text.starts_with("52,5 Jahre alt (Durchschnitt 39,")), "{sentences:?}");
    assert!(texts(&english["reasons"]).contains(&"came by referral".to_owned()), "{english}");
    let parts = |answer: &Value| {
        facts(&answer["reasons"]).into_iter().map(|(field, _, bits)| (field, bits)).collect::<Vec<_>>()
    };
    assert_eq!(parts(&english), parts(&german), "only the words are others");
    assert_eq!(english["score"], german["score"]);

    let id = german["prediction_id"].as_str().expect("an id");
    let lead = format!("/v1/leads/{}", german["lead_id"].as_str().expect("an id"));
    assert_eq!(server.get(&lead).headers["content-language"], "en");
    let stored = server.runtime.block_on(server.store.prediction(id)).expect("read").expect("stored");
    assert_eq!(facts(&answered(&stored)), facts(&english["reasons"]), "what is stored is in the model's own language");

    let path = "/endpoints/converted/invocations";
    let invoke = |accept: &str| server.post(path, &[plain[0], GERMAN, ("accept", accept)], row.to_string());
    let full = invoke("application/vnd.plumb+json");
    assert_eq!(full.headers["content-language"], "de");
    assert_eq!(facts(&full.json()["predictions"][0]["reasons"]), facts(&german["reasons"]));
    assert!(!invoke("application/json").headers.contains_key("content-language"), "scores have no words");

    let inputs = json!([{ "name": "age", "shape": [1], "datatype": "FP64", "data": [52.5] },
                        { "name": "channel", "shape": [1], "datatype": "BYTES", "data": ["referral"] }]);
    let body = json!({ "inputs": inputs, "parameters": { "explain": true } }).to_string();
    let inferred = server.post("/v2/models/converted/infer", &[plain[0], GERMAN], &body);
    assert_eq!(inferred.headers["content-language"], "de");
    assert!(inferred.text.contains("kam über eine Empfehlung"), "{}", inferred.text);
}

#[test]
fn reasons_of_many_rows_are_in_the_preferred_language() {
    let server = Server::start(&[]);
    server.promote(&speaking(&["en", "de"]));
    let rows = vec![json!({ "age": 52, "channel": "referral" }); 40];
    let headers = [("content-type", JSON), GERMAN, ("accept", "application/vnd.plumb+json")];
    let body = json!({ "instances": rows }).to_string();
    let answer = server.post("/endpoints/converted/invocations", &headers, &body).json();
    let predictions = answer["predictions"].as_array().expect("a list");
    assert_eq!(predictions.len(), rows.len());
    for prediction in predictions {
        assert!(texts(&prediction["reasons"]).contains(&"kam über eine Empfehlung".to_owned()), "{prediction}");
    }
}

#[test]
fn a_model_without_named_languages_sends_no_language() {
    let server = Server::start(&[]);
    server.promote(&columns_model());
    let body = json!({ "target": "converted", "features": { "age": 52, "channel": "referral" } }).to_string();
    let answer = server.post("/v1/score", &[("content-type", JSON), GERMAN], &body);
    assert_eq!((answer.status, answer.headers.get("content-language")), (200, None));
    assert!(texts(&answer.json()["reasons"]).contains(&"channel: referral".to_owned()), "{}", answer.text);
}

#[test]
fn reasons_that_were_not_stored_are_derived_again() {
    let server = Server::start(&["converted"]);
    server.promote(&speaking(&["en", "de"]));
    let explained = score_ada(&server);
    assert!(!explained.reasons.is_empty());
    let bare = Prediction { prediction_id: "bare".into(), reasons: Vec::new(), ..explained.clone() };
    server.runtime.block_on(server.store.insert_predictions(&[bare])).expect("new");
    let of_bare = |answer: &Answer| {
        let history = answer.json()["predictions"].as_array().expect("a list").clone();
        let bare = history.into_iter().find(|prediction| prediction["prediction_id"] == "bare").expect("it is stored");
        assert!(bare.get("reasons_lost").is_none(), "{bare}");
        facts(&bare["reasons"])
    };
    let look = || (server.get("/v1/leads/ada"), server.get_in("/v1/leads/ada", "de"));
    let (english, german) = look();
    assert_eq!(of_bare(&english), facts(&answered(&explained)), "to the bit");
    assert_eq!((&*english.headers["content-language"], &*german.headers["content-language"]), ("en", "de"));
    let in_german = of_bare(&german);
    assert!(in_german.iter().any(|(_, text, _)| text == "52 Jahre alt (Durchschnitt 39,5)"), "{in_german:?}");

    // Another model is the champion now; the reasons of the previous one can be derived all the same.
    server.promote(&columns_model());
    assert_eq!(server.get("/v1/health").status, 200, "the promotion is noticed");
    let (english, german) = look();
    assert_eq!((of_bare(&english), of_bare(&german)), (facts(&answered(&explained)), in_german));
    let page = server.get_in("/leads/ada?target=converted", "de");
    assert_eq!((page.status, page.headers["content-language"].as_str()), (200, "en, de"));
    assert!(page.text.contains("<span lang=\"de\">kam über eine Empfehlung</span>"), "{}", page.text);
    let list = server.get_in("/?target=converted", "de").text;
    assert!(list.contains("<span lang=\"de\">"), "{list}");
}

#[test]
fn predictions_of_a_deleted_model_lose_only_missing_reasons() {
    let server = Server::start(&["converted"]);
    let gone = server.promote(&speaking(&["en", "de"]));
    let explained = score_ada(&server);
    server.promote(&columns_model());
    assert_eq!(server.get("/v1/health").status, 200, "the promotion is noticed");
    let file = server.folder.path().join("models").join(format!("{gone}.json"));
    std::fs::remove_file(file).expect("it is there");

    let stored = server.get_in("/v1/leads/ada", "de");
    assert_eq!(facts(&stored.json()["predictions"][0]["reasons"]), facts(&answered(&explained)), "as they were stored");
    assert_eq!(
        (stored.json()["predictions"][0].get("reasons_lost"), stored.headers.get("content-language")),
        (None, None)
    );

    let bare = Prediction { prediction_id: "z".into(), reasons: Vec::new(), ..explained };
    server.runtime.block_on(server.store.insert_predictions(&[bare])).expect("new");
    let lost = &server.get("/v1/leads/ada").json()["predictions"];
    let lost = lost.as_array().expect("a list").iter().find(|one| one["prediction_id"] == "z").expect("it is stored");
    assert_eq!((&lost["reasons"], &lost["reasons_lost"]), (&json!([]), &json!(true)));
    let page = server.get("/leads/ada");
    assert_eq!(page.status, 200);
    assert!(page.text.contains("The reasons are not there any more"), "{}", page.text);
}
