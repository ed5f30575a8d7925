//! Removes versions of the ground that nobody uses, and the files that no version lists any more.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::kept_folder;
use super::relation_lists::{FOLDER, path_in};
use super::versions::files_listed;
use crate::error::Error;
use crate::files::replace_file::sync_folder;

/// Removes those versions of the ground whose numbers are unwanted and that nobody uses, and the rests of versions that
/// were being written or removed by a run that died, and the files that no version lists any more. Only a run that holds the
/// lock of the ground may do so.
pub(crate) fn remove_versions(data: &Path, is_unwanted: impl Fn(u64) -> bool) -> Result<(), Error> {
    let ground = &data.join("ground");
    let entries = match std::fs::read_dir(ground) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::file("list", ground)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(Error::file("list", ground))?;
        let (path, name) = (entry.path(), entry.file_name());
        let Some(name) = name.to_str() else { continue };
        if name.starts_with(".version-") || name.starts_with(".removed-") {
            remove(&path)?;
        } else if name.parse().is_ok_and(&is_unwanted) {
            remove_version(ground, name)?;
        }
    }
    remove_unlisted(ground)
}

fn remove_version(ground: &Path, name: &str) -> Result<(), Error> {
    let folder = ground.join(name);
    let report = folder.join("report.json");
    // Some shared file systems lock alone only what can be written.
    let _alone = match File::options().read(true).write(true).open(&report) {
        Ok(file) => match file.try_lock() {
            Ok(()) => Some(file),
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(Error::file("lock", &report)(error)),
        },
        // Without a report nobody uses it.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Error::file("open", &report)(error)),
    };
    // It is gone as a whole, wherever this process is killed.
    let removed = ground.join(format!(".removed-{name}"));
    std::fs::rename(&folder, &removed).map_err(Error::file("remove", &folder))?;
    sync_folder(ground)?;
    remove(&removed)
}

fn remove(folder: &Path) -> Result<(), Error> {
    std::fs::remove_dir_all(folder).map_err(Error::file("remove", folder))
}

/// Removes the files that no version lists. Only a run that holds the lock of the ground may do so.
fn remove_unlisted(ground: &Path) -> Result<(), Error> {
    // If a version cannot be read, it is not known what it needs.
    let Some(listed) = files_listed(ground)? else { return Ok(()) };
    let (shared, kept) = (ground.join(FOLDER), ground.join(kept_folder::FOLDER));
    remove_others(&shared, listed.shared.iter().map(|file| path_in(&shared, file)))?;
    remove_others(&kept, listed.kept.iter().map(|file| kept.join(&file.sha256)))
}

fn remove_others(folder: &Path, listed: impl Iterator<Item = PathBuf>) -> Result<(), Error> {
    if !folder.is_dir() {
        return Ok(());
    }
    let listed: HashSet<PathBuf> = listed.collect();
    for entry in std::fs::read_dir(folder).map_err(Error::file("list", folder))? {
        let path = entry.map_err(Error::file("list", folder))?.path();
        if !listed.contains(&path) {
            std::fs::remove_file(&path).map_err(Error::file("remove", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::in_use::InUse;

    #[test]
    fn a_version_in_use_stays_until_it_is_not() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let ground = data.path().join("ground");
        for name in ["000001", "000002", "000003", ".version-dead", ".removed-000000", "notes"] {
            std::fs::create_dir_all(ground.join(name)).expect("made");
            std::fs::write(ground.join(name).join("report.json"), "{}").expect("written");
        }
        let report = |name: &str| ground.join(name).join("report.json");
        let (first, again) = (InUse::begin(&report("000001")), InUse::begin(&report("000001")));
        let names = || {
            let entries = std::fs::read_dir(&ground).expect("a folder");
            let mut names: Vec<String> =
                entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        };
        remove_versions(data.path(), |number| number < 3).expect("removed");
        assert_eq!(names(), ["000001", "000003", "notes"]);
        drop(first);
        remove_versions(data.path(), |number| number < 3).expect("still in use");
        assert_eq!(names(), ["000001", "000003", "notes"]);
        drop(again);
        remove_versions(data.path(), |number| number < 3).expect("removed");
        assert_eq!(names(), ["000003", "notes"]);
        assert!(InUse::begin(&report("000001")).expect("no error").is_none());
    }
}
