//! Pages of other sites in the browser of somebody on this machine: their names for this machine are not ours.

use serde_json::Value;

use crate::setup::server::{Server, quick_folder};

fn get(server: &Server, target: &str, headers: &str) -> String {
    server.raw(&format!("GET {target} HTTP/1.1\r\n{headers}connection: close\r\n\r\n"))
}

#[track_caller]
fn check(received: &str, status: u16) {
    assert!(received.starts_with(&format!("HTTP/1.1 {status} ")), "{received}");
}

#[test]
fn a_rebound_name_reads_nothing() {
    let folder = quick_folder();
    let server = Server::of_quick(&folder, &["--allow-host", "leads.example"], &[]);
    for path in ["/", "/v1/leads", "/v1/health", "/ping", "/metrics", "/v2/health/ready", "/nowhere", "/style.css"] {
        check(&get(&server, path, "host: rebound.example:8080\r\n"), 421);
    }
    for host in ["localhost", "127.0.0.1:8080", "127.1.2.3", "[::1]:80", "leads.example:443"] {
        check(&get(&server, "/v1/health", &format!("host: {host}\r\n")), 200);
    }
    check(&get(&server, "http://rebound.example/v1/leads", "host: localhost\r\n"), 400);
    check(&get(&server, "http://rebound.example/v1/leads", ""), 421);
    check(&get(&server, "http://localhost/v1/health", "host: localhost\r\n"), 200);
    check(&get(&server, "/v1/leads", ""), 400);
    let old = server.raw("GET /v1/leads HTTP/1.0\r\n\r\n");
    assert!(old.contains(" 400 "), "{old}");
    for twice in ["host: localhost\r\nhost: localhost\r\n", "host: localhost\r\norigin: null\r\norigin: null\r\n"] {
        check(&get(&server, "/v1/leads", twice), 400);
    }
    let posted = server.raw(
        "POST /v1/feedback HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost\r\norigin: http://evil.example\r\n\
         connection: close\r\ncontent-length: 2\r\n\r\n{}",
    );
    check(&posted, 400);
    server.stop();
}

#[test]
fn each_protocol_refuses_in_its_own_format() {
    let folder = quick_folder();
    let server = Server::of_quick(&folder, &[], &[]);
    let post = |path: &str| {
        let received = server.raw(&format!(
            "POST {path} HTTP/1.1\r\nhost: rebound.example\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: 2\r\n\r\n{{}}"
        ));
        check(&received, if path.starts_with("/endpoints") { 400 } else { 421 });
        received
    };
    let json = |received: &str| -> Value {
        let body = received.split_once("\r\n\r\n").expect("a body").1;
        serde_json::from_str(body).expect("JSON")
    };
    assert_eq!(json(&post("/v1/score"))["error"]["code"], "wrong_host");
    let endpoint = post("/endpoints/won/invocations");
    assert!(endpoint.contains("x-amzn-errortype: ValidationError"), "{endpoint}");
    assert!(json(&endpoint)["Message"].as_str().is_some_and(|message| message.contains("rebound.example")));
    assert!(json(&post("/v2/models/won/infer"))["error"].is_string());
    assert!(post("/invocations").contains("\r\n\r\nthis server does not answer for host `rebound.example`"));
    server.stop();
}

#[test]
fn a_server_that_asks_for_credentials_has_any_name() {
    let folder = quick_folder();
    let server = Server::of_quick(&folder, &["--require-auth"], &[("PLUMB_TOKEN", "0123456789abcdef")]);
    check(&get(&server, "/v1/health", "host: leads.example\r\nauthorization: Bearer 0123456789abcdef\r\n"), 200);
    check(&get(&server, "/v1/health", "host: leads.example\r\n"), 401);
    let balancer = server.raw("GET /ping HTTP/1.0\r\n\r\n");
    assert!(balancer.contains(" 200 "), "{balancer}");
    server.stop();
}
