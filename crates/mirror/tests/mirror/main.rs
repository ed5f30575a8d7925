//! Folders and buckets through the crate's public functions, on a real S3 server that checks signatures and conditions.

mod setup;
mod interrupted;
mod refused;

use plumb_mirror::Error;
use setup::{Folder, pull_into, push_from, server};

#[tokio::test]
async fn a_folder_comes_back_with_the_same_bytes_and_a_second_push_sends_nothing() {
    let bucket = server().bucket("round");
    let folder = Folder::new();
    folder.write("CURRENT", b"7");
    folder.write("raw/crm/000001.parquet", &vec![7; 20 << 20]);
    folder.write("models/empty.json", b"");
    let pushed = push_from(&bucket, &folder).await.expect("it is pushed");
    assert_eq!((pushed.files, pushed.files_sent, pushed.unchanged), (3, 3, false));
    assert_eq!(pushed.version.expect("a version").number, 1);

    let again = push_from(&bucket, &folder).await.expect("it is pushed");
    assert_eq!((again.files_sent, again.bytes_sent, again.unchanged), (0, 0, true));

    let copy = Folder::new();
    let pulled = pull_into(&bucket, &copy.data()).await.expect("it is pulled");
    assert_eq!((pulled.files, pulled.files_fetched), (3, 3));
    assert_eq!(copy.files(), folder.files());
    let again = pull_into(&bucket, &copy.data()).await.expect("it is pulled");
    assert!(again.unchanged);

    // The copy goes on, and the first one is told so.
    copy.write("raw/crm/000002.parquet", b"more");
    let pushed = push_from(&bucket, &copy).await.expect("it is pushed");
    assert_eq!((pushed.files, pushed.files_sent), (4, 1));
    folder.write("CURRENT", b"8");
    let error = push_from(&bucket, &folder).await.expect_err("another folder has pushed");
    assert!(matches!(&error, Error::Overtaken { version, .. } if version.number == 2), "{error}");
    assert!(error.to_string().contains("version 2, pushed by ann on "), "{error}");
}

#[tokio::test]
async fn more_objects_than_one_answer_lists_are_known() {
    let bucket = server().bucket("many");
    let folder = Folder::new();
    for number in 0..1_030 {
        folder.write(&format!("raw/{number}"), number.to_string().as_bytes());
    }
    assert_eq!(push_from(&bucket, &folder).await.expect("it is pushed").files_sent, 1_030);
    folder.write("raw/one-more", b"new");
    let pushed = push_from(&bucket, &folder).await.expect("it is pushed");
    assert_eq!((pushed.files, pushed.files_sent), (1_031, 1));
}

#[tokio::test]
async fn of_two_pushes_at_once_one_is_refused() {
    let bucket = server().bucket("two");
    let folders = [Folder::new(), Folder::new()];
    for (number, folder) in folders.iter().enumerate() {
        folder.write("CURRENT", &[b'0' + number as u8]);
    }
    // The second one pushes while the first is about to: its progress is called before the pointer is written.
    let second = std::sync::Mutex::new(None);
    let first = setup::push_with(&bucket, &folders[0], &|_, _| {
        let (bucket, folder) = (bucket.clone(), &folders[1]);
        let pushed = std::thread::scope(|scope| {
            let pushing = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(push_from(&bucket, folder))
            });
            pushing.join().expect("no panic")
        });
        *second.lock().expect("not poisoned") = Some(pushed);
    })
    .await;
    let second = second.into_inner().expect("not poisoned").expect("it ran").expect("it is pushed");
    let error = first.expect_err("the other was first");
    assert!(
        matches!(&error, Error::Overtaken { version, .. } if Some(version.as_ref()) == second.version.as_ref()),
        "{error}"
    );
    let copy = Folder::new();
    pull_into(&bucket, &copy.data()).await.expect("it is pulled");
    assert_eq!(copy.files()["CURRENT"], b"1");
    let error = push_from(&bucket, &folders[0]).await.expect_err("it is refused as long as it comes from elsewhere");
    assert!(matches!(error, Error::Overtaken { .. }), "{error}");
}

#[tokio::test]
async fn a_damaged_object_is_named_and_the_folder_is_not_made() {
    let server = server();
    let bucket = server.bucket("damaged");
    let folder = Folder::new();
    folder.write("models/a.json", b"right");
    push_from(&bucket, &folder).await.expect("it is pushed");
    server.run(
        "import json\n\
         keys = [o['Key'] for o in s3.list_objects_v2(Bucket='damaged', Prefix='leads/files/')['Contents']]\n\
         s3.put_object(Bucket='damaged', Key=keys[0], Body=b'wrong')\n",
    );
    let copy = Folder::new();
    let error = pull_into(&bucket, &copy.data()).await.expect_err("it is damaged").to_string();
    assert!(error.contains("s3://damaged/leads/files/") && error.contains("`models/a.json`"), "{error}");
    assert!(!copy.data().exists());
    // Who still has the file mends an object of another size.
    server.run(
        "keys = [o['Key'] for o in s3.list_objects_v2(Bucket='damaged', Prefix='leads/files/')['Contents']]\n\
         s3.put_object(Bucket='damaged', Key=keys[0], Body=b'short')\n\
         s3.put_object(Bucket='damaged', Key=keys[0], Body=b'sh')\n",
    );
    folder.write("CURRENT", b"2");
    assert_eq!(push_from(&bucket, &folder).await.expect("it is pushed").files_sent, 2);
    pull_into(&bucket, &copy.data()).await.expect("it is pulled");
    assert_eq!(copy.files(), folder.files());
}
