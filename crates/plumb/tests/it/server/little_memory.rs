//! A server in 512 MiB, under all clients that ask for much with little, at once and in turns: it goes on answering.
//!
//! The limit is one of addresses (`ulimit -v`), which is harder than one of memory: stacks, the program itself and what the
//! allocator only sets aside count as well, and the first allocation beyond it ends the process.
//!
//! Some rounds are an ordinary test. `PLUMB_SQUEEZE_ROUNDS=200 cargo test --release … little_memory -- --nocapture` runs more
//! of them and prints how long health took; there, it has to be under 50 ms.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::setup::server::{Server, quick_folder};

/// The memory of the server, in MiB.
const MEBIBYTES: usize = 512;

/// Rounds of an ordinary run.
const ROUNDS: usize = 2;

/// Clients that attack at a time.
const CLIENTS: usize = 3;

/// Connections that send a part of a body, or read nothing of their answer, for a whole round.
const HELD: usize = 12;

/// How long health may take in an ordinary run, on a machine that does other things as well.
const HEALTH_TIME_MAX: Duration = Duration::from_secs(5);

/// How long health may take in a long run.
const HEALTH_TIME_TARGET: Duration = Duration::from_millis(50);

/// As large as a body may be, about.
const BODY_BYTES: usize = 6_200_000;

const INVOKE: &str = "/endpoints/won/invocations";
const JSON: &str = "application/json";
const FULL: &str = "application/vnd.plumb+json";

/// A request that asks for much, and the statuses that it may be answered with beside 503.
struct Attack {
    path: &'static str,
    content_type: &'static str,
    accept: &'static str,
    body: Vec<u8>,
    statuses: &'static [u16],
}

/// Returns a text repeated up to a size.
fn filled(start: &str, part: &str, end: &str, bytes: usize) -> Vec<u8> {
    format!("{start}{}{end}", part.repeat(bytes / part.len())).into_bytes()
}

fn attacks() -> Vec<Attack> {
    let attack =
        |path, content_type, accept, body: Vec<u8>, statuses| Attack { path, content_type, accept, body, statuses };
    let rows = |row: &str, bytes| filled("{\"instances\":[", &format!("{row},"), "{}]}", bytes);
    let deep = format!("{}{},", "[".repeat(120), "]".repeat(120));
    let name = "n".repeat(BODY_BYTES / 2);
    let record = [&0xced7_230a_u32.to_le_bytes()[..], &[4, 0, 0, 0], &[0x0a, 0, 0x12, 0]].concat();
    vec![
        attack(INVOKE, JSON, FULL, rows("{}", 600_000), &[413]),
        attack(INVOKE, JSON, FULL, rows("{}", BODY_BYTES), &[413]),
        attack(INVOKE, JSON, FULL, rows("{}", 40_000), &[200, 413]),
        attack(INVOKE, JSON, JSON, rows("{\"size\":1}", BODY_BYTES), &[413]),
        attack(INVOKE, JSON, JSON, rows("{\"a\":{}}", BODY_BYTES), &[413]),
        attack(INVOKE, JSON, JSON, rows("{\"lead_id\":\"a\"}", BODY_BYTES), &[413]),
        attack(INVOKE, "application/jsonlines", FULL, filled("", "{}\n", "", BODY_BYTES), &[413]),
        attack(INVOKE, "text/csv", "text/csv", filled("", "1,\n", "", BODY_BYTES), &[413]),
        attack(
            INVOKE,
            "text/csv",
            "text/csv",
            filled("", "50.123456789012345678901234567890,\"r\u{f6}ferral\"\n", "", BODY_BYTES),
            &[200, 413],
        ),
        attack(INVOKE, "text/csv", "text/csv", filled("", "50,referral\n", "", 600_000), &[200]),
        attack(INVOKE, "text/libsvm", "text/csv", filled("", "1 0:1\n", "", BODY_BYTES), &[413]),
        attack(INVOKE, "application/x-recordio-protobuf", "text/csv", record.repeat(BODY_BYTES / record.len()), &[413]),
        attack(INVOKE, JSON, JSON, filled("[", &deep, "1]", BODY_BYTES), &[413]),
        attack(INVOKE, JSON, JSON, "[".repeat(BODY_BYTES).into_bytes(), &[413, 424]),
        attack(INVOKE, JSON, JSON, format!("{{\"instances\":[{{\"{name}\":1}}]}}").into_bytes(), &[424]),
        attack(
            "/invocations",
            JSON,
            JSON,
            format!("{{\"inputs\":{{\"{name}\":[{}1]}}}}", "1,".repeat(1_000_000)).into_bytes(),
            &[400, 413],
        ),
        attack(
            "/invocations",
            JSON,
            JSON,
            filled("{\"dataframe_records\":[", "{\"size\":\"\\u0031\"},", "{}]}", BODY_BYTES),
            &[413],
        ),
        attack(
            "/v1/score",
            JSON,
            JSON,
            filled("{\"target\":\"won\",\"features\":[", "[[]],", "1]}", BODY_BYTES),
            &[413],
        ),
        attack("/v1/score", JSON, JSON, format!("{{\"target\":\"{name}\"}}").into_bytes(), &[404]),
        attack("/v1/feedback", JSON, JSON, filled("{\"note\":[", "{\"a\":1},", "1]}", BODY_BYTES), &[413]),
        attack(
            "/v2/models/won/infer",
            JSON,
            JSON,
            filled("{\"inputs\":[{\"name\":\"size\",\"datatype\":\"FP64\",\"data\":[", "1,", "1]}]}", BODY_BYTES),
            &[413],
        ),
    ]
}

