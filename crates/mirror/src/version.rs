//! What the bucket says of a version: the pointer to it, and the list of its files.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Who pushes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// The user's name.
    pub user: String,
    /// The machine's name.
    pub host: String,
}

/// A version of a data folder in a bucket: the content of the pointer, `CURRENT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Counts the pushes, from 1.
    pub number: u64,
    /// The hash of the list of its files.
    pub sha256: String,
    /// When it was pushed.
    pub at: DateTime<Utc>,
    /// Who pushed it.
    pub by: Writer,
}

/// The files of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The hash of the list of the version before; `None` of the first.
    pub(crate) before: Option<String>,
    /// The files, by their paths.
    pub(crate) files: Vec<Entry>,
}

/// A file of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its path in the data folder, with `/`.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl Writer {
    /// Returns this user on this machine.
    pub fn here(user: &str) -> Writer {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let names = [host.trim().to_owned(), std::env::var("HOSTNAME").unwrap_or_default()];
        let host = names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned());
        Writer { user: user.to_owned(), host }
    }
}

impl Version {
    /// Returns the name of the object that lists its files.
    pub(crate) fn object(&self) -> String {
        format!("versions/{:06}-{}.json", self.number, self.sha256.get(..16).unwrap_or(&self.sha256))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Version { number, at, by: Writer { user, host }, .. } = self;
        write!(f, "version {number}, pushed by {user} on {host} at {}", at.format("%Y-%m-%d %H:%M:%S UTC"))
    }
}

impl Entry {
    /// Returns the name of the object with its content.
    pub(crate) fn object(&self) -> String {
        format!("files/{}", self.sha256)
    }

    /// Returns what is wrong with an entry that comes from a bucket: its path may not lead out of the folder, and its hash
    /// becomes a name.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        let is_plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0']);
        if !self.path.split('/').all(is_plain) {
            return Some("its path is not one inside of a folder");
        }
        let is_hash = self.sha256.len() == 64 && self.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        (!is_hash).then_some("its hash is not a SHA-256")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_out_of_the_folder_is_a_problem() {
        let entry = |path: &str| Entry { path: path.to_owned(), bytes: 1, sha256: "0a".repeat(32) };
        for path in ["../x", "/etc/passwd", "a/../../x", "a//b", "", ".", "a\\..\\b"] {
            assert!(entry(path).problem().is_some(), "{path}");
        }
        assert_eq!(entry("raw/crm/000001.parquet").problem(), None);
        assert!(Entry { sha256: "../CURRENT".to_owned(), ..entry("a") }.problem().is_some());
    }
}
