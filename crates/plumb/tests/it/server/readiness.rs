//! A disk that takes no more: the server says that it is not ready, and is ready again by itself.

use std::time::{Duration, Instant};

use crate::setup::server::{Server, quick_folder};

/// The paths by which the protocols ask whether the server is ready.
const PATHS: [&str; 5] = ["/ping", "/health", "/v1/health", "/v2/health/ready", "/v2/models/won/ready"];

#[test]
fn a_server_whose_disk_takes_no_more_is_not_ready_until_it_does() {
    let folder = quick_folder();
    let server = Server::of_quick(&folder, &[], &[]);
    check(&server, 200);
    assert_eq!(score(&server), 200);
    server.limit_files("0");
    assert_eq!(score(&server), 500, "an answer that cannot be recorded is none");
    check(&server, 503);
    assert_eq!(server.status("/v2/health/live", &[], None), 200, "it lives, and a restart would not help");
    let reason = server.raw("GET /v2/health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert!(reason.contains("the journal cannot be written"), "{reason}");
    server.limit_files("unlimited");
    check(&server, 200);
    assert_eq!(score(&server), 200);
    server.stop();
}

fn score(server: &Server) -> u16 {
    server.status("/endpoints/won/invocations", &[("content-type", "text/csv")], Some("50,referral"))
}

/// Asks until all paths have a status; what was found is good for a second.
#[track_caller]
fn check(server: &Server, expected: u16) {
    let begun = Instant::now();
    for path in PATHS {
        loop {
            let status = server.status(path, &[], None);
            if status == expected {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "`{path}` has {status} for too long");
        }
    }
}
