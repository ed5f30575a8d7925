//! From a bucket into a folder: all files beside it, each compared with its hash, then the folder's name.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use crate::base::Base;
use crate::bucket::Bucket;
use crate::error::Error;
use crate::hash;
use crate::published::{FILES_AT_ONCE, manifest_of, pointer};
use crate::version::{Entry, Manifest, Version};

/// The file in an unfinished folder that the process which fills it holds locked.
const LOCK: &str = "PULLING";

const RESTORE: &str = "Run `plumb push` where the data folder still is: it sends what is missing or of another size; \
     or put back the object, if the bucket keeps versions";

/// What a pull has done, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pulled {
    /// The bucket.
    pub url: String,
    /// The version that the folder is now.
    pub version: Version,
    /// Whether it was that version already.
    pub unchanged: bool,
    /// The files of the version.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The files that were fetched; the others were left by a pull that was interrupted.
    pub files_fetched: usize,
    /// Their bytes.
    pub bytes_fetched: u64,
}

/// Makes `folder`, which may not be there or has to be empty, the version that a bucket holds. `progress` is called with
/// the bytes fetched, and those to fetch.
pub async fn pull(
    bucket: &Bucket,
    folder: &Path,
    is_dry_run: bool,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Pulled, Error> {
    let Some((version, _)) = pointer(bucket).await? else {
        return Err(Error::Empty { url: bucket.url().to_owned() });
    };
    let manifest = manifest_of(bucket, &version).await?;
    let mut pulled = Pulled {
        url: bucket.url().to_owned(),
        version: version.clone(),
        unchanged: false,
        files: manifest.files.len(),
        bytes: manifest.files.iter().map(|entry| entry.bytes).sum(),
        files_fetched: 0,
        bytes_fetched: 0,
    };
    if !is_empty(folder)? {
        if Base::load(folder, bucket.url())?.is(&version) {
            return Ok(Pulled { unchanged: true, ..pulled });
        }
        let url = bucket.url().to_owned();
        return Err(Error::NotEmpty { folder: folder.to_owned(), url, version: Box::new(version) });
    }
    let aside = aside(folder);
    let lacking: Vec<&Entry> = manifest.files.iter().filter(|entry| !is_there(&aside, entry)).collect();
    pulled.files_fetched = lacking.len();
    pulled.bytes_fetched = lacking.iter().map(|entry| entry.bytes).sum();
    if is_dry_run {
        return Ok(pulled);
    }
    let lock = lock(&aside, folder)?;
    fetch_all(bucket, &aside, &lacking, progress).await?;
    finish(bucket, &aside, folder, &manifest, version)?;
    drop(lock);
    Ok(pulled)
}

fn is_empty(folder: &Path) -> Result<bool, Error> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(Error::file("list", folder)(error)),
    }
}

/// Returns the folder beside a folder in which its files are gathered.
fn aside(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!(".{name}.pull"))
}

fn lock(aside: &Path, folder: &Path) -> Result<File, Error> {
    std::fs::create_dir_all(aside).map_err(Error::file("create", aside))?;
    let path = aside.join(LOCK);
    let file = File::create(&path).map_err(Error::file("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Pulling { folder: folder.to_owned() }),
        Err(std::fs::TryLockError::Error(error)) => Err(Error::file("lock", &path)(error)),
    }
}

/// Returns whether an interrupted pull has left a file. Only whole files have their names, but the disk may have lost power.
fn is_there(aside: &Path, entry: &Entry) -> bool {
    hash::of_file(&aside.join(&entry.path)).is_ok_and(|found| found == (entry.bytes, entry.sha256.clone()))
}

async fn fetch_all(
    bucket: &Bucket,
    aside: &Path,
    lacking: &[&Entry],
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<(), Error> {
    let (total, fetched) = (lacking.iter().map(|entry| entry.bytes).sum(), AtomicU64::new(0));
    let fetched = &fetched;
    let fetching = lacking.iter().map(|entry| async move {
        fetch(bucket, aside, entry).await?;
        progress(fetched.fetch_add(entry.bytes, Ordering::Relaxed) + entry.bytes, total);
        Ok::<_, Error>(())
    });
    stream::iter(fetching.collect::<Vec<_>>()).buffer_unordered(FILES_AT_ONCE).try_collect().await
}

async fn fetch(bucket: &Bucket, aside: &Path, entry: &Entry) -> Result<(), Error> {
    let (object, path) = (entry.object(), aside.join(&entry.path));
    let damaged = |found: String| Error::Damaged {
        url: bucket.url_of(&object),
        found,
        expected: format!("`{}` with {} bytes and this SHA-256", entry.path, entry.bytes),
        way_out: RESTORE,
    };
    let Some(found) = bucket.get(&object).await? else { return Err(damaged("it is not there".to_owned())) };
    if found.meta.size != entry.bytes {
        return Err(damaged(format!("it has {} bytes", found.meta.size)));
    }
    let parent = path.parent().unwrap_or(aside);
    std::fs::create_dir_all(parent).map_err(Error::file("create", parent))?;
    let temporary = tempfile::NamedTempFile::new_in(parent).map_err(Error::file("create", &path))?;
    let file = temporary.reopen().map_err(Error::file("create", &path))?;
    let (mut file, mut hasher, mut parts) = (tokio::fs::File::from_std(file), Sha256::new(), found.into_stream());
    while let Some(part) = parts.try_next().await.map_err(|error| bucket.error("read", &object, &error))? {
        hasher.update(&part);
        file.write_all(&part).await.map_err(Error::file("write", &path))?;
    }
    file.sync_all().await.map_err(Error::file("write", &path))?;
    let sha256 = hash::hex(hasher.finalize());
    if sha256 != entry.sha256 {
        return Err(damaged(format!("its content has the SHA-256 `{sha256}`")));
    }
    temporary.persist(&path).map(|_| ()).map_err(|error| Error::file("write", &path)(error.error))
}

/// Gives the folder its name, once all that it holds is on the disk.
fn finish(bucket: &Bucket, aside: &Path, folder: &Path, manifest: &Manifest, version: Version) -> Result<(), Error> {
    remove_others(aside, manifest)?;
    Base { url: bucket.url().to_owned(), versions: vec![version] }.save(aside)?;
    let mut folders = HashSet::from([aside.to_owned()]);
    for entry in &manifest.files {
        let inside = Path::new(&entry.path).ancestors().skip(1);
        folders.extend(inside.map(|inner| aside.join(inner)));
    }
    for inner in &folders {
        sync(inner)?;
    }
    std::fs::rename(aside, folder).map_err(Error::file("give its name to", folder))?;
    sync(folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Removes what a pull of an earlier version has left in the unfinished folder, which is ours alone.
fn remove_others(aside: &Path, manifest: &Manifest) -> Result<(), Error> {
    let wanted: HashSet<PathBuf> = manifest.files.iter().map(|entry| aside.join(&entry.path)).collect();
    let mut folders = vec![aside.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(Error::file("list", &folder))? {
            let path = entry.map_err(Error::file("list", &folder))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if !wanted.contains(&path) {
                std::fs::remove_file(&path).map_err(Error::file("remove", &path))?;
            }
        }
    }
    Ok(())
}

fn sync(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::file("write", folder))
}
