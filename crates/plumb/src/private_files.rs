//! What the program writes is for its user alone: people's names, what they did and how they were scored.
//!
//! Folders are 0700 and files 0600, whatever the umask of the shell or the service manager. The process's own umask does
//! that for every file, also for those that SQLite, DataFusion and XGBoost create and for those of processes that it
//! starts. Tests of parts of the program have the umask of their own process.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// The permissions of a file for all but its owner.
const OTHERS: u32 = 0o077;

/// The bit of a folder, such as `/tmp`, that many users share.
const SHARED: u32 = 0o1000;

/// What a data folder holds, some of it.
const CONTENTS: [&str; 6] = ["plumb.db", "raw", "ground", "models", "datasets", "journal"];

/// Lets new files and folders of this process, and of those that it starts, be read by their owner alone. It belongs at the
/// very start: a file that another thread creates before has the permissions of before.
pub fn create_private_files() {
    // SAFETY: it changes a number of the process, and reads or writes no memory of ours.
    unsafe { libc::umask(libc::mode_t::from(OTHERS)) };
}

/// Takes from others the permissions that they have on an existing data folder, and returns which these were; `None` if
/// there was nothing to take. A folder that is no data folder of ours is left as it is: `--data` may name any.
pub(crate) fn tighten(data: &Path) -> io::Result<Option<u32>> {
    let Ok(metadata) = data.metadata() else { return Ok(None) };
    let mode = metadata.permissions().mode() & 0o7777;
    if !metadata.is_dir() || mode & OTHERS == 0 || mode & SHARED != 0 || !is_ours(data)? {
        return Ok(None);
    }
    fs::set_permissions(data, Permissions::from_mode(mode & !OTHERS))?;
    Ok(Some(mode))
}

/// Returns whether a folder holds our data, or nothing yet.
fn is_ours(data: &Path) -> io::Result<bool> {
    Ok(CONTENTS.iter().any(|name| data.join(name).exists()) || fs::read_dir(data)?.next().is_none())
}

/// Returns an error if others may read or write a file of secrets.
pub(crate) fn check_secret(file: &Path) -> Result<()> {
    let metadata = file.metadata().with_context(|| format!("cannot read `{}`", file.display()))?;
    let mode = metadata.permissions().mode() & 0o7777;
    ensure!(
        mode & OTHERS == 0,
        "`{path}` holds secrets, and others may read or change it (mode {mode:04o}): run `chmod 600 {path}`",
        path = file.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().expect("it is there").permissions().mode() & 0o7777
    }

    #[test]
    fn a_data_folder_is_closed_to_others_and_any_other_folder_left() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = |name: &str, mode: u32, file: Option<&str>| {
            let path = home.path().join(name);
            fs::create_dir(&path).expect("it is new");
            file.iter().for_each(|file| fs::write(path.join(file), "").expect("writable"));
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("it is ours");
            path
        };
        for (name, before, file, found, after) in [
            ("ours", 0o755, Some("plumb.db"), Some(0o755), 0o700),
            ("group's", 0o2770, Some("raw"), Some(0o2770), 0o2700),
            ("empty", 0o777, None, Some(0o777), 0o700),
            ("closed", 0o700, Some("plumb.db"), None, 0o700),
            ("shared", 0o1777, Some("plumb.db"), None, 0o1777),
            ("another's", 0o755, Some("notes.txt"), None, 0o755),
        ] {
            let path = folder(name, before, file);
            assert_eq!(tighten(&path).expect("it is ours"), found, "{name}");
            assert_eq!(mode(&path), after, "{name}");
        }
        assert_eq!(tighten(&home.path().join("missing")).expect("nothing to do"), None);
    }

    #[test]
    fn secrets_that_others_may_read_or_write_are_refused() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let file = home.path().join("keys");
        fs::write(&file, "A:one").expect("writable");
        for (mode, refused) in [(0o600, false), (0o400, false), (0o640, true), (0o602, true), (0o644, true)] {
            fs::set_permissions(&file, Permissions::from_mode(mode)).expect("it is ours");
            let checked = check_secret(&file);
            assert_eq!(checked.is_err(), refused, "{mode:o}");
            if let Err(error) = checked {
                let expected = format!("(mode {mode:04o}): run `chmod 600 {}`", file.display());
                assert!(error.to_string().ends_with(&expected), "{error}");
            }
        }
    }
}
