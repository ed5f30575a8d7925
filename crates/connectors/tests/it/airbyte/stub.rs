//! A system behind HTTP, with leads and companies, that a test changes.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the system has, and what it was asked.
#[derive(Debug, Default)]
pub(crate) struct System {
    /// Leads as JSON, with when they were changed.
    pub(crate) leads: Vec<(&'static str, &'static str)>,
    /// Companies as JSON.
    pub(crate) companies: Vec<&'static str>,
    /// The path that it refuses.
    pub(crate) refused: Option<&'static str>,
    /// The requests that came.
    pub(crate) requests: Vec<String>,
}

/// Starts the system on a free port, and returns its address. It lives as long as the test program.
pub(crate) fn start(system: &Arc<Mutex<System>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("a port"));
    let system = Arc::clone(system);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &mut system.lock().expect("no test has panicked with it"));
        }
    });
    address
}

/// Answers one request. A client that has gone is none of our business.
fn answer(mut stream: TcpStream, system: &mut System) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let Some(path) = lines.next().and_then(|line| line.split(' ').nth(1).map(str::to_owned)) else { return };
    let has_token = lines.take_while(|line| !line.is_empty()).any(|line| line == "Authorization: Bearer s3cret-token");
    let (name, query) = path.split_once('?').unwrap_or((&path, ""));
    let (status, body) = if !has_token || system.refused == Some(name) {
        ("401 Unauthorized", r#"{"message": "the token s3cret-token is refused"}"#.to_owned())
    } else if name == "/leads" {
        ("200 OK", items(&system.page(query)))
    } else {
        ("200 OK", items(&system.companies))
    };
    system.requests.push(path);
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close");
    let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
}

fn items(items: &[&str]) -> String {
    format!(r#"{{"items": [{}]}}"#, items.join(","))
}

impl System {
    /// Returns a page of the leads that were changed since a time.
    fn page(&self, query: &str) -> Vec<&'static str> {
        let of = |name: &str| {
            let value = query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
            value.unwrap_or_default().replace("%3A", ":")
        };
        let number = |name: &str| of(name).parse::<usize>().expect("the manifest asks for pages");
        let (page, limit, since) = (number("page"), number("limit"), of("since"));
        let changed = self.leads.iter().filter(|(_, at)| **at >= *since).map(|(lead, _)| *lead);
        changed.skip((page - 1) * limit).take(limit).collect()
    }
}
