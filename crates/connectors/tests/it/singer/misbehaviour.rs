//! Taps that fail, hang, say too much, or leave something behind.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use plumb_connectors::{Error, SingerConfig};
use serde_json::json;

use super::{read, read_all, script};
use crate::support::Collected;

const ROW: &str = r#"
echo '{"type":"SCHEMA","stream":"a","key_properties":["id"],"schema":{"properties":{"id":{}}}}'
echo '{"type":"RECORD","stream":"a","record":{"id":1}}'
echo '{"type":"STATE","value":{"at":1}}'
"#;

/// Long enough for a loaded machine to start a shell.
const LIMIT: Duration = Duration::from_secs(5);

/// Returns the error of a tap that gives a row and a state, and then does what the script says.
async fn fails(then: &str, change: impl Fn(&mut SingerConfig)) -> Error {
    let mut config = script(&format!("{ROW}\n{then}"));
    change(&mut config);
    let mut sink = Collected::default();
    let error = read(&config, &mut sink).await.expect_err("the tap does not end well");
    assert_eq!((sink.rows.len(), sink.checkpoints.len()), (1, 1), "what came before is kept: {error}");
    error
}

#[tokio::test]
async fn a_failure_names_the_program_its_exit_code_and_its_last_words() {
    let error = fails("echo 'no such account' >&2; echo 'giving up' >&2; exit 3", |_| {}).await;
    assert_eq!(error.what, "`sh` failed with exit code 3; the last that it said:\nno such account\ngiving up\n");
    let error = fails("kill -9 $$", |_| {}).await;
    assert_eq!((error.what.as_str(), error.is_transient), ("`sh` was killed by signal 9", true));
}

#[tokio::test]
async fn a_half_line_is_an_error_and_a_whole_one_without_its_end_is_not() {
    let error = fails(r#"printf '{"type":"RECORD","str'"#, |_| {}).await;
    assert_eq!(error.what, "`sh` stopped in the middle of a line");
    let sink =
        read_all(&script(&format!(r#"{ROW} printf '{{"type":"RECORD","stream":"a","record":{{"id":2}}}}'"#))).await;
    assert_eq!(sink.column("a", "id"), ["1", "2"]);
}

#[tokio::test]
async fn a_line_without_end_is_refused_at_its_limit() {
    let error = fails("cat /dev/zero | tr '\\0' a", |_| {}).await;
    assert_eq!(error.what, "`sh` wrote a line of more than 33554432 bytes");
}

#[tokio::test]
async fn silence_has_a_limit() {
    let error = fails("exec tail -f /dev/null", |config| config.program.idle_timeout = LIMIT).await;
    assert_eq!((error.what.as_str(), error.is_transient), ("`sh` wrote nothing for 5 s", true));
}

#[tokio::test]
async fn talk_has_a_limit() {
    let error = fails("while :; do echo; done", |config| config.program.time_limit = LIMIT).await;
    assert_eq!(error.what, "`sh` took more than 5 s in all, its time limit");
}

#[tokio::test]
async fn a_closed_output_is_no_end() {
    let error = fails("exec tail -f /dev/null >/dev/null", |config| config.program.idle_timeout = LIMIT).await;
    assert_eq!(error.what, "`sh` closed its output and did not end");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let mut config = script("");
    config.program.command = vec!["/no/such/tap-x".into()];
    let error = read(&config, &mut Collected::default()).await.expect_err("it is not there");
    assert!(error.to_string().starts_with("cannot start `tap-x`: "), "{error}");
    assert!(error.to_string().ends_with("; install it, or write its whole path in `command`"), "{error}");
}

#[tokio::test]
async fn what_a_tap_has_started_ends_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pid");
    let child = format!("tail -f /dev/null & echo $! > {}", file.display());
    fails(&format!("{child}; exec tail -f /dev/null"), |config| {
        config.program.idle_timeout = LIMIT;
    })
    .await;
    assert!(has_ended(&file), "after a time limit");
    read_all(&script(&child)).await;
    assert!(has_ended(&file), "after a good end");
}

/// Whether the process whose number is in a file ends, or has ended and nobody has asked how.
fn has_ended(file: &Path) -> bool {
    let pid = fs::read_to_string(file).expect("the script has written it");
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(20) {
        let status = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        if status.is_empty() || status.contains(") Z ") {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

#[tokio::test]
async fn its_configuration_is_for_it_alone_and_gone_afterwards() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = script(r#"cp -p "$2" "$COPY/config"; echo "$2" > "$COPY/path"; env > "$COPY/env""#);
    config.config = json!({"password": "correct horse"});
    config.program.environment.insert("COPY".into(), folder.path().to_str().expect("a path of text").into());
    read_all(&config).await;
    let copied = |name: &str| fs::read_to_string(folder.path().join(name)).expect("the script has written it");
    assert_eq!(copied("config"), r#"{"password":"correct horse"}"#);
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &folder.path().join("config").metadata().expect("it is there").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    assert!(!Path::new(copied("path").trim()).exists());
    let environment = copied("env");
    assert!(environment.contains("PATH=") && !environment.contains("CARGO"), "ours is not passed on: {environment}");
}

#[tokio::test]
async fn no_message_has_a_secret() {
    let mut config =
        script("echo 'token s3cret-token refused' >&2; echo 'INFO s3cret-token'; echo '{s3cret-token'; exit 1");
    config.config = json!({"auth": {"access_token": "s3cret-token"}});
    let mut sink = Collected::default();
    let error = read(&config, &mut sink).await.expect_err("it fails");
    assert!(error.what.contains("token *** refused"), "{error}");
    let said = format!("{error:?} {sink:?}");
    assert!(!said.contains("s3cret") && sink.progress.iter().any(|line| line == "INFO ***"), "{said}");
    assert_eq!(sink.notes.len(), 2, "a line of text and one that cannot be read: {:?}", sink.notes);
}
