//! The pages, and the headers that protect them.

use serde_json::json;

use super::support::{Server, brief};
use crate::store::tests::prediction;

#[test]
fn an_empty_server_names_the_next_command() {
    let server = Server::start(&["converted"]);
    assert_eq!(server.get("/v1/health").json()["models"], json!({ "converted": null }));
    for (path, expected) in
        [("/", "plumb train"), ("/models", "plumb train"), ("/watch", "plumb monitor"), ("/data", "plumb profile")]
    {
        let page = server.get(path);
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains(expected), "`{expected}` is not on {path}");
        assert!(page.text.contains("width=device-width") && !page.text.contains("<script"), "{path}");
    }
    let body = json!({ "target": "converted", "features": { "age": 3 } });
    server.post_json("/v1/score", &body).refuses(409, "no_champion", "plumb train");
    let nothing = Server::start(&[]);
    assert!(nothing.get("/").text.contains("plumb demo"));
    nothing.get("/v1/leads").refuses(404, "unknown_target", "plumb train");
}

#[test]
fn a_rep_reports_a_wrong_score() {
    let server = Server::start(&["converted"]);
    server.runtime.block_on(async {
        let predictions = [prediction("p1", "email:a/b", 1, 0.2), prediction("p2", "a caller's own", 1, 0.9)];
        server.store.insert_predictions(&predictions).await.expect("new");
        server.store.put_lead_briefs(&[brief("email:a/b", "Ada <script>")]).await.expect("written");
    });
    let list = server.get("/?target=converted&band=D").text;
    assert!(list.contains("/leads/email%3Aa%2Fb") && list.contains("Ada &lt;script&gt;"), "{list}");
    assert!(!list.contains("a caller"), "rows of callers are no leads of ours");
    assert_eq!(server.get("/v1/leads").json()["total"], 1);

    let path = "/leads/email%3Aa%2Fb/flags";
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = "prediction_id=p1&complaint=too_low&note=They+called+us&by=";
    let foreign = [form[0], ("origin", "http://evil.example")];
    server.post(path, &foreign, body).refuses(403, "cross_site", "evil.example");
    let own = format!("http://{}", server.address);
    let answer = server.post(path, &[form[0], ("origin", &own)], body);
    assert_eq!(
        (answer.status, answer.headers["location"].as_str()),
        (303, "/leads/email%3Aa%2Fb?target=converted&thanks=1")
    );
    let page = server.get(&answer.headers["location"]).text;
    for expected in ["Thank you", "They called us", "The lead is better than this score", "somebody"] {
        assert!(page.contains(expected), "`{expected}` is not in {page}");
    }
    assert_eq!(server.post(path, &form, "prediction_id=p2&complaint=too_low").status, 404, "p2 is another lead's");

    let by_api = json!({ "prediction_id": "p1", "complaint": "not_a_lead", "note": "a test", "by": "rep 17" });
    assert_eq!(server.post_json("/v1/feedback", &by_api).status, 201);
    assert_eq!(server.get("/v1/leads/email%3Aa%2Fb").json()["feedback"][0]["by"], "rep 17");
    let unclear = json!({ "prediction_id": "p1", "complaint": "bad" });
    server.post_json("/v1/feedback", &unclear).refuses(400, "bad_field", "not_a_lead");
    let unknown = json!({ "prediction_id": "p9", "complaint": "too_low" });
    server.post_json("/v1/feedback", &unknown).refuses(404, "unknown_prediction", "p9");
}

#[test]
fn responses_carry_headers_that_keep_foreign_content_out() {
    let server = Server::start(&["converted"]);
    for path in ["/", "/v1/health", "/nothing"] {
        let headers = server.get(path).headers;
        assert!(headers["content-security-policy"].starts_with("default-src 'none'"), "{path}");
        assert_eq!(
            (headers["x-content-type-options"].as_str(), headers["cache-control"].as_str()),
            ("nosniff", "no-store")
        );
    }
    let style = server.get("/style.css");
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
}

#[test]
fn unknown_paths_and_failures_are_pages_for_browsers_only() {
    let server = Server::start(&["converted"]);
    server.get("/nothing").refuses(404, "unknown_path", "nothing at `/nothing`");
    let page = server.get("/leads/nobody");
    assert_eq!((page.status, page.headers["content-type"].as_str()), (404, "text/html; charset=utf-8"));
    assert!(page.text.contains("There is no lead <code>nobody</code>."), "{}", page.text);
    server.post("/models", &[], "").refuses(405, "wrong_method", "try GET");
}

#[test]
fn a_profile_is_served_in_a_sandbox_and_by_its_name_alone() {
    let server = Server::start(&["converted"]);
    let folder = server.folder.path().join("profiles");
    std::fs::create_dir(&folder).expect("writable");
    std::fs::write(folder.join("leads.html"), "<p>a profile</p>").expect("writable");
    std::fs::write(server.folder.path().join("secret.html"), "a secret").expect("writable");
    assert!(server.get("/data").text.contains("/data/leads"));
    let page = server.get("/data/leads");
    assert_eq!((page.status, page.text.as_str()), (200, "<p>a profile</p>"));
    let policy = &page.headers["content-security-policy"];
    assert!(policy.contains("sandbox allow-scripts") && policy.contains("script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("script-src 'unsafe-inline'") && page.headers["x-frame-options"] == "DENY");
    for path in ["/data/nothing", "/data/..%2Fsecret", "/data/leads.html", "/data/%2e%2e"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}