/// What a run saw.
#[derive(Default)]
struct Seen {
    answers: AtomicUsize,
    scores: AtomicUsize,
}

#[test]
fn a_server_with_little_memory_survives_clients_that_ask_for_much() {
    let asked = std::env::var("PLUMB_SQUEEZE_ROUNDS").ok().map(|rounds| rounds.parse().expect("a number of rounds"));
    let folder = quick_folder();
    let server = Server::of_quick_within(&folder, MEBIBYTES, &[]);
    let (attacks, seen, is_over) = (attacks(), Seen::default(), AtomicBool::new(false));
    let mut health = thread::scope(|scope| {
        let health = scope.spawn(|| health_times(&server, &is_over));
        let scoring = scope.spawn(|| score_until(&server, &is_over, &seen.scores));
        let over = Over(&is_over);
        for _round in 0..asked.unwrap_or(ROUNDS) {
            squeeze(&server, &attacks, &seen);
        }
        drop(over);
        scoring.join().expect("single rows are scored all the while");
        health.join().expect("health is answered all the while")
    });
    health.sort_unstable();
    let of = |share: usize| health[(health.len() - 1) * share / 1_000];
    let figures = format!(
        "health {} times: p50 {:?}, p99 {:?}, p99.9 {:?}, at most {:?}; {} attacks answered, {} rows scored beside them; at most \
         {} MiB resident, {} MiB of addresses",
        health.len(),
        of(500),
        of(990),
        of(999),
        of(1_000),
        seen.answers.load(Ordering::Relaxed),
        seen.scores.load(Ordering::Relaxed),
        server.kilobytes("VmHWM:") >> 10,
        server.kilobytes("VmPeak:") >> 10,
    );
    println!("{figures}");
    let time_max = if asked.is_some() { HEALTH_TIME_TARGET } else { HEALTH_TIME_MAX };
    assert!(of(1_000) < time_max, "{figures}");
    server.stop();
}

