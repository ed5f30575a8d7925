//! `kill -9` while answers go out: what was answered, predictions and flags, is there when a server starts
//! again, each once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::thread;

use serde_json::{Value, json};

use crate::setup::rounds::rounds;
use crate::setup::server::{Server, quick_folder};

/// What a server has answered before it was killed.
#[derive(Default)]
struct Answered {
    /// The leads that were scored, each by one request.
    leads: BTreeSet<String>,
    /// The lead of each flag, by the flag's id.
    flags: BTreeMap<String, String>,
}

#[test]
fn answered_predictions_and_flags_survive_kills() {
    let folder = quick_folder();
    let answered = Mutex::new(Answered::default());
    // Each round kills a server in the midst of answers; the next loads what it left.
    for _round in 0..rounds(3) {
        answer_until_a_kill(&folder, &answered);
    }
    let answered = answered.into_inner().expect("no thread panicked");
    let (leads, flags) = (answered.leads.len(), answered.flags.len());
    assert!(leads > 60 && flags > 20, "{leads} leads and {flags} flags show nothing");
    let server = Server::of_quick(&folder, &[], &[]);
    check(&server, &answered);
    let captured = captured_events(&folder.path().join("plumb-quick/leads/capture/won"));
    let distinct: BTreeSet<&String> = captured.iter().collect();
    assert_eq!(distinct.len(), captured.len(), "a call is captured once");
    assert!(captured.len() >= leads, "{} of {leads} calls are captured", captured.len());
    server.stop();
}

#[test]
fn servers_that_start_at_once_take_nothing_from_each_other() {
    let folder = quick_folder();
    let answered = Mutex::new(Answered::default());
    for _round in 0..rounds(3) {
        // Each of them begins a file while the others look for what was left behind.
        thread::scope(|scope| {
            for _server in 0..4 {
                scope.spawn(|| answer_until_a_kill(&folder, &answered));
            }
        });
    }
    let server = Server::of_quick(&folder, &[], &[]);
    check(&server, &answered.into_inner().expect("no thread panicked"));
    server.stop();
}

/// Checks that each prediction and each flag is there once.
fn check(server: &Server, answered: &Answered) {
    for lead_id in &answered.leads {
        let known = server.get(&format!("/v1/leads/{lead_id}"));
        assert_eq!(known["predictions"].as_array().map(Vec::len), Some(1), "{lead_id}: {known}");
    }
    for (feedback_id, lead_id) in &answered.flags {
        let known = server.get(&format!("/v1/leads/{lead_id}"));
        let all = known["feedback"].as_array().expect("a list");
        let times = all.iter().filter(|feedback| feedback["feedback_id"] == feedback_id.as_str()).count();
        assert_eq!(times, 1, "{feedback_id}: {known}");
    }
}

/// Asks a server from several threads, flags each third of its answers, and kills it after some.
fn answer_until_a_kill(folder: &tempfile::TempDir, answered: &Mutex<Answered>) {
    let server = Server::of_quick(folder, &["--capture"], &[]);
    let address = server.address.clone();
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..4 {
            let (address, sender) = (&address, sender.clone());
            scope.spawn(move || {
                let agent = ureq::agent();
                // Ends when the server is gone.
                for number in 0.. {
                    let Some((lead_id, prediction_id)) = ask(&agent, address) else { break };
                    answered.lock().expect("no thread panicked").leads.insert(lead_id.clone());
                    if number % 3 == 0 {
                        let Some(feedback_id) = flag(&agent, address, &prediction_id) else { break };
                        answered.lock().expect("no thread panicked").flags.insert(feedback_id, lead_id);
                    }
                    if sender.send(()).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for _ in 0..25 {
            receiver.recv().expect("the server answers");
        }
        server.kill();
    });
}

/// Asks for a prediction, and returns its lead and its id.
fn ask(agent: &ureq::Agent, address: &str) -> Option<(String, String)> {
    let request = agent.post(format!("{address}/endpoints/won/invocations"));
    let request = request.header("content-type", "text/csv").header("accept", "application/vnd.plumb+json");
    let body = request.send("50,referral").ok()?.body_mut().read_to_string().ok()?;
    let answer: Value = serde_json::from_str(&body).ok()?;
    let text = |name: &str| answer["predictions"][0][name].as_str().map(str::to_owned);
    Some((text("lead_id")?, text("prediction_id")?))
}

/// Flags a prediction, and returns the flag's id.
fn flag(agent: &ureq::Agent, address: &str, prediction_id: &str) -> Option<String> {
    let feedback = json!({ "prediction_id": prediction_id, "complaint": "wrong_data", "by": "ada" });
    let request = agent.post(format!("{address}/v1/feedback")).header("content-type", "application/json");
    let body = request.send(feedback.to_string()).ok()?.body_mut().read_to_string().ok()?;
    let receipt: Value = serde_json::from_str(&body).ok()?;
    receipt["feedback_id"].as_str().map(str::to_owned)
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
