//! Object stores, on a real S3 server: files of a bucket as sources, and the data folder in a bucket.

use std::path::{Path, PathBuf};

use plumb_peers::S3Server;
use tempfile::TempDir;

use super::ingest::{NO_EVENTS, NO_OUTCOMES};
use crate::setup::folder::{copy, write};
use crate::setup::program::{failure, run_with, success};
use crate::setup::provided::provided;

/// A server with its packages.
struct Bucket {
    server: S3Server,
    packages: PathBuf,
}

impl Bucket {
    /// Starts a server with a bucket `leads`.
    fn start() -> Bucket {
        let packages = PathBuf::from(provided("PLUMB_TEST_S3_PATH"));
        let bucket = Bucket { server: S3Server::start(&packages).expect("the S3 server starts"), packages };
        bucket.run("s3.create_bucket(Bucket='leads')");
        bucket
    }

    fn run(&self, program: &str) {
        self.server.run(&self.packages, program).expect("the program runs");
    }

    /// Runs `plumb` with the server's credentials.
    fn plumb(&self, folder: &Path, arguments: &[&str]) -> std::process::Output {
        let variables = self.server.variables();
        run_with(folder, arguments, &variables.each_ref().map(|(name, value)| (*name, value.as_str())))
    }
}

#[test]
fn files_of_a_bucket_are_ingested_when_they_are_new_or_changed() {
    let bucket = Bucket::start();
    bucket.run(
        "import gzip\n\
         s3.put_object(Bucket='leads', Key='exports/1.csv', Body=b'id,name\\n1,Ada\\n')\n\
         s3.put_object(Bucket='leads', Key='exports/2.csv.gz', Body=gzip.compress(b'id,name\\n2,Bob\\n'))\n\
         s3.put_object(Bucket='leads', Key='exports/5.jsonl', Body=b'{\"id\": \"5\", \"name\": \"Zoe\"}\\n')\n\
         s3.put_object(Bucket='leads', Key='exports/old/3.csv', Body=b'id,name\\n3,Eve\\n')\n",
    );
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        "plumb.toml",
        "[source.crm]\nkind = \"files\"\nurl = \"s3://leads/exports/*\"\nkey = { records = [\"id\"] }",
    );
    write(
        folder.path(),
        "sources/lead.sql",
        "SELECT id AS lead_key, '2026-01-01' AS created_at, '2026-01-01' AS known_at, name FROM crm.records",
    );
    write(folder.path(), "sources/event.sql", NO_EVENTS);
    write(folder.path(), "sources/outcome.sql", NO_OUTCOMES);
    let first = success(bucket.plumb(folder.path(), &["ingest"]));
    assert!(first.contains("crm: 3 rows read, 3 new"), "{first}");
    let second = success(bucket.plumb(folder.path(), &["ingest"]));
    assert!(second.contains("crm: 0 rows read, 0 new, 3 files unchanged"), "{second}");
    bucket.run("s3.put_object(Bucket='leads', Key='exports/1.csv', Body=b'id,name\\n1,Ada\\n4,Kim\\n')\n");
    let third = success(bucket.plumb(folder.path(), &["ingest"]));
    assert!(third.contains("2 rows read, 1 new, 2 files unchanged"), "{third}");
}

#[test]
fn a_data_folder_comes_back_on_a_new_machine_and_scores_the_same_bytes() {
    let bucket = Bucket::start();
    let first = tempfile::tempdir().expect("a folder");
    success(bucket.plumb(first.path(), &["demo", "--company-only", "--leads", "1500", "--folder", "."]));
    let config = std::fs::read_to_string(first.path().join("plumb.toml")).expect("the project's configuration");
    let store = "\n[store]\nurl = \"s3://leads/demo\"\npush = true\n";
    write(first.path(), "plumb.toml", &(config + store));
    success(bucket.plumb(first.path(), &["ingest"]));
    success(bucket.plumb(first.path(), &["train", "--target", "converted"]));
    success(bucket.plumb(first.path(), &["push"]));
    let again = success(bucket.plumb(first.path(), &["push"]));
    assert!(again.starts_with("nothing is new: `s3://leads/demo` holds version "), "{again}");

    let second = second_machine(first.path());
    let empty = failure(bucket.plumb(second.path(), &["serve", "--port", "0"]));
    assert!(empty.contains("run `plumb pull` first"), "{empty}");
    success(bucket.plumb(second.path(), &["pull"]));
    let scores = |folder: &Path| {
        success(bucket.plumb(folder, &["features", "--out", "features.parquet"]));
        success(bucket.plumb(folder, &["score", "features.parquet", "--target", "converted", "--out", "scores.csv"]));
        std::fs::read(folder.join("scores.csv")).expect("the scores")
    };
    assert!(scores(first.path()) == scores(second.path()), "the same bytes");

    // The second machine goes on, and the first one may not overwrite it.
    success(bucket.plumb(second.path(), &["score", "--target", "converted"]));
    success(bucket.plumb(second.path(), &["push"]));
    success(bucket.plumb(first.path(), &["score", "--target", "converted"]));
    let refused = failure(bucket.plumb(first.path(), &["push"]));
    assert!(refused.contains("was not overwritten"), "{refused}");
    assert!(!refused.contains(&bucket.server.secret), "{refused}");
}

/// Returns a copy of a project without its data.
fn second_machine(first: &Path) -> TempDir {
    let second = tempfile::tempdir().expect("a folder");
    copy(first, second.path());
    std::fs::remove_dir_all(second.path().join("data")).expect("it has data");
    second
}
