//! A file that gets its name when it is whole, so that a run that is killed leaves no half file under that name.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What is handed to the system at once.
const BUFFER_BYTES: usize = 256 << 10;

/// A file under way, beside the one that it is to be. It goes away if this does.
pub(super) struct Unfinished {
    path: PathBuf,
    beside: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Unfinished {
    /// Begins a file. What an earlier run left behind is written over.
    pub(super) fn begin(path: &Path) -> Result<Unfinished> {
        let name = path.file_name().with_context(|| format!("`{}` names no file", path.display()))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".unfinished");
        let beside = path.with_file_name(hidden);
        let cannot = || format!("cannot create `{}`", beside.display());
        let file = File::options().write(true).create(true).truncate(false).open(&beside).with_context(cannot)?;
        file.try_lock().with_context(|| format!("another run is writing `{}`", path.display()))?;
        file.set_len(0).with_context(cannot)?;
        let file = Some(BufWriter::with_capacity(BUFFER_BYTES, file));
        Ok(Unfinished { path: path.to_owned(), beside, file })
    }

    /// Gives the file its name, once it is on the disk.
    pub(super) fn finish(mut self) -> Result<()> {
        let cannot = || format!("cannot write `{}`", self.path.display());
        if let Some(file) = self.file.take() {
            let file = file.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(cannot)?;
            file.sync_all().with_context(cannot)?;
            fs::rename(&self.beside, &self.path).with_context(cannot)?;
        }
        Ok(())
    }
}

impl Write for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // It has no name that anybody reads, so that it does no harm if it stays.
            let _ = fs::remove_file(&self.beside);
        }
    }
}
