//! The description of the API against the routes and the real responses.

use chrono::DateTime;
use serde_json::{Value, json};

use super::languages;
use super::support::{Answer, JSON, Server, brief};
use crate::http::v1;
use crate::scoring::tests::columns_model;
use crate::store::tests::prediction;

fn document() -> Value {
    serde_json::from_str(v1::document()).expect("the document is JSON")
}

/// Returns all that does not fit a schema, with its place. A field that the schema does not know does not fit either,
/// unless the schema says that there may be others.
fn misfits(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let schemas = parts(document, schema);
    if let Some(choices) = schemas.iter().find_map(|part| part["oneOf"].as_array().or(part["anyOf"].as_array())) {
        let tried: Vec<Vec<String>> = choices.iter().map(|choice| misfits(document, choice, value, place)).collect();
        return tried.into_iter().min_by_key(Vec::len).unwrap_or_default();
    }
    let mut found = Vec::new();
    for part in &schemas {
        let types = part["type"].as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(&part["type"]));
        let fits = types.iter().any(|kind| match kind.as_str() {
            None => true,
            Some("null") => value.is_null(),
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some(other) => panic!("`{other}` is no type of OpenAPI"),
        });
        let in_words = part["enum"].as_array().is_none_or(|words| words.contains(value));
        let in_range = value.as_f64().is_none_or(|number| {
            part["minimum"].as_f64().is_none_or(|least| number >= least)
                && part["maximum"].as_f64().is_none_or(|most| number <= most)
        });
        let a_timestamp = part["format"] != "date-time"
            || value.as_str().is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok());
        if !(fits && in_words && in_range && a_timestamp) {
            found.push(format!("{place} is {value}, which is not {part}"));
        }
        let required = part["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        found.extend(required.filter(|name| value.get(name).is_none()).map(|name| format!("{place} has no `{name}`")));
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            found.extend(misfits(document, &part["items"], item, &format!("{place}[{index}]")));
        }
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        let place = format!("{place}.{name}");
        let known = schemas.iter().find_map(|part| part["properties"].get(name));
        let others = schemas.iter().find_map(|part| part.get("additionalProperties"));
        match known.or(others) {
            None | Some(Value::Bool(false)) => found.push(format!("{place} is not in the document")),
            Some(Value::Bool(true)) => {}
            Some(schema) => found.extend(misfits(document, schema, field, &place)),
        }
    }
    found
}

/// Returns a schema and all that it is made of, without references.
fn parts<'a>(document: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    if let Some(path) = schema["$ref"].as_str() {
        let target = document.pointer(path.trim_start_matches('#'));
        return parts(document, target.unwrap_or_else(|| panic!("`{path}` leads nowhere")));
    }
    let more = schema["allOf"].as_array().into_iter().flatten();
    std::iter::once(schema).chain(more.flat_map(|part| parts(document, part))).collect()
}

#[track_caller]
fn check(document: &Value, path: &str, method: &str, answer: &Answer) {
    let responses = &document["paths"][path][method]["responses"];
    let exact = answer.status.to_string();
    let response = responses.get(&exact).or_else(|| responses.get(format!("{}XX", &exact[..1])));
    let response = response.unwrap_or_else(|| panic!("{method} {path}: {exact} is not in the document"));
    let response = parts(document, response)[0];
    let schema = &response["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{method} {path}: no schema for {exact}");
    assert_eq!(misfits(document, schema, &answer.json(), method), [""; 0], "{method} {path}");
    if answer.headers.contains_key("content-language") {
        assert!(response["headers"]["Content-Language"].is_object(), "{method} {path}: its language is not described");
    }
}

/// Returns the German response to an operation's example or its parameters' defaults.
fn in_german(server: &Server, path: &str, method: &str, example: &Value) -> Answer {
    let german = [("content-type", JSON), ("accept-language", "de")];
    match method {
        "post" => server.post(path, &german, example.to_string()),
        _ => server.get_in(&path.replace("{lead_id}", "ada"), "de"),
    }
}

