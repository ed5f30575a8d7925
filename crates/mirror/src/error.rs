//! What can go wrong between a folder and a bucket, and the way out.

use std::path::{Path, PathBuf};

use crate::version::Version;

/// Why a push or a pull failed. No message has a secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL names no bucket, or its settings are wrong.
    #[error("`{url}`: {problem}")]
    Address {
        /// The URL, without what may be secret.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The store refused a request, or could not be reached.
    #[error("cannot {doing} `{url}`: {problem}")]
    Store {
        /// What was being done: `read`, `write` or `list`.
        doing: &'static str,
        /// The object.
        url: String,
        /// What the store says, and what to do.
        problem: String,
    },
    /// An object is not what was written.
    #[error("`{url}` is damaged: {found}, expected {expected}; nothing was changed here. {way_out}")]
    Damaged {
        /// The object.
        url: String,
        /// What is there.
        found: String,
        /// What was written.
        expected: String,
        /// What to do.
        way_out: &'static str,
    },
    /// The bucket holds a version that this folder does not come from.
    #[error(
        "`{url}` holds {version}, which this data folder does not come from: it was not overwritten. Pull it into a new \
         folder (`plumb pull --data FOLDER`) and go on there, or push to another prefix of the bucket"
    )]
    Overtaken {
        /// The bucket.
        url: String,
        /// What it holds.
        version: Box<Version>,
    },
    /// There is nothing to pull.
    #[error("`{url}` holds no version yet: run `plumb push` where the data folder is, or check the URL")]
    Empty {
        /// The bucket.
        url: String,
    },
    /// The folder holds data that a pull would replace.
    #[error(
        "`{}` is not empty, and not {version}, which `{url}` holds: expected a folder that is not there yet. Pull into \
         another one by `--data FOLDER`; nothing of this one was changed",
        folder.display()
    )]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
        /// The bucket.
        url: String,
        /// What it holds.
        version: Box<Version>,
    },
    /// Another process pulls into the same folder.
    #[error("another process pulls into `{}`: wait until it has ended", folder.display())]
    Pulling {
        /// The folder.
        folder: PathBuf,
    },
    /// A file changed while it was pushed.
    #[error("`{}` changed while it was read: run the command again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A file of the folder cannot be read or written.
    #[error("cannot {doing} `{}`", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// Returns what makes an error of a file's.
    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File { doing, path, source }
    }
}
