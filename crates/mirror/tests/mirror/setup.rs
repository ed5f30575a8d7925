//! An S3 server for all tests, folders, and pushes and pulls between them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chrono::Utc;
use plumb_mirror::{Bucket, Error, LocalFile, Pulled, Push, Pushed, Writer, pull, push};
use plumb_peers::S3Server;

/// A server with the packages that it runs on.
pub(crate) struct Server {
    pub(crate) server: S3Server,
    packages: PathBuf,
}

/// Returns the server that tests share.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

impl Server {
    /// Starts a server.
    pub(crate) fn start() -> Server {
        let packages = std::env::var_os("PLUMB_TEST_S3_PATH")
            .expect("PLUMB_TEST_S3_PATH names a folder with moto: run `cargo xtask test`, which installs it");
        let packages = PathBuf::from(packages);
        Server { server: S3Server::start(&packages).expect("the S3 server starts"), packages }
    }

    /// Runs a program of Python on the client `s3`.
    pub(crate) fn run(&self, program: &str) {
        self.server.run(&self.packages, program).expect("the program runs");
    }

    /// Makes a bucket, and opens a prefix of it.
    pub(crate) fn bucket(&self, name: &str) -> Bucket {
        self.run(&format!("s3.create_bucket(Bucket='{name}')"));
        self.open(&format!("s3://{name}/leads"), &[])
    }

    /// Opens a bucket, with some variables set otherwise.
    pub(crate) fn open(&self, url: &str, others: &[(&str, &str)]) -> Bucket {
        let mut variables: BTreeMap<String, String> =
            self.server.variables().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        variables.extend(others.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Bucket::open(url, variables).expect("a bucket")
    }
}

/// A data folder in a temporary one.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// Returns the folder that a pull gathers its files in.
    pub(crate) fn aside(&self) -> PathBuf {
        self.0.path().join(".data.pull")
    }

    pub(crate) fn write(&self, path: &str, content: &[u8]) {
        let path = self.data().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
        std::fs::write(path, content).expect("it is written");
    }

    /// Returns the files, with their content.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        files_of(&self.data())
    }
}

/// Returns the files of a folder but the note of its version.
pub(crate) fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("it is listed") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(folder).expect("inside").to_str().expect("text").to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name != plumb_mirror::BASE_FILE {
                files.insert(name, std::fs::read(&path).expect("it is read"));
            }
        }
    }
    files
}

pub(crate) async fn push_from(bucket: &Bucket, folder: &Folder) -> Result<Pushed, Error> {
    push_with(bucket, folder, &|_, _| ()).await
}

pub(crate) async fn push_with(
    bucket: &Bucket,
    folder: &Folder,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Pushed, Error> {
    let data = folder.data();
    let file = |path: String| {
        let is_immutable = path.starts_with("models/");
        LocalFile { content: data.join(&path), path, is_immutable }
    };
    let files = folder.files().into_keys().map(file).collect();
    let request = Push { folder: &data, files, writer: Writer::here("ann"), at: Utc::now(), is_dry_run: false };
    push(bucket, request, progress).await
}

pub(crate) async fn pull_into(bucket: &Bucket, folder: &Path) -> Result<Pulled, Error> {
    pull(bucket, folder, false, &|_, _| ()).await
}
