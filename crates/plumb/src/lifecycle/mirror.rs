//! The copy of the data folder in a bucket: which files it has of the folder, and when.
//!
//! Models and data sets are named by their own hashes. All other files are hashed anew at each push: a leftover of a run
//! that died may have given its name to another file. What may change while it is sent is copied aside first.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::Utc;
use plumb_lake::IfLocked;
use plumb_mirror::{BASE_FILE, Bucket, LocalFile, Pulled, Push, Pushed, Writer, environment};

use super::locks;
use super::progress::{OnProgress, Progress};
use super::workspace::ProjectPaths;
use crate::project::{Project, StoreConfig};
use crate::store::Store;

/// What belongs to this machine, or is there only while a command runs.
const LEFT_OUT: [&str; 8] =
    ["locks", "spill", "training", "cluster", "plumb.db-wal", "plumb.db-shm", "plumb.stamp", BASE_FILE];

/// Files that never change once they have their name.
const NAMED_BY_HASH: [&str; 2] = ["datasets", "models"];

/// Files that are written once, by a command that a push locks out.
const WRITTEN_ONCE: [&str; 3] = ["ground", "raw", "runs"];

const DATABASE: &str = "plumb.db";
const JOURNAL: &str = "journal";

/// How often the database and the journal are copied again if a part of the journal was loaded in between.
const TRIES: usize = 5;

/// The beginning of the name of the folder that copies lie in while they are sent.
const ASIDE: &str = ".push-";

/// Pushes the data folder to the project's bucket. No ingestion runs meanwhile; servers and scorings go on.
pub(crate) async fn push(
    paths: &ProjectPaths,
    user: &str,
    if_locked: IfLocked,
    is_dry_run: bool,
    progress: OnProgress<'_>,
) -> Result<Pushed> {
    let bucket = open_bucket(paths)?;
    let folder = &paths.data;
    if !folder.is_dir() {
        bail!("there is no data folder `{}`: run `plumb ingest` first, or `plumb pull`", folder.display());
    }
    let lock = locks::ground(folder, if_locked, progress)?;
    remove_leftovers(folder)?;
    let aside = tempfile::Builder::new().prefix(ASIDE).tempdir_in(folder).context("cannot make a folder for copies")?;
    progress(Progress::Step("copying the database"));
    copy_database(folder, aside.path()).await?;
    progress(Progress::Step("hashing files"));
    let files = files_of(folder, aside.path())?;
    let request = Push { folder, files, writer: Writer::here(user), at: Utc::now(), is_dry_run };
    let pushed = plumb_mirror::push(&bucket, request, &kilobytes(progress)).await?;
    drop(lock);
    Ok(pushed)
}

/// Makes a new data folder of what the project's bucket holds.
pub(crate) async fn pull(paths: &ProjectPaths, is_dry_run: bool, progress: OnProgress<'_>) -> Result<Pulled> {
    let bucket = open_bucket(paths)?;
    Ok(plumb_mirror::pull(&bucket, &paths.data, is_dry_run, &kilobytes(progress)).await?)
}

/// Refuses to go on with an empty data folder if the project's bucket may have one.
pub(crate) fn refuse_empty(paths: &ProjectPaths) -> Result<()> {
    if paths.data.join(DATABASE).is_file() || !Project::is_at(&paths.project) {
        return Ok(());
    }
    match Project::open(&paths.project)?.bucket() {
        Some(StoreConfig { url, .. }) => bail!(
            "the data folder `{}` is empty, and `[store]` names `{url}`: run `plumb pull` first, or `plumb ingest` and \
             `plumb train` if nothing was pushed yet",
            paths.data.display()
        ),
        None => Ok(()),
    }
}

fn open_bucket(paths: &ProjectPaths) -> Result<Bucket> {
    let project = Project::open(&paths.project)?;
    let config = project.bucket().with_context(|| {
        let file = paths.project.join("plumb.toml");
        format!("`{}` names no bucket: expected a table `[store]` with `url = \"s3://bucket/prefix\"`", file.display())
    })?;
    Ok(Bucket::open(&config.url, environment())?)
}

