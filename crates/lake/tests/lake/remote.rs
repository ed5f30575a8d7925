//! Files of the web: fetched from a server, and what it refuses, said without secrets.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Mutex;

use plumb_lake::{fetch, is_url};

/// A server that has one file at `/exports/leads.csv`, for who sends the signature; returns where it listens.
fn server(content: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it listens").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a caller");
            let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
            let request = lines.next().and_then(Result::ok).unwrap_or_default();
            // The rest of the request's head.
            lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
            let (status, body): (&str, &[u8]) = match request.split(' ').nth(1) {
                Some("/exports/leads.csv?sig=hidden") => ("200 OK", content),
                Some(path) if path.contains("sig=") => ("404 Not Found", b""),
                _ => ("403 Forbidden", b"sig=wrong"),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
                 ETag: \"1\"\r\nConnection: close\r\n\r\n",
                body.len()
            );
            // A caller may have gone away.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_web_is_fetched_into_a_temporary_one() {
    let address = server(b"id,name\n1,Ada\n");
    let steps = Mutex::new(Vec::new());
    let progress = |so_far, all| steps.lock().expect("no panic").push((so_far, all));
    let input = fetch(&format!("http://{address}/exports/leads.csv?sig=hidden"), &progress).await.expect("it is there");
    assert_eq!(input.name, format!("http://{address}/exports/leads.csv"), "without the signature");
    assert_eq!(std::fs::read(&input.path).expect("it is here"), b"id,name\n1,Ada\n");
    assert_eq!(steps.lock().expect("no panic").last(), Some(&(14, 14)));
    let path = input.path.clone();
    assert!(input.is_temporary());
    drop(input);
    assert!(!path.exists(), "it goes with the input");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_refuses_is_said_without_secrets() {
    let address = server(b"");
    for (path, expected) in
        [("other.csv?sig=hidden", "there is no such file"), ("exports/leads.csv", "access is denied")]
    {
        let error = fetch(&format!("http://{address}/{path}"), &|_, _| ()).await.expect_err(path).to_string();
        assert!(error.contains(expected) && !error.contains("hidden"), "{error}");
    }
    let error = fetch("ftp://x/y", &|_, _| ()).await.expect_err("another scheme").to_string();
    assert!(error.contains("expected a URL that begins with s3://"), "{error}");
    assert!(is_url("s3://bucket/key") && is_url("https://x/y") && !is_url("exports/leads.csv"));
}
