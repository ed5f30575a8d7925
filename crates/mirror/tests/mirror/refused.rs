//! What a store refuses: the message says what to do, and has no secret.

use crate::setup::{Folder, pull_into, push_from, server};

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("CURRENT", b"1");
    folder
}

#[tokio::test]
async fn a_bucket_that_is_not_there_says_to_create_it() {
    let bucket = server().open("s3://no-such-bucket/leads", &[]);
    for error in [
        push_from(&bucket, &folder()).await.expect_err("there is none").to_string(),
        pull_into(&bucket, &Folder::new().data()).await.expect_err("there is none").to_string(),
    ] {
        assert!(error.contains("there is no such bucket: create it"), "{error}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_not_shown() {
    server().bucket("closed");
    let wrong = [("AWS_SECRET_ACCESS_KEY", "the-wrong-secret-0123456789")];
    let bucket = server().open("s3://closed/leads", &wrong);
    let error = push_from(&bucket, &folder()).await.expect_err("the signature is wrong").to_string();
    assert!(error.contains("access is denied: check the credentials in the environment"), "{error}");
    assert!(!error.contains("the-wrong-secret") && !error.contains(&server().server.key_id), "{error}");
}

#[tokio::test]
async fn a_bucket_without_a_version_says_to_push() {
    let bucket = server().bucket("empty");
    let error = pull_into(&bucket, &Folder::new().data()).await.expect_err("it is empty").to_string();
    assert!(error.contains("holds no version yet: run `plumb push`"), "{error}");
}

#[tokio::test]
async fn a_folder_with_other_data_is_not_touched() {
    let bucket = server().bucket("other");
    push_from(&bucket, &folder()).await.expect("it is pushed");
    let other = Folder::new();
    other.write("plumb.db", b"mine");
    let error = pull_into(&bucket, &other.data()).await.expect_err("it is not empty").to_string();
    assert!(error.contains("is not empty"), "{error}");
    assert_eq!(other.files().keys().collect::<Vec<_>>(), ["plumb.db"]);
    let error = push_from(&bucket, &other).await.expect_err("it comes from elsewhere").to_string();
    assert!(error.contains("was not overwritten"), "{error}");
}