fn kilobytes(progress: OnProgress<'_>) -> impl Fn(u64, u64) + Sync {
    let kilobytes = |bytes: u64| usize::try_from(bytes >> 10).unwrap_or(usize::MAX);
    move |done, total| progress(Progress::Items { done: kilobytes(done), total: kilobytes(total) })
}

/// Removes the copies of a push that was killed.
fn remove_leftovers(folder: &Path) -> Result<()> {
    for name in names(folder)?.into_iter().filter(|name| name.starts_with(ASIDE)) {
        let path = folder.join(name);
        std::fs::remove_dir_all(&path).with_context(|| format!("cannot remove `{}`", path.display()))?;
    }
    Ok(())
}

/// Copies the database and after it the journal, of which each answer is then in one of the two: what the database has
/// loaded it knows, and what it has not is still in the journal.
async fn copy_database(folder: &Path, aside: &Path) -> Result<()> {
    let (database, journal) = (folder.join(DATABASE), folder.join(JOURNAL));
    if !database.is_file() {
        return Ok(());
    }
    let store = Store::open_existing(&database).await?;
    for _ in 0..TRIES {
        let before = names(&journal)?;
        remove_if_there(&aside.join(DATABASE))?;
        store.snapshot_into(&aside.join(DATABASE)).await?;
        let copied = aside.join(JOURNAL);
        std::fs::create_dir_all(&copied).context("cannot make a folder for copies")?;
        for name in names(&journal)? {
            copy_if_there(&journal.join(&name), &copied.join(&name))?;
        }
        if before.is_subset(&names(&copied)?) {
            return Ok(());
        }
    }
    bail!(
        "the server loads its journal all the time, so that no copy is whole: run the command again when it is less busy"
    )
}

/// Returns all files of a data folder, of which those that may change are copied.
fn files_of(folder: &Path, aside: &Path) -> Result<Vec<LocalFile>> {
    let mut files = Vec::new();
    for top in names(folder)? {
        let is_left_out = LEFT_OUT.contains(&top.as_str()) || top.starts_with('.') || top == DATABASE || top == JOURNAL;
        if is_left_out {
            continue;
        }
        let is_immutable = NAMED_BY_HASH.contains(&top.as_str());
        let is_copied = !is_immutable && !WRITTEN_ONCE.contains(&top.as_str());
        for path in below(folder, Path::new(&top))? {
            let content = if is_copied { aside.join(&path) } else { folder.join(&path) };
            if is_copied && !copy_if_there(&folder.join(&path), &content)? {
                continue;
            }
            files.push(LocalFile { path: text(&path)?, content, is_immutable });
        }
    }
    for top in [DATABASE, JOURNAL] {
        for path in below(aside, Path::new(top))? {
            files.push(LocalFile { path: text(&path)?, content: aside.join(&path), is_immutable: false });
        }
    }
    Ok(files)
}

/// Returns the files at and below a path in a folder. Names that begin with a dot are of files that are being written.
fn below(folder: &Path, path: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut left) = (Vec::new(), vec![path.to_owned()]);
    while let Some(path) = left.pop() {
        let whole = folder.join(&path);
        if whole.is_dir() {
            left.extend(names(&whole)?.into_iter().filter(|name| !name.starts_with('.')).map(|name| path.join(name)));
        } else if whole.is_file() {
            found.push(path);
        }
    }
    Ok(found)
}

fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        entries => entries.with_context(|| format!("cannot list `{}`", folder.display()))?,
    };
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.with_context(|| format!("cannot list `{}`", folder.display()))?;
        text(Path::new(&entry.file_name()))
    };
    entries.map(name).collect()
}

fn text(path: &Path) -> Result<String> {
    let part = |part: &OsStr| part.to_str().map(str::to_owned);
    let parts: Option<Vec<_>> = path.iter().map(part).collect();
    Ok(parts
        .with_context(|| format!("the name of `{}` is no text: move it out of the data folder", path.display()))?
        .join("/"))
}

/// Copies a file, and returns whether it was there.
fn copy_if_there(from: &Path, to: &Path) -> Result<bool> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).context("cannot make a folder for copies")?;
    }
    match std::fs::copy(from, to) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot copy `{}`", from.display())),
    }
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}
