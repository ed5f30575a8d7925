//! How a file of the journal comes to be: aside, under another ending, until it is locked. Only then it gets the name by which
//! servers that start look for what others have left behind, so none of them ever finds it without its lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::ids;

/// The ending of a file that is written, or left behind.
pub(super) const ENDING: &str = "jsonl";

/// The ending of a file that is not locked yet. It is empty.
const ENDING_ASIDE: &str = "new";

/// A server that starts removes what is aside and not locked, and it may be ours that moment: then there is another try.
const TRIES_MAX: usize = 100;

/// A file of the journal that is locked as long as it is open.
#[derive(Debug)]
pub(crate) struct NewSegment {
    /// Its name without the ending.
    pub(crate) name: String,
    pub(crate) file: File,
}

/// A file that has no name yet by which it would be found.
pub(super) struct AsideSegment {
    folder: PathBuf,
    segment: NewSegment,
}

impl NewSegment {
    /// Makes a file in the journal's folder.
    pub(crate) fn begin(folder: &Path) -> Result<NewSegment> {
        let cannot = || format!("cannot begin a file of the journal in `{}`", folder.display());
        for _try in 0..TRIES_MAX {
            let aside = AsideSegment::create(folder).with_context(cannot)?;
            if aside.lock().with_context(cannot)?
                && let Some(segment) = aside.publish().with_context(cannot)?
            {
                return Ok(segment);
            }
        }
        bail!("other servers have removed {TRIES_MAX} new files from `{}` before they were locked", folder.display())
    }
}

impl AsideSegment {
    /// Makes the file under a name that no other has.
    pub(super) fn create(folder: &Path) -> std::io::Result<AsideSegment> {
        let name = ids::new_id();
        let path = folder.join(format!("{name}.{ENDING_ASIDE}"));
        let file = OpenOptions::new().create_new(true).append(true).open(path)?;
        Ok(AsideSegment { folder: folder.to_owned(), segment: NewSegment { name, file } })
    }

    /// Locks it; false if another server is about to remove it.
    pub(super) fn lock(&self) -> std::io::Result<bool> {
        match self.segment.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Gives it its name, which is on the disk when this returns; `None` if another server has removed it.
    pub(super) fn publish(self) -> Result<Option<NewSegment>> {
        let AsideSegment { folder, segment } = self;
        let [aside, path] = [ENDING_ASIDE, ENDING].map(|ending| folder.join(format!("{}.{ending}", segment.name)));
        match fs::rename(aside, &path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            outcome => outcome?,
        }
        plumb_lake::sync_folder(&folder)?;
        Ok(is_at(&segment.file, &path)?.then_some(segment))
    }
}

/// Returns whether an open file is the one at a path.
pub(super) fn is_at(file: &File, path: &Path) -> std::io::Result<bool> {
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        found => found?,
    };
    let own = file.metadata()?;
    Ok((own.dev(), own.ino()) == (found.dev(), found.ino()))
}

/// Returns the files of the journal in the order in which they were begun.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    with_ending(folder, ENDING)
}

/// Removes files that a server left aside when it was killed. They are empty.
pub(crate) fn remove_left_aside(folder: &Path) -> Result<()> {
    for path in with_ending(folder, ENDING_ASIDE)? {
        let removed = match File::open(&path) {
            Ok(file) if file.try_lock().is_ok() => fs::remove_file(&path),
            Ok(_) => continue,
            Err(error) => Err(error),
        };
        match removed {
            // It has its name by now, or another server was faster.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            removed => removed.with_context(|| format!("cannot remove `{}`", path.display()))?,
        }
    }
    Ok(())
}

fn with_ending(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot list the journal in `{}`", folder.display());
    let entries = fs::read_dir(folder).with_context(cannot)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>().with_context(cannot)?;
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    Ok(paths)
}
