//! One operation on a file of a simulated disk, in the two steps that each has: the real call, and what the simulated
//! disk learns of it.

use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::sync::MutexGuard;

use crate::process::Process;
use crate::state::{Errno, OpenFile, State};

impl Process {
    /// Returns the open file behind a descriptor, if it is on the simulated disk.
    pub(crate) fn open_file(&self, descriptor: RawFd) -> Option<OpenFile> {
        self.shared.lock().files.get(&descriptor).copied()
    }

    /// Begins an operation on an open file.
    pub(crate) fn begin(&self, file: OpenFile, what: &str) -> Result<MutexGuard<'_, State>, Errno> {
        if !file.is_scratch {
            let what = format!("{what} {}", self.shared.lock().disk.kind(file.node));
            return self.shared.begin(self.life, &what);
        }
        let state = self.shared.lock();
        if state.is_dead(self.life) { Err(libc::EIO) } else { Ok(state) }
    }

    /// Returns a path below the root of the simulated disk as it is there, if it is.
    pub(crate) fn path_on_disk(&self, path: &Path) -> Option<PathBuf> {
        self.shared.relative(path).map(Path::to_owned)
    }

    /// Records that a file was opened.
    pub(crate) fn opened(&self, descriptor: RawFd, path: &Path, flags: i32) {
        let mut state = self.shared.lock();
        let node = match state.disk.find(path) {
            Some(node) => Some(node),
            None => state.disk.create_file(path),
        };
        let Some(node) = node else { return };
        let writes = flags & libc::O_ACCMODE != libc::O_RDONLY;
        if flags & libc::O_TRUNC != 0 && writes {
            state.disk.resize(node, 0);
        }
        let is_scratch = is_scratch(path);
        state.files.insert(descriptor, OpenFile { node, appends: flags & libc::O_APPEND != 0, is_scratch });
    }
}

/// Returns whether a file's content never has to survive: SQLite's index of its log is shared memory, and made again.
pub(crate) fn is_scratch(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"-shm")
}
