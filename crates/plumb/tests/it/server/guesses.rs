//! Wrong credentials, and callers that ask too often.

use std::fs::File;

use tempfile::TempDir;

use crate::setup::server::{Server, quick_folder};

const TOKEN: &str = "a token that is not short";

/// Starts a server that asks for credentials, behind a proxy on this machine, and logs into a file.
fn server(folder: &TempDir, more: &[&str]) -> Server {
    let arguments = [&["--data", "plumb-quick/leads", "--require-auth", "--trust-proxy", "127.0.0.1"], more].concat();
    let variables =
        [("PLUMB_TOKEN", TOKEN), ("PLUMB_ACCESS_KEYS", "AKID:secret"), ("PLUMB_LOG", "info"), ("NO_COLOR", "1")];
    let log = File::create(folder.path().join("log")).expect("the folder can be written");
    Server::start_into(folder.path(), &arguments, &variables, log.into())
}

/// Sends a token from an address behind the proxy.
fn sent(server: &Server, address: &str, token: &str) -> u16 {
    server.status("/v1/health", &[("x-forwarded-for", address), ("authorization", &format!("Bearer {token}"))], None)
}

#[test]
fn guessing_is_slow_and_logged_and_locks_out_nobody_else() {
    let folder = quick_folder();
    let server = server(&folder, &[]);
    assert_eq!(sent(&server, "10.0.0.1", TOKEN), 200);
    let guesses: Vec<u16> = (0..300).map(|guess| sent(&server, "10.0.0.2", &format!("guess {guess}"))).collect();
    let looked_at = guesses.iter().filter(|status| **status == 401).count();
    assert!((10..30).contains(&looked_at) && guesses.contains(&429), "{looked_at} guesses were looked at");
    assert_eq!(sent(&server, "10.0.0.1", TOKEN), 200, "an owner at another address does not notice");
    (0..50).for_each(|guess| assert_ne!(sent(&server, "10.0.0.1", &format!("guess {guess}")), 200));
    assert_eq!(sent(&server, "10.0.0.1", TOKEN), 200, "nor one at the same address who signed in before");
    let signed = [
        ("x-forwarded-for", "10.0.0.3"),
        ("x-amz-date", "20200101T000000Z"),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKID/20200101/r/sagemaker/aws4_request, \
          SignedHeaders=host;x-amz-date, Signature=0000000000000000000000000000000000000000000000000000000000000000",
        ),
    ];
    assert_eq!(server.status("/v1/health", &signed, None), 403);
    let shortened = [signed[0], ("x-amz-date", "20200101T00Z"), signed[2]];
    assert_eq!(server.status("/v1/health", &shortened, None), 403);
    server.stop();
    let log = std::fs::read_to_string(folder.path().join("log")).expect("text");
    let lines = log.lines().filter(|line| line.contains("wrong credentials")).count();
    assert!((2..20).contains(&lines), "{lines} lines of {} guesses", guesses.len());
    assert!(log.contains("10.0.0.2") && log.contains("key=\"token\"") && !log.contains("guess 1"), "{log}");
    assert!(!log.contains(TOKEN), "a secret is in the log");
}

#[test]
fn a_key_and_an_address_have_their_rates() {
    let folder = quick_folder();
    let limited = server(&folder, &["--rate-per-key", "1"]);
    let statuses: Vec<u16> = (0..20).map(|number| sent(&limited, &format!("10.0.0.{number}"), TOKEN)).collect();
    assert!(statuses[0] == 200 && statuses.contains(&429), "{statuses:?}");
    limited.stop();
    let limited = server(&folder, &["--rate-per-address", "1"]);
    let statuses: Vec<u16> = (0..20).map(|_| sent(&limited, "10.0.0.1", TOKEN)).collect();
    assert!(statuses[0] == 200 && statuses.contains(&429), "{statuses:?}");
    assert_eq!(sent(&limited, "10.0.0.2", TOKEN), 200, "another address has its own");
    limited.stop();
}
