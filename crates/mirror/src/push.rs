//! From a folder into a bucket: what the bucket lacks, then the list, then the pointer.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectStore, ObjectStoreExt, PutMode, UpdateVersion, WriteMultipart};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

use crate::base::Base;
use crate::bucket::Bucket;
use crate::error::Error;
use crate::hash;
use crate::published::{FILES_AT_ONCE, POINTER, manifest_of, pointer};
use crate::version::{Entry, Manifest, Version, Writer};

/// A file up to this size is one request, a larger one has parts of this size: so much memory each file takes.
const PART_BYTES: usize = 8 << 20;

/// A file of a data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// Its path in the data folder, with `/`.
    pub path: String,
    /// Where its content lies; it may be a copy elsewhere.
    pub content: PathBuf,
    /// Whether it is written once under this path. Its content is then not read again once it was pushed.
    pub is_immutable: bool,
}

/// What to push.
#[derive(Clone, Debug)]
pub struct Push<'a> {
    /// The data folder, which holds the note of the version that it comes from.
    pub folder: &'a Path,
    /// All of its files. None of them may change meanwhile.
    pub files: Vec<LocalFile>,
    /// Who pushes.
    pub writer: Writer,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether to say what would be done, and write nothing.
    pub is_dry_run: bool,
}

/// What a push has done, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// The bucket.
    pub url: String,
    /// The version that the bucket holds now; `None` of a dry run with something to do.
    pub version: Option<Version>,
    /// Whether the bucket held all of it already.
    pub unchanged: bool,
    /// The files of the version.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The files that the bucket lacked.
    pub files_sent: usize,
    /// Their bytes.
    pub bytes_sent: u64,
}

/// Pushes a folder's files. `progress` is called with the bytes sent, and those to send.
pub async fn push(bucket: &Bucket, push: Push<'_>, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Pushed, Error> {
    let found = pointer(bucket).await?;
    let base = Base::load(push.folder, bucket.url())?;
    let before = match &found {
        Some((version, _)) if !base.is(version) => return Err(overtaken(bucket, version.clone())),
        Some((version, _)) => Some((version, manifest_of(bucket, version).await?)),
        None => None,
    };
    let entries = entries_of(&push.files, before.as_ref().map(|(_, manifest)| manifest)).await?;
    let mut pushed = Pushed {
        url: bucket.url().to_owned(),
        version: None,
        unchanged: false,
        files: entries.len(),
        bytes: entries.iter().map(|entry| entry.bytes).sum(),
        files_sent: 0,
        bytes_sent: 0,
    };
    if let Some((version, manifest)) = &before
        && manifest.files == entries
    {
        return Ok(Pushed { version: Some((*version).clone()), unchanged: true, ..pushed });
    }
    let lacking = lacking(bucket, &push.files, &entries).await?;
    pushed.files_sent = lacking.len();
    pushed.bytes_sent = lacking.iter().map(|(entry, _)| entry.bytes).sum();
    if push.is_dry_run {
        return Ok(pushed);
    }
    send_all(bucket, &lacking, progress).await?;
    let manifest = Manifest { before: before.as_ref().map(|(version, _)| version.sha256.clone()), files: entries };
    let text = serde_json::to_vec(&manifest).expect("paths and hashes become JSON");
    let number = base.versions.iter().map(|version| version.number).max().unwrap_or(0);
    let number = number.max(found.as_ref().map_or(0, |(version, _)| version.number)) + 1;
    let version = Version { number, sha256: hash::of_bytes(&text), at: push.at, by: push.writer };
    let object = version.object();
    let written = bucket.store.put(&bucket.path(&object), text.into()).await;
    written.map_err(|error| bucket.error("write", &object, &error))?;
    publish(bucket, push.folder, found, &version).await?;
    Ok(Pushed { version: Some(version), ..pushed })
}

/// Replaces the pointer, unless somebody else has meanwhile.
async fn publish(
    bucket: &Bucket,
    folder: &Path,
    found: Option<(Version, UpdateVersion)>,
    version: &Version,
) -> Result<(), Error> {
    let known = found.as_ref().map(|(version, _)| version.clone());
    let mut base = Base { url: bucket.url().to_owned(), versions: known.into_iter().collect() };
    base.versions.push(version.clone());
    base.save(folder)?;
    let mode = found.map_or(PutMode::Create, |(_, seen)| PutMode::Update(seen));
    let text = serde_json::to_vec_pretty(version).expect("a version becomes JSON");
    match bucket.store.put_opts(&bucket.path(POINTER), text.into(), mode.into()).await {
        Ok(_) => {}
        Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
            match pointer(bucket).await? {
                // Its answer was lost, and it was tried again.
                Some((now, _)) if now == *version => {}
                Some((now, _)) => return Err(overtaken(bucket, now)),
                None => return Err(Error::Empty { url: bucket.url().to_owned() }),
            }
        }
        Err(error) => return Err(bucket.error("write", POINTER, &error)),
    }
    base.versions = vec![version.clone()];
    base.save(folder)
}

