//! Access keys: from the environment, and from a file that is read again when it changes. Several are valid at the same
//! time, so that callers can change from an old key to a new one without a gap.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::files::read_text;
use crate::private_files::check_secret;

/// A secret by the id of its key.
type Secrets = BTreeMap<String, Arc<str>>;

/// The state of the file that was read: its time alone may be the same twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    changed_at: SystemTime,
    bytes: u64,
    inode: u64,
}

/// The access keys that are valid now.
#[derive(Default)]
pub(super) struct AccessKeys {
    /// From the environment.
    fixed: Secrets,
    file: Option<PathBuf>,
    /// From the file, and which state of it.
    from_file: RwLock<(Option<Version>, Secrets)>,
}

impl AccessKeys {
    /// Reads keys, `ID:SECRET` each, from the text of an environment variable and a file. A file that cannot be read is an
    /// error.
    pub(super) fn read(environment: Option<&str>, file: Option<&Path>) -> Result<AccessKeys> {
        let fixed = parse(environment.unwrap_or_default()).context("the keys in the environment are wrong")?;
        let from_file = match file {
            Some(file) => load(file)?,
            None => (None, Secrets::new()),
        };
        Ok(AccessKeys { fixed, file: file.map(Path::to_owned), from_file: RwLock::new(from_file) })
    }

    /// Returns whether there are any.
    pub(super) fn any(&self) -> bool {
        let from_file = self.from_file.read().unwrap_or_else(PoisonError::into_inner);
        !self.fixed.is_empty() || !from_file.1.is_empty()
    }

    /// Returns the secret of a valid key.
    pub(super) fn secret(&self, id: &str) -> Option<Arc<str>> {
        self.refresh();
        let from_file = self.from_file.read().unwrap_or_else(PoisonError::into_inner);
        self.fixed.get(id).or_else(|| from_file.1.get(id)).cloned()
    }

    /// Reads the file again, changed or not, and returns how many keys are valid now. A file that is wrong changes nothing.
    pub(super) fn reload(&self) -> Result<usize> {
        if let Some(file) = &self.file {
            let read = load(file)?;
            *self.from_file.write().unwrap_or_else(PoisonError::into_inner) = read;
        }
        let from_file = self.from_file.read().unwrap_or_else(PoisonError::into_inner);
        Ok(self.fixed.len() + from_file.1.keys().filter(|id| !self.fixed.contains_key(*id)).count())
    }

    /// Reads the file again if it was changed. One that is wrong now changes nothing, and is logged.
    fn refresh(&self) {
        let Some(file) = &self.file else { return };
        let version = version(file).ok();
        if self.from_file.read().unwrap_or_else(PoisonError::into_inner).0 == version {
            return;
        }
        let mut from_file = self.from_file.write().unwrap_or_else(PoisonError::into_inner);
        match load(file) {
            Ok(read) => *from_file = read,
            Err(error) => {
                from_file.0 = version;
                tracing::error!("the access keys stay as they were: {error:#}");
            }
        }
    }
}

/// Never shows a secret.
impl std::fmt::Debug for AccessKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("AccessKeys").field("file", &self.file).finish_non_exhaustive()
    }
}

fn version(file: &Path) -> std::io::Result<Version> {
    let found = file.metadata()?;
    Ok(Version { changed_at: found.modified()?, bytes: found.len(), inode: found.ino() })
}

fn load(file: &Path) -> Result<(Option<Version>, Secrets)> {
    let cannot = || format!("cannot read the keys in `{}`", file.display());
    let version = version(file).with_context(cannot)?;
    check_secret(file)?;
    let text = read_text(file, "a file of access keys")?;
    Ok((Some(version), parse(&text).with_context(cannot)?))
}

/// Reads `ID:SECRET`, separated by commas or on lines of their own; `#` begins a comment line. An error names the place of
/// a wrong key, and never shows it.
fn parse(text: &str) -> Result<Secrets> {
    let mut secrets = Secrets::new();
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.flat_map(|line| line.split(',')).map(str::trim).filter(|pair| !pair.is_empty());
    for (index, pair) in pairs.enumerate() {
        match pair.split_once(':') {
            Some((id, secret)) if !id.is_empty() && !secret.is_empty() => {
                secrets.insert(id.to_owned(), secret.into());
            }
            _ => bail!("key {} is not `ID:SECRET`", index + 1),
        }
    }
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_are_read_and_a_wrong_one_is_not_shown() {
        let keys = AccessKeys::read(Some("A:hidden, B:t:w/o+="), None).expect("two keys");
        assert_eq!(keys.secret("B").as_deref(), Some("t:w/o+="));
        assert_eq!(keys.secret("C"), None);
        let error = format!("{:#}", AccessKeys::read(Some("A:one,hunter2"), None).expect_err("no id"));
        assert!(error.contains("key 2 is not `ID:SECRET`") && !error.contains("hunter2"), "{error}");
        assert!(!format!("{keys:?}").contains("hidden"));
    }

    #[test]
    fn a_file_is_read_again_when_it_changes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("keys");
        let write = |text: &str, second: u64| {
            std::fs::write(&path, text).expect("it can be written");
            let file = std::fs::File::options().write(true).open(&path).expect("it is there");
            file.set_permissions(std::fs::Permissions::from_mode(0o600)).expect("it is ours");
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second))
                .expect("its time can be set");
        };
        write("# ours\nA:one\n", 1);
        let keys = AccessKeys::read(None, Some(&path)).expect("one key");
        assert_eq!(keys.secret("A").as_deref(), Some("one"));
        write("A:one\nB:two\n", 2);
        assert_eq!(keys.secret("B").as_deref(), Some("two"));
        write("B:two\n", 3);
        assert_eq!(keys.secret("A"), None);
        write("B:two,C:three\n", 3);
        assert_eq!(keys.secret("C").as_deref(), Some("three"), "of the same time, and another file");
        write("nonsense\n", 4);
        assert_eq!(keys.secret("B").as_deref(), Some("two"), "a wrong file changes nothing");
        write("B:two,D:four\n", 5);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o604)).expect("it is ours");
        assert_eq!(keys.secret("D"), None, "nor does one that others may read");
        assert_eq!(keys.secret("B").as_deref(), Some("two"));
        let error = format!("{:#}", AccessKeys::read(None, Some(&path)).expect_err("others may read it"));
        assert!(error.contains("run `chmod 600 "), "{error}");
        AccessKeys::read(None, Some(&folder.path().join("none"))).expect_err("there is no such file");
    }
}
