//! From the journal's files into the database, in the background.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use super::capture::Captures;
use super::{Record, Segment, Segments};
use crate::store::Store;

/// Between two loads: a transaction costs the same for one row as for a hundred.
const PAUSE: Duration = Duration::from_millis(100);

/// So much is loaded by one transaction.
const BYTES_AT_ONCE: u64 = 4 << 20;

pub(super) struct Loader {
    pub(super) store: Store,
    pub(super) folder: PathBuf,
    /// Where what went over the wire is kept.
    pub(super) captures: PathBuf,
}

impl Loader {
    /// Loads what servers that are gone left behind, and removes their files.
    pub(super) async fn recover(&self) -> Result<()> {
        let entries = std::fs::read_dir(&self.folder)
            .with_context(|| format!("cannot list the journal in `{}`", self.folder.display()))?;
        let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
        paths.sort();
        for path in paths {
            let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
            let file = File::open(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            // A server that lives loads its own.
            if file.try_lock().is_err() {
                continue;
            }
            let segment = Segment { name: name.to_owned(), bytes: file.metadata()?.len() };
            let mut captures = Captures::again(&self.captures, &segment.name);
            self.load(&segment, &mut captures).await.with_context(|| format!("cannot load `{}`", path.display()))?;
            self.forget(&segment).await?;
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
            let mut told = false;
            while let Err(error) = self.load_all(&segments).await {
                if !told {
                    tracing::error!("the journal waits to be loaded: {error:#}");
                    told = true;
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

    async fn load_all(&self, segments: &Segments) -> Result<()> {
        let known = segments.with(|segments| segments.clone());
        for (index, segment) in known.iter().enumerate() {
            self.load(segment, &mut Captures::new(&self.captures, &segment.name)).await?;
            if index + 1 < known.len() {
                self.forget(segment).await?;
                segments.with(|segments| segments.retain(|other| other.name != segment.name));
            }
        }
        Ok(())
    }

    /// Loads what is in a file and not in the database. A last line without an end was never answered, and is left out.
    async fn load(&self, segment: &Segment, captures: &mut Captures) -> Result<()> {
        let mut from = self.store.journal_loaded(&segment.name).await?;
        let file = File::open(self.path(segment))?;
        while from < segment.bytes {
            let mut bytes = vec![0; usize::try_from((segment.bytes - from).min(BYTES_AT_ONCE))?];
            file.read_exact_at(&mut bytes, from)?;
            let mut end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            if end == 0 && (bytes.len() as u64) < BYTES_AT_ONCE {
                return Ok(());
            }
            if end == 0 {
                // One line alone is longer than what is read at once: an answer of very many rows.
                bytes = vec![0; usize::try_from(segment.bytes - from)?];
                file.read_exact_at(&mut bytes, from)?;
                end = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            }
            if end == 0 {
                return Ok(());
            }
            let records = read(&bytes[..end], from)?;
            captures.keep(&records)?;
            from += end as u64;
            self.store.load_journal(&segment.name, from, &records).await?;
        }
        Ok(())
    }

    async fn forget(&self, segment: &Segment) -> Result<()> {
        let path = self.path(segment);
        std::fs::remove_file(&path).with_context(|| format!("cannot remove `{}`", path.display()))?;
        self.store.forget_journal(&segment.name).await
    }

    fn path(&self, segment: &Segment) -> PathBuf {
        self.folder.join(format!("{}.jsonl", segment.name))
    }
}

fn read(bytes: &[u8], from: u64) -> Result<Vec<Record>> {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).with_context(|| format!("a line after byte {from} is not readable")))
        .collect()
}