#[test]
fn responses_have_the_languages_that_are_described() {
    let server = Server::start(&["converted"]);
    server.promote(&languages::speaking(&["en", "de"]));
    languages::score_ada(&server);
    let document = document();
    let mut described = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("methods") {
            let example = &operation["requestBody"]["content"]["application/json"]["example"];
            let answer = in_german(&server, path, method, example);
            if method == "post" && path != "/v1/score" {
                let why = "the example is about no answer of this server, which has no leads and no webhooks";
                assert!(matches!(answer.status, 404 | 409), "{why}: {}", answer.text);
                check(&document, path, method, &answer);
                continue;
            }
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            check(&document, path, method, &answer);
            let asked = operation["parameters"].to_string().contains("\"name\":\"Accept-Language\"");
            let language = answer.headers.get("content-language").map(String::as_str);
            assert_eq!(language, asked.then_some("de"), "{method} {path}");
            described += usize::from(asked);
        }
    }
    assert_eq!(described, 3, "/v1/score, /v1/leads and /v1/leads/{{lead_id}} have reasons");
}

#[test]
fn all_routes_are_described_and_no_others() {
    let routes = include_str!("../v1/mod.rs").lines().filter_map(|line| line.split_once(".route(\"/v1/"));
    let mut routed: Vec<String> = routes
        .map(|(_, route)| {
            let (path, rest) = route.split_once("\", ").expect("a path and its method");
            format!("{} /v1/{path}", rest.split('(').next().expect("a method"))
        })
        .collect();
    let document = document();
    let paths = document["paths"].as_object().expect("paths").iter();
    let mut described: Vec<String> = paths
        .flat_map(|(path, methods)| {
            methods.as_object().expect("methods").keys().map(move |method| format!("{method} {path}"))
        })
        .collect();
    routed.sort_unstable();
    described.sort_unstable();
    assert_eq!(routed, described);
}

#[test]
fn responses_are_as_described() {
    let server = Server::start(&["converted"]);
    server.promote(&columns_model());
    server.runtime.block_on(async {
        server.store.insert_predictions(&[prediction("p1", "ada", 1, 0.2)]).await.expect("new");
        server.store.put_lead_briefs(&[brief("ada", "Ada")]).await.expect("written");
    });
    let document = document();
    assert_eq!(server.get("/v1/openapi.json").json(), document);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    for path in ["/v1/score", "/v1/feedback"] {
        let content = &document["paths"][path]["post"]["requestBody"]["content"]["application/json"];
        let example = &content["example"];
        assert_eq!(misfits(&document, &content["schema"], example, "example"), [""; 0]);
        let answer = server.post_json(path, example);
        assert!(matches!(answer.status, 200 | 201), "{path}: the example is refused: {}", answer.text);
        check(&document, path, "post", &answer);
        check(&document, path, "post", &server.post_json(path, &json!({ "colour": 1 })));
    }
    let strange = json!({ "target": "converted", "features": { "channel": "tiktok" } });
    let answer = server.post_json("/v1/score", &strange);
    assert!(answer.json()["unseen"].is_array() && answer.json()["reasons"].is_array(), "{}", answer.text);
    check(&document, "/v1/score", "post", &answer);
    for path in document["paths"].as_object().expect("paths").keys().filter(|path| !path.contains('{')) {
        if document["paths"][path]["get"].is_object() {
            let answer = server.get(path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            check(&document, path, "get", &answer);
        }
    }
    let lead = server.get("/v1/leads/ada");
    assert!(lead.json()["feedback"][0].is_object(), "the example of feedback is about this lead: {}", lead.text);
    check(&document, "/v1/leads/{lead_id}", "get", &lead);
    check(&document, "/v1/leads/{lead_id}", "get", &server.get("/v1/leads/nobody"));
    check(&document, "/v1/leads", "get", &server.get("/v1/leads?limit=501"));
}

#[test]
fn the_check_finds_misfits() {
    let document = document();
    let schema = json!({ "$ref": "#/components/schemas/Unseen" });
    let wrong = json!({ "feature": 3, "rows": -1, "colour": "red" });
    let found = misfits(&document, &schema, &wrong, "x");
    for expected in ["x has no `level`", "x.feature is 3", "x.rows is -1", "x.colour is not in the document"] {
        assert!(found.iter().any(|misfit| misfit.starts_with(expected)), "{expected}: {found:?}");
    }
}

#[test]
fn the_page_shows_each_operation() {
    let page = Server::start(&[]).get("/api").text;
    for expected in [
        "POST /v1/score",
        "GET /v1/leads/{lead_id}",
        "#ScoreRequest",
        "id=\"ScoreRequest\"",
        "too_high",
        "Accept-Language",
    ] {
        assert!(page.contains(expected), "`{expected}` is not in {page}");
    }
}
