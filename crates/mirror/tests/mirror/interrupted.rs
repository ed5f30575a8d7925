//! Runs that die in the middle, on either side: the version before stays, and the next run goes on.

use std::sync::Mutex;

use crate::setup::{Folder, Server, pull_into, push_from, push_with, server};

/// A folder with more files than are under way at once.
fn folder() -> Folder {
    let folder = Folder::new();
    for number in 0..40 {
        folder.write(&format!("raw/{number}"), format!("content {number}").as_bytes());
    }
    folder
}

#[tokio::test]
async fn a_push_that_dies_leaves_the_version_before_and_is_gone_on_with() {
    let bucket = server().bucket("half");
    let folder = folder();
    folder.write("CURRENT", b"1");
    push_from(&bucket, &folder).await.expect("it is pushed");
    let before = folder.files();
    for number in 40..80 {
        folder.write(&format!("raw/{number}"), format!("content {number}").as_bytes());
    }
    // The client ends once some files were sent.
    let stop = tokio::sync::Notify::new();
    let notify = |_, _| stop.notify_one();
    tokio::select! {
        biased;
        () = stop.notified() => {}
        pushed = push_with(&bucket, &folder, &notify) => panic!("it was not stopped: {pushed:?}"),
    }
    let copy = Folder::new();
    pull_into(&bucket, &copy.data()).await.expect("the version before is pulled");
    assert_eq!(copy.files(), before);
    let pushed = push_from(&bucket, &folder).await.expect("it is pushed");
    assert!(pushed.files_sent < 40, "some were there already: {pushed:?}");
    let copy = Folder::new();
    pull_into(&bucket, &copy.data()).await.expect("it is pulled");
    assert_eq!(copy.files(), folder.files());
}

#[tokio::test]
async fn a_pull_that_dies_makes_no_folder_and_is_gone_on_with() {
    let bucket = server().bucket("half-pull");
    let folder = folder();
    push_from(&bucket, &folder).await.expect("it is pushed");
    let copy = Folder::new();
    let stop = tokio::sync::Notify::new();
    let (data, notify) = (copy.data(), |_, _| stop.notify_one());
    tokio::select! {
        biased;
        () = stop.notified() => {}
        pulled = plumb_mirror::pull(&bucket, &data, false, &notify) => panic!("it was not stopped: {pulled:?}"),
    }
    assert!(!copy.data().exists() && copy.aside().is_dir());
    let pulled = pull_into(&bucket, &copy.data()).await.expect("it is pulled");
    assert!(pulled.files_fetched < 40, "some were there already: {pulled:?}");
    assert_eq!(copy.files(), folder.files());
    assert!(!copy.aside().exists());
}

#[tokio::test]
async fn a_server_that_dies_is_an_error_and_loses_nothing_here() {
    let server = Server::start();
    let bucket = server.bucket("gone");
    let folder = folder();
    let before = folder.files();
    let server = Mutex::new(Some(server));
    let pushed = push_with(&bucket, &folder, &|_, _| drop(server.lock().expect("not poisoned").take())).await;
    let error = pushed.expect_err("the server is gone").to_string();
    assert!(error.contains("cannot write `s3://gone/leads/files/"), "{error}");
    assert_eq!(folder.files(), before);
    assert!(!folder.data().join(plumb_mirror::BASE_FILE).exists());
}
