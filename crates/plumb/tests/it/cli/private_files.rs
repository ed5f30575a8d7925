//! Who may read what the program writes: its user alone, whatever the umask.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::setup::folder::{write, write_secret};
use crate::setup::program::{failure, run, success, with_umask};
use crate::setup::server::quick_folder;

/// Returns all files and folders below a folder, each with its permissions.
fn all_modes(folder: &Path) -> Vec<(PathBuf, u32)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("it can be read").map(|entry| entry.expect("readable")) {
        let metadata = entry.metadata().expect("it is there");
        all.push((entry.path(), metadata.permissions().mode() & 0o7777));
        if metadata.is_dir() {
            all.extend(all_modes(&entry.path()));
        }
    }
    all
}

/// Checks that others may do nothing with what is below a folder, and that these files are there.
#[track_caller]
fn check_private(folder: &Path, files: &[&str]) {
    let all = all_modes(folder);
    for (path, mode) in &all {
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
    for file in files {
        let is_there = all.iter().any(|(path, _)| path.to_string_lossy().contains(file));
        assert!(is_there, "{file} is not there: {all:?}");
    }
}

#[test]
fn every_file_of_a_whole_run_is_its_owners_alone() {
    for umask in [0o000, 0o022] {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().join("company");
        let demo = ["demo", "--no-serve", "--leads", "400", "--folder", "company"];
        success(with_umask(home.path(), &demo, umask).output().expect("the program starts"));
        check_private(
            home.path(),
            &["crm.db", "truth.csv", "plumb.toml", "raw/crm", "ground/000001", "plumb.db", "models/"],
        );
        let features = ["features", "--out", "features.parquet"];
        success(with_umask(&folder, &features, umask).output().expect("the program starts"));

        let mut server = with_umask(&folder, &["serve", "--port", "0", "--capture"], umask);
        let mut server = server.stdout(Stdio::piped()).spawn().expect("the program starts");
        let line = BufReader::new(server.stdout.take().expect("it is caught")).lines().next();
        let line = line.expect("it prints its address").expect("text");
        let address = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address");
        let leads: serde_json::Value =
            serde_json::from_str(&page(&format!("{address}/v1/leads?target=converted"))).expect("an answer in JSON");
        let lead = leads["leads"][0]["lead_id"].as_str().expect("there is a lead").to_owned();
        let request = serde_json::json!({ "lead_id": lead, "target": "converted" }).to_string();
        let answer = ureq::post(format!("{address}/v1/score")).header("content-type", "application/json");
        answer.send(&request).expect("it is scored");
        // While it runs, SQLite has its own files beside the database.
        check_private(home.path(), &["plumb.db-wal", "plumb.db-shm", "journal/", "features.parquet"]);
        server.kill().expect("it runs");
        server.wait().expect("it ends");
    }
}

fn page(url: &str) -> String {
    ureq::get(url).call().expect("it answers").body_mut().read_to_string().expect("a text")
}

#[test]
fn a_data_folder_that_others_may_read_is_closed_and_that_is_said_once() {
    let folder = quick_folder();
    let data = folder.path().join("plumb-quick/leads");
    let mode = || data.metadata().expect("it is there").permissions().mode() & 0o7777;
    assert_eq!(mode(), 0o700);
    fs::set_permissions(&data, Permissions::from_mode(0o755)).expect("it is ours");
    write(folder.path(), "new.csv", "size,channel\n10,ads\n");
    let score = || {
        let output = run(folder.path(), &["score", "new.csv", "--data", "plumb-quick/leads"]);
        let notes = String::from_utf8_lossy(&output.stderr).into_owned();
        success(output);
        notes
    };
    assert_eq!(
        score(),
        "note: other users could read the data in `plumb-quick/leads` (mode 0755): its folder is now its owner's alone\n"
    );
    assert_eq!((mode(), score()), (0o700, String::new()));
}

#[test]
fn a_file_of_keys_that_others_may_read_or_write_is_refused() {
    let folder = quick_folder();
    write_secret(folder.path(), "keys", "AKID:secret\n");
    for (mode, shown) in [(0o640, "0640"), (0o604, "0604"), (0o602, "0602")] {
        fs::set_permissions(folder.path().join("keys"), Permissions::from_mode(mode)).expect("it is ours");
        let serve = ["serve", "--port", "0", "--data", "plumb-quick/leads", "--require-auth", "--keys", "keys"];
        let error = failure(run(folder.path(), &serve));
        let expected = format!(
            "error: `keys` holds secrets, and others may read or change it (mode {shown}): run `chmod 600 keys`\n"
        );
        assert_eq!(error, expected);
    }
}