fn overtaken(bucket: &Bucket, version: Version) -> Error {
    Error::Overtaken { url: bucket.url().to_owned(), version: Box::new(version) }
}

/// Returns the files' sizes and hashes. Those of files that are written once are taken from the version before.
async fn entries_of(files: &[LocalFile], before: Option<&Manifest>) -> Result<Vec<Entry>, Error> {
    let known: HashMap<_, _> =
        before.iter().flat_map(|manifest| &manifest.files).map(|entry| (entry.path.clone(), entry.clone())).collect();
    let files = files.to_vec();
    let hashing = tokio::task::spawn_blocking(move || {
        let entry = |file: &LocalFile| {
            let metadata = std::fs::metadata(&file.content).map_err(Error::file("read", &file.content))?;
            match known.get(&file.path).filter(|known| file.is_immutable && known.bytes == metadata.len()) {
                Some(known) => Ok(known.clone()),
                None => {
                    let (bytes, sha256) = hash::of_file(&file.content)?;
                    Ok(Entry { path: file.path.clone(), bytes, sha256 })
                }
            }
        };
        let mut entries = files.iter().map(entry).collect::<Result<Vec<_>, Error>>()?;
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    });
    hashing.await.expect("hashing does not panic")
}

/// Returns the files that the bucket lacks, each content once.
async fn lacking<'a>(
    bucket: &Bucket,
    files: &'a [LocalFile],
    entries: &'a [Entry],
) -> Result<Vec<(&'a Entry, &'a Path)>, Error> {
    let mut there = HashMap::new();
    let folder = bucket.path("files");
    let mut objects = bucket.store.list(Some(&folder));
    while let Some(object) = objects.try_next().await.map_err(|error| bucket.error("list", "files/", &error))? {
        there.insert(object.location.filename().unwrap_or_default().to_owned(), object.size);
    }
    let content: HashMap<_, _> = files.iter().map(|file| (file.path.as_str(), file.content.as_path())).collect();
    let mut lacking = Vec::new();
    for entry in entries {
        // Of another size it is not what its name says.
        if there.insert(entry.sha256.clone(), entry.bytes) != Some(entry.bytes) {
            lacking.push((entry, content[entry.path.as_str()]));
        }
    }
    Ok(lacking)
}

async fn send_all(
    bucket: &Bucket,
    lacking: &[(&Entry, &Path)],
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<(), Error> {
    let (total, sent) = (lacking.iter().map(|(entry, _)| entry.bytes).sum(), AtomicU64::new(0));
    let sent = &sent;
    let sending = lacking.iter().map(|(entry, path)| async move {
        send(bucket, entry, path).await?;
        progress(sent.fetch_add(entry.bytes, Ordering::Relaxed) + entry.bytes, total);
        Ok::<_, Error>(())
    });
    stream::iter(sending.collect::<Vec<_>>()).buffer_unordered(FILES_AT_ONCE).try_collect().await
}

/// Sends a file. An object gets its name when all of its bytes were sent and have the hash that it is named by.
async fn send(bucket: &Bucket, entry: &Entry, path: &Path) -> Result<(), Error> {
    let object = entry.object();
    let place = bucket.path(&object);
    let failed = |error: object_store::Error| bucket.error("write", &object, &error);
    let mut file = tokio::fs::File::open(path).await.map_err(Error::file("open", path))?;
    let (mut hasher, mut part) = (Sha256::new(), read_part(&mut file, path).await?);
    hasher.update(&part);
    if part.len() < PART_BYTES {
        check(entry, path, hasher)?;
        return bucket.store.put(&place, part.into()).await.map(|_| ()).map_err(failed);
    }
    let mut upload =
        WriteMultipart::new_with_chunk_size(bucket.store.put_multipart(&place).await.map_err(failed)?, PART_BYTES);
    while !part.is_empty() {
        if let Err(error) = upload.wait_for_capacity(1).await {
            // The error that is said is the first one.
            let _ = upload.abort().await;
            return Err(failed(error));
        }
        upload.write(&part);
        part = read_part(&mut file, path).await?;
        hasher.update(&part);
    }
    if let Err(error) = check(entry, path, hasher) {
        let _ = upload.abort().await;
        return Err(error);
    }
    upload.finish().await.map(|_| ()).map_err(failed)
}

fn check(entry: &Entry, path: &Path, hasher: Sha256) -> Result<(), Error> {
    match hash::hex(hasher.finalize()) == entry.sha256 {
        true => Ok(()),
        false => Err(Error::Changed { path: path.to_owned() }),
    }
}

async fn read_part(file: &mut tokio::fs::File, path: &Path) -> Result<Vec<u8>, Error> {
    let mut part = Vec::new();
    file.take(PART_BYTES as u64).read_to_end(&mut part).await.map_err(Error::file("read", path))?;
    Ok(part)
}
