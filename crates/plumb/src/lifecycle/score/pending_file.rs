//! A file that gets its name when it is complete, so that a killed run leaves no partial file under that name.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use plumb_lake::is_at;

/// Bytes written to the operating system at once.
const BUFFER_BYTES: usize = 256 << 10;

/// A file that is being written, as `.NAME.unfinished` beside its final path. It is removed unless it is finished.
pub(super) struct PendingFile {
    path: PathBuf,
    pending: PathBuf,
    file: Option<BufWriter<File>>,
}

impl PendingFile {
    /// Creates the file, over one that a killed run left behind.
    pub(super) fn create(path: &Path) -> Result<PendingFile> {
        let name = path.file_name().with_context(|| format!("`{}` does not name a file", path.display()))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".unfinished");
        let pending = path.with_file_name(hidden);
        let cannot = || format!("cannot create `{}`", pending.display());
        let file = loop {
            let file = File::options().write(true).create(true).truncate(false).open(&pending).with_context(cannot)?;
            file.try_lock().with_context(|| format!("another run is writing `{}`", path.display()))?;
            // A run that ended in between has given this file its name: it is not to be written over.
            if is_at(&file, &pending) {
                break file;
            }
        };
        file.set_len(0).with_context(cannot)?;
        let file = Some(BufWriter::with_capacity(BUFFER_BYTES, file));
        Ok(PendingFile { path: path.to_owned(), pending, file })
    }

    /// Writes the file to the disk and then gives it its name.
    pub(super) fn finish(mut self) -> Result<()> {
        let cannot = || format!("cannot write `{}`", self.path.display());
        if let Some(file) = self.file.take() {
            let file = file.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(cannot)?;
            file.sync_all().with_context(cannot)?;
            fs::rename(&self.pending, &self.path).with_context(cannot)?;
        }
        Ok(())
    }
}

impl Write for PendingFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        // While it is still locked. Nothing reads a file of this name, so it does no harm if it stays.
        if self.file.is_some() {
            let _ = fs::remove_file(&self.pending);
        }
    }
}
