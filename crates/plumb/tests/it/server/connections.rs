//! More connections than the server keeps: those at rest make room, those at work stay, and a new caller is answered.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::setup::server::{Server, quick_folder};

const CONNECTIONS: usize = 16;

fn server(folder: &tempfile::TempDir) -> Server {
    Server::of_quick(folder, &["--connections", &CONNECTIONS.to_string()], &[])
}

/// Reads until the server closes the connection, by which it makes room.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).expect("a time");
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => bytes.is_empty(),
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn idle_connections_make_room_the_longest_idle_first() {
    let folder = quick_folder();
    let server = server(&folder);
    // Some send nothing, some half of their headers, some have been answered.
    let mut idle: Vec<TcpStream> = (0..CONNECTIONS)
        .map(|number| {
            let mut stream = server.connect();
            match number % 3 {
                0 => {}
                1 => stream.write_all(b"GET /ping HTTP/1.1\r\nhost: local").expect("it reads"),
                _ => assert!(ping(&mut stream), "a new connection is answered"),
            }
            stream
        })
        .collect();
    for _ in 0..3 {
        assert_eq!(server.status("/v1/health", &[], None), 200, "a new caller is answered");
    }
    assert!(is_closed(&mut idle[0]), "the first was idle for longest");
    assert!(ping(idle.last_mut().expect("there are some")) || CONNECTIONS < 3, "the last stays");
    server.stop();
}

#[test]
fn a_hundred_times_as_many_connections_keep_nobody_out() {
    let folder = quick_folder();
    let server = server(&folder);
    let mut kept = Vec::new();
    for number in 0..100 * CONNECTIONS {
        kept.push(server.connect());
        if number % 100 == 99 {
            assert_eq!(server.status("/v1/health", &[], None), 200, "after {number}");
            kept.clear();
        }
    }
    let score = server.post_as("/endpoints/won/invocations", "text/csv", "50,referral");
    assert!(score["predictions"][0]["score"].is_number(), "{score}");
    server.stop();
}

#[test]
fn a_request_under_way_is_not_closed_for_idle_ones() {
    let folder = quick_folder();
    let server = server(&folder);
    let mut working = server.connect();
    let head = "POST /endpoints/won/invocations HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\n";
    let rest = "content-length: 11\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n";
    working.write_all([head, rest].concat().as_bytes()).expect("it reads");
    let mut first = [0; 25];
    working.read_exact(&mut first).expect("it asks for the body");
    // More than there is room for, but of those that rest there is always one.
    let idle: Vec<TcpStream> = (0..3 * CONNECTIONS).map(|_| server.connect()).collect();
    assert_eq!(server.status("/v1/health", &[], None), 200);
    working.write_all(b"50,referral").expect("it still reads");
    let mut answer = String::new();
    working.read_to_string(&mut answer).expect("it answers and closes");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(idle);
    server.stop();
}

/// Asks over a connection that stays open, and returns whether it is answered.
fn ping(stream: &mut TcpStream) -> bool {
    let mut answer = [0; 12];
    let asked = stream.write_all(b"GET /ping HTTP/1.1\r\nhost: localhost\r\n\r\n");
    asked.and_then(|()| stream.read_exact(&mut answer)).is_ok() && &answer == b"HTTP/1.1 200"
}
