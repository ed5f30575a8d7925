//! From the journal's files into the database, in the background.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use super::capture_files::CaptureFiles;
use super::entry::StoredEntry;
use super::line;
use super::new_segment;
use super::segments::{BufferedEntries, Segments};
use crate::store::{RecordedCall, RecordedFlag, Store};

/// Between two loads: a transaction costs the same for one row as for a hundred.
const PAUSE: Duration = Duration::from_millis(100);

/// So much is loaded by one transaction.
const BYTES_AT_ONCE: u64 = 4 << 20;

/// The ending of a file that keeps lines which cannot be read.
const TORN_ENDING: &str = "torn";

/// What becomes of lines that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Torn {
    /// They are an error: this server has just written them whole.
    Refuse,
    /// They are kept in a file of their own. A machine that lost its power while they were written has left them torn, and
    /// nobody had an answer yet; the lines beside them may be whole.
    SetAside,
}

#[derive(Clone)]
pub(super) struct Loader {
    pub(super) store: Store,
    pub(super) folder: PathBuf,
    /// The folder of the capture files.
    pub(super) captures: PathBuf,
}

impl Loader {
    /// Loads the segments that earlier servers left behind, and removes their files. Several servers may do so at once.
    pub(super) async fn recover(&self) -> Result<()> {
        new_segment::remove_left_aside(&self.folder)?;
        for path in new_segment::list(&self.folder)? {
            let recovered = self.recover_file(&path).await;
            recovered.with_context(|| format!("cannot load `{}`", path.display()))?;
        }
        self.forget_lost_files().await
    }

    async fn recover_file(&self, path: &Path) -> Result<()> {
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { return Ok(()) };
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        // A running server loads its own. And one that recovers, too, may have loaded and removed this file since it was
        // opened here: what is locked then is a file without a name.
        if file.try_lock().is_err() || !new_segment::is_at(&file, path)? {
            return Ok(());
        }
        let (bytes, mut captures) = (file.metadata()?.len(), CaptureFiles::of_left_behind(&self.captures, name));
        self.load(name, bytes, &mut captures, Torn::SetAside).await?;
        // What the killed server has loaded may not be on the disk yet, and the file is the only other copy.
        self.store.force_journal_segment(name).await?;
        self.forget(name).await?;
        // Only now may others have it.
        drop(file);
        Ok(())
    }

    /// Forgets how far files were loaded that are gone: a server was killed after it had removed them.
    async fn forget_lost_files(&self) -> Result<()> {
        for name in self.store.journal_segments().await? {
            if !self.path(&name).exists() {
                self.store.delete_journal_segment(&name).await?;
            }
        }
        Ok(())
    }

    /// Loads what is written, until the writer is gone.
    pub(super) async fn run(
        self,
        segments: Arc<Segments>,
        mut written: watch::Receiver<u64>,
        loaded: watch::Sender<u64>,
        hurry: Arc<Notify>,
    ) {
        while written.changed().await.is_ok() {
            let until = *written.borrow_and_update();
            let mut is_logged = false;
            while let Err(error) = self.load_all(&segments).await {
                if !is_logged {
                    tracing::error!("the journal waits to be loaded: {error:#}");
                    is_logged = true;
                }
                sleep(PAUSE).await;
            }
            loaded.send_replace(until);
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = hurry.notified() => {}
            }
        }
    }

    /// Loads what is on the disk so far, and removes the files that are loaded whole.
    pub(super) async fn load_all(&self, segments: &Segments) -> Result<()> {
        let all = segments.all();
        for (index, (name, bytes)) in all.iter().enumerate() {
            let mut captures = CaptureFiles::new(&self.captures, name);
            // What is taken and then cannot be loaded is in the file still.
            let BufferedEntries { from, until, entries } = segments.take(name);
            if !entries.is_empty() {
                let loaded = self.load(name, from, &mut captures, Torn::Refuse).await?;
                ensure!(loaded == from, "`{name}` is loaded up to byte {loaded}, and what follows begins at {from}");
                self.load_entries(name, until, &entries, &mut captures).await?;
            }
            // What there was no room for in memory, or was taken by an attempt that failed.
            self.load(name, *bytes, &mut captures, Torn::Refuse).await?;
            if index + 1 < all.len() {
                self.forget(name).await?;
                segments.forget(name);
            }
        }
        Ok(())
    }

    /// Loads what is in a file up to a byte and not in the database, and returns up to where it is loaded. A last line
    /// without an end was never acknowledged, and is left out.
    async fn load(&self, name: &str, until: u64, captures: &mut CaptureFiles, torn: Torn) -> Result<u64> {
        let mut from = self.store.journal_loaded_bytes(name).await?;
        if from >= until {
            return Ok(from);
        }
        let file = File::open(self.path(name))?;
        while from < until {
            let mut bytes = vec![0; usize::try_from((until - from).min(BYTES_AT_ONCE))?];
            file.read_exact_at(&mut bytes, from)?;
            let mut end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            if end == 0 && (bytes.len() as u64) < BYTES_AT_ONCE {
                return Ok(from);
            }
            if end == 0 {
                // One line alone is longer than what is read at once: a call of very many rows.
                bytes = vec![0; usize::try_from(until - from)?];
                file.read_exact_at(&mut bytes, from)?;
                end = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            }
            if end == 0 {
                return Ok(from);
            }
            let entries = match torn {
                Torn::Refuse => line::read_all(&bytes[..end], from)?,
                Torn::SetAside => self.read_some(name, &bytes[..end], from)?,
            };
            from += end as u64;
            self.load_entries(name, from, &entries, captures).await?;
        }
        Ok(from)
    }

    /// Reads the lines that can be read, and keeps the others aside.
    fn read_some(&self, name: &str, bytes: &[u8], from: u64) -> Result<Vec<StoredEntry>> {
        let (entries, torn) = line::read_some(bytes);
        if !torn.is_empty() {
            let path = self.folder.join(format!("{name}-{from}.{TORN_ENDING}"));
            plumb_lake::write_atomically(&path, &torn.join(&b'\n'))?;
            tracing::warn!(
                lines = torn.len(),
                path = %path.display(),
                "lines of the journal cannot be read, and are kept aside: either the machine lost its power while they were \
                 written, before anybody had an answer, or the disk has damaged them"
            );
        }
        Ok(entries)
    }

    /// Loads the entries of a part of a file, which ends at this byte.
    async fn load_entries(
        &self,
        name: &str,
        until: u64,
        entries: &[StoredEntry],
        captures: &mut CaptureFiles,
    ) -> Result<()> {
        captures.append(entries)?;
        let (mut calls, mut flags): (Vec<&RecordedCall>, Vec<&RecordedFlag>) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry {
                StoredEntry::Call { call, .. } => calls.push(call),
                StoredEntry::Flag(flag) => flags.push(flag),
            }
        }
        self.store.load_journal(name, until, &calls, &flags).await
    }

    /// Removes a file that is loaded, and then the record of it: the other way round, a file that comes back after a power
    /// cut would be loaded a second time.
    async fn forget(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        let removed = match std::fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        };
        removed.with_context(|| format!("cannot remove `{}`", path.display()))?;
        plumb_lake::sync_folder(&self.folder)?;
        self.store.delete_journal_segment(name).await
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.{}", new_segment::ENDING))
    }
}