/// Ends the other threads, also when an assertion fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One round: all attacks, some at a time, while other clients hold what they have begun.
fn squeeze(server: &Server, attacks: &[Attack], seen: &Seen) {
    let mut held: Vec<TcpStream> = Vec::new();
    for _ in 0..HELD {
        held.push(half_a_body(server));
        held.push(never_read(server));
    }
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
                while let Some(attack) = attacks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    send(server, &agent, attack);
                    seen.answers.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        scope.spawn(|| endless(server));
        scope.spawn(|| compressed(server));
    });
}

fn send(server: &Server, agent: &ureq::Agent, attack: &Attack) {
    let Attack { path, content_type, accept, body, statuses } = attack;
    let request = agent.post(format!("{}{path}", server.address)).header("content-type", *content_type);
    let mut answer = request.header("accept", *accept).send(body.as_slice()).expect("the server answers");
    let (status, head) = (answer.status().as_u16(), String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned());
    let mut text = Vec::new();
    answer.body_mut().as_reader().read_to_end(&mut text).expect("a whole answer");
    let text = String::from_utf8_lossy(&text[..text.len().min(300)]).into_owned();
    // What is large finds no room where others have it already.
    assert!(
        status == 503 || statuses.contains(&status),
        "{path} {content_type} {head}…: {status} is none of {statuses:?}: {text}"
    );
}

fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address.trim_start_matches("http://")).expect("the server listens")
}

/// Sends the first megabyte of a body, and no more.
fn half_a_body(server: &Server) -> TcpStream {
    let mut stream = connect(server);
    let head =
        format!("POST {INVOKE} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {JSON}\r\ncontent-length: 6000000\r\n\r\n");
    // The server may have no room for it, and close the connection.
    let _ = stream.write_all(&[head.as_bytes(), &vec![b' '; 1 << 20]].concat());
    stream
}

/// Asks for an answer of some megabytes, and reads nothing of it.
fn never_read(server: &Server) -> TcpStream {
    let mut stream = connect(server);
    let body = filled("{\"instances\":[", "{},", "{}]}", 9_000);
    let length = body.len();
    let head = format!(
        "POST {INVOKE} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {JSON}\r\naccept: {FULL}\r\ncontent-length: {length}\r\n\r\n"
    );
    let _ = stream.write_all(&[head.as_bytes(), &body].concat());
    stream
}

/// Sends chunks without an end, until the server refuses them.
fn endless(server: &Server) {
    let mut stream = connect(server);
    let head = format!(
        "POST {INVOKE} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {JSON}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let sent = stream
        .write_all(head.as_bytes())
        .and_then(|()| (0..4_096).try_for_each(|_| stream.write_all(chunk.as_bytes())));
    assert!(sent.is_err(), "256 MiB of a body were taken");
}

/// Sends a compressed body, which is refused before it is unpacked.
fn compressed(server: &Server) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.post(format!("{}{INVOKE}", server.address)).header("content-type", JSON);
    let answer = request.header("content-encoding", "gzip").send(&[0x1f, 0x8b][..]).expect("the server answers");
    assert_eq!(answer.status(), 400);
}

/// Asks for health again and again, and returns how long each answer took.
fn health_times(server: &Server, is_over: &AtomicBool) -> Vec<Duration> {
    let agent = ureq::agent();
    let mut times = Vec::new();
    while !is_over.load(Ordering::Relaxed) || times.is_empty() {
        let asked = Instant::now();
        let answer = agent.get(format!("{}/v1/health", server.address)).call().expect("health is answered");
        assert_eq!(answer.status(), 200);
        times.push(asked.elapsed());
    }
    times
}

/// Scores single rows again and again: they are never refused.
fn score_until(server: &Server, is_over: &AtomicBool, scores: &AtomicUsize) {
    let agent = ureq::agent();
    while !is_over.load(Ordering::Relaxed) {
        let request = agent.post(format!("{}{INVOKE}", server.address)).header("content-type", "text/csv");
        let answer = request.header("accept", FULL).send("50,referral").expect("a single row is scored");
        assert_eq!(answer.status(), 200);
        scores.fetch_add(1, Ordering::Relaxed);
    }
}
