//! The server under overload, and when it is stopped.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::json;

use super::support::{JSON, Server, config};
use crate::http::{ConcurrencyLimit, Config};
use crate::scoring::tests::columns_model;

const PATH: &str = "/endpoints/converted/invocations";
const CSV: (&str, &str) = ("content-type", "text/csv");
const SHORT: Duration = Duration::from_millis(1);

fn limited(concurrency: ConcurrencyLimit) -> Server {
    let server = Server::configured(Config { targets: vec!["converted".into()], concurrency, ..config() });
    server.promote(&columns_model());
    server
}

/// Sends bytes, says that no more will come, and returns all that is answered.
fn raw(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address).expect("the server listens");
    stream.write_all(bytes).expect("it reads");
    stream.shutdown(Shutdown::Write).expect("the other half stays open");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers and closes");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn past_its_limit_the_server_answers_503() {
    let server =
        limited(ConcurrencyLimit { working: 0, waiting: 0, patience: SHORT, deadline: Duration::from_secs(1) });
    let answer = server.post(PATH, &[CSV], "30,email");
    answer.refuses(503, "busy", "try again in a second");
    assert_eq!(answer.headers["x-amzn-errortype"], "ServiceUnavailable");
    assert_eq!(answer.headers["retry-after"], "1");
    for path in
        ["/v1/score", PATH, "/invocations", "/v2/models/converted/infer", "/v2/models/converted/versions/1/infer"]
    {
        assert_eq!(server.post(path, &[("content-type", JSON)], "{}").status, 503, "{path}");
    }
    assert_eq!(server.get("/v1/health").status, 200, "what costs little is answered still");
    let metrics = server.get("/metrics");
    assert_eq!(metrics.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let expected = "plumb_requests_total{path=\"/endpoints/{target}/invocations\",code=\"503\"} 2\n";
    assert!(
        metrics.text.contains(expected) && metrics.text.contains("\nplumb_requests_waiting 0\n"),
        "{}",
        metrics.text
    );
}

#[test]
fn hot_loops_stand_in_line_instead_of_being_refused() {
    const CLIENTS: usize = 64;
    let server = limited(ConcurrencyLimit { working: 2, waiting: 2, ..ConcurrencyLimit::DEFAULT });
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let ask = || (0..10).map(|_| server.post(PATH, &[CSV], "30,email").status).collect::<Vec<_>>();
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
        clients.into_iter().flat_map(|client| client.join().expect("no client panicked")).collect()
    });
    let answered = statuses.iter().filter(|status| **status == 200).count();
    // A machine that is busy with other work may let some of them stand longer than their patience.
    assert!(answered * 10 >= statuses.len() * 7, "{answered} of {} requests were answered", statuses.len());
}

#[test]
fn a_request_past_its_deadline_gets_a_503() {
    let server = limited(ConcurrencyLimit { working: 0, waiting: 1, patience: SHORT, deadline: SHORT });
    server.post_json("/v1/score", &json!({})).refuses(503, "busy", "deadline");
}

#[test]
fn a_body_that_is_too_large_or_compressed_is_refused_in_the_protocols_format() {
    let server = limited(ConcurrencyLimit::DEFAULT);
    let large = "1,email\n".repeat(1 << 20);
    let answer = server.post(PATH, &[CSV], &large);
    answer.refuses(413, "body_too_large", "6291456");
    assert_eq!(answer.headers["x-amzn-errortype"], "ValidationError");
    server.post("/v1/score", &[("content-type", JSON)], &large).refuses(413, "body_too_large", "6291456");
    assert_eq!(server.post("/invocations", &[CSV], &large).status, 413);
    let packed = [CSV, ("content-encoding", "gzip")];
    server.post(PATH, &packed, "30,email").refuses(400, "content_encoding", "gzip");
    let received = raw(&server, b"POST /v1/score HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999\r\n\r\n");
    assert!(received.starts_with("HTTP/1.1 413"), "{received}");
}

#[test]
fn a_client_that_disconnects_half_way_harms_nobody() {
    let server = limited(ConcurrencyLimit::DEFAULT);
    let received = raw(&server, b"POST /v1/score HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n{");
    assert!(received.is_empty() || received.starts_with("HTTP/1.1 400"), "{received}");
    for nonsense in [&b"\x00\x01\x02\r\n\r\n"[..], b"GET / HTTP/1.1\r\nhost: localhost\r\nx: a\nb\r\n\r\n", b"POST"] {
        let received = raw(&server, nonsense);
        assert!(received.is_empty() || received.starts_with("HTTP/1.1 "), "{received}");
    }
    let injected =
        b"GET /ping HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-amzn-sagemaker-inference-id: a\x0bb\r\n\r\n";
    assert!(raw(&server, injected).starts_with("HTTP/1.1 "));
    assert_eq!(server.post(PATH, &[CSV], "30,email").status, 200);
}

#[test]
fn echoed_attributes_cannot_inject_headers() {
    let server = limited(ConcurrencyLimit::DEFAULT);
    let sent = |value: &str| {
        let head =
            format!("POST {PATH} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: text/csv\r\n");
        let value = format!("x-amzn-sagemaker-custom-attributes: {value}\r\ncontent-length: 8\r\n\r\n30,email");
        let mut stream = TcpStream::connect(server.address).expect("the server listens");
        stream.write_all([head, value].concat().as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers and closes");
        String::from_utf8_lossy(&answer).into_owned()
    };
    assert!(sent("a\tb; c").contains("\r\nx-amzn-sagemaker-custom-attributes: a\tb; c\r\n"));
    // A bare line feed ends a header of the request, and what follows is another one of the request.
    let received = sent("a\nset-cookie: b");
    assert!(
        received.contains("\r\nx-amzn-sagemaker-custom-attributes: a\r\n") && !received.contains("set-cookie"),
        "{received}"
    );
    for value in ["a\r\n set-cookie: b", "a\rset-cookie: b", "a\0set-cookie: b", "\u{e4}", "a\x7fb"] {
        let received = sent(value).to_ascii_lowercase();
        let head = received.split("\r\n\r\n").next().unwrap_or_default();
        assert!(received.starts_with("http/1.1 400"), "{value:?}: {received}");
        assert!(!head.contains("set-cookie") && !head.contains("custom-attributes"), "{value:?}: {received}");
    }
}

#[test]
fn a_stopped_server_finishes_running_requests() {
    let mut server = limited(ConcurrencyLimit::DEFAULT);
    let mut stream = TcpStream::connect(server.address).expect("the server listens");
    let body = "30,email";
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: {}\r\n",
        body.len()
    );
    // `Expect` makes the server say that it has read the headers: the request is under way from then on.
    stream.write_all(format!("{head}expect: 100-continue\r\n\r\n").as_bytes()).expect("it reads");
    let mut first = [0; 25];
    stream.read_exact(&mut first).expect("it answers");
    assert_eq!(&first, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.stop.take().expect("it runs").send(()).expect("it listens");
    stream.write_all(body.as_bytes()).expect("it still reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers and closes");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
