//! `kill -9` while answers go out: what was answered is there when a server starts again, each once.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use crate::setup::server::{Server, quick_folder};

#[test]
fn answered_predictions_survive_a_kill() {
    let folder = quick_folder();
    let mut answered: BTreeSet<String> = BTreeSet::new();
    // Each round kills a server in the midst of answers; the next loads what it left.
    for _round in 0..3 {
        answered.extend(predictions_until_a_kill(&folder));
    }
    assert!(answered.len() > 60, "{} answers are too few to show anything", answered.len());
    let server = Server::of_quick(&folder, &[], &[]);
    for lead_id in &answered {
        let known = server.get(&format!("/v1/leads/{lead_id}"));
        assert_eq!(known["predictions"].as_array().map(Vec::len), Some(1), "{lead_id}: {known}");
    }
    let captured = captured_events(&folder.path().join("plumb-quick/leads/capture/won"));
    let distinct: BTreeSet<&String> = captured.iter().collect();
    assert_eq!(distinct.len(), captured.len(), "a call is captured once");
    assert!(captured.len() >= answered.len(), "{} of {} calls are captured", captured.len(), answered.len());
    server.stop();
}

#[test]
fn servers_that_start_at_once_take_nothing_from_each_other() {
    let folder = quick_folder();
    let mut answered: BTreeSet<String> = BTreeSet::new();
    for _round in 0..3 {
        // Each of them begins a file while the others look for what was left behind.
        let all = thread::scope(|scope| {
            let starts = [(); 4].map(|()| scope.spawn(|| predictions_until_a_kill(&folder)));
            starts.map(|start| start.join().expect("it started beside the others"))
        });
        answered.extend(all.into_iter().flatten());
    }
    let server = Server::of_quick(&folder, &[], &[]);
    for lead_id in &answered {
        let known = server.get(&format!("/v1/leads/{lead_id}"));
        assert_eq!(known["predictions"].as_array().map(Vec::len), Some(1), "{lead_id}: {known}");
    }
    server.stop();
}

/// Asks a server from several threads, kills it after some answers, and returns the leads that were answered.
fn predictions_until_a_kill(folder: &tempfile::TempDir) -> Vec<String> {
    let server = Server::of_quick(folder, &["--capture"], &[]);
    let address = server.address.clone();
    let answered = Mutex::new(Vec::new());
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..4 {
            let (address, answered, sender) = (&address, &answered, sender.clone());
            scope.spawn(move || {
                let agent = ureq::agent();
                // Ends when the server is gone.
                while let Some(lead_id) = ask(&agent, address) {
                    answered.lock().expect("no thread panicked").push(lead_id);
                    if sender.send(()).is_err() {
                        break;
                    }
                }
            });
        }
        for _ in 0..25 {
            receiver.recv().expect("the server answers");
        }
        server.kill();
    });
    answered.into_inner().expect("no thread panicked")
}

fn ask(agent: &ureq::Agent, address: &str) -> Option<String> {
    let request = agent.post(format!("{address}/endpoints/won/invocations"));
    let request = request.header("content-type", "text/csv").header("accept", "application/vnd.plumb+json");
    let body = request.send("50,referral").ok()?.body_mut().read_to_string().ok()?;
    let answer: Value = serde_json::from_str(&body).ok()?;
    answer["predictions"][0]["lead_id"].as_str().map(str::to_owned)
}

/// Returns the events in all files under a folder.
fn captured_events(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("calls were captured");
    let paths = entries.map(|entry| entry.expect("listed").path());
    let events = paths.flat_map(|path| match path.is_dir() {
        true => captured_events(&path),
        false => {
            let text = std::fs::read_to_string(&path).expect("readable");
            let event = |line: &str| -> String {
                let line: Value = serde_json::from_str(line).expect("a line is JSON");
                line["eventMetadata"]["eventId"].as_str().expect("an event has an id").to_owned()
            };
            text.lines().map(event).collect()
        }
    });
    events.collect()
}
