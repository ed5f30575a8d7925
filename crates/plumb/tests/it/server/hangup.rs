//! SIGHUP: the server reads again what can change, says so, and goes on.

use std::fs::File;
use std::time::{Duration, Instant};

use crate::setup::folder;
use crate::setup::server::{Server, quick_folder};

#[test]
fn a_hangup_reloads_and_ends_nothing() {
    let folder = quick_folder();
    folder::write_secret(folder.path(), "keys", "A:first\n");
    let log = folder.path().join("log");
    let file = File::create(&log).expect("the folder can be written");
    let arguments = ["--data", "plumb-quick/leads", "--keys", "keys"];
    let server = Server::start_into(folder.path(), &arguments, &[("NO_COLOR", "1")], file.into());
    let reloads = || {
        let text = std::fs::read_to_string(&log).expect("text");
        (text.matches("reloaded at SIGHUP").count(), text)
    };
    let wait = |count: usize| {
        let begun = Instant::now();
        while reloads().0 < count {
            assert!(begun.elapsed() < Duration::from_secs(30), "{}", reloads().1);
            assert_eq!(server.status("/v1/health", &[], None), 200, "it goes on");
        }
        reloads().1
    };
    server.signal("HUP");
    assert!(wait(1).contains("keys=1 models=1"), "{}", reloads().1);
    folder::write_secret(folder.path(), "keys", "A:first\nB:second\n");
    server.signal("HUP");
    assert!(wait(2).contains("keys=2 models=1"), "{}", reloads().1);
    // What is wrong now stays as it was.
    folder::write_secret(folder.path(), "keys", "nonsense\n");
    server.signal("HUP");
    assert!(wait(3).contains("the access keys stay as they were"), "{}", reloads().1);
    server.stop();
}
