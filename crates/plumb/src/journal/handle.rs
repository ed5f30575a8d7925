//! The journal as a running server has it.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::timeout;

use super::entry::{JournalEntry, StoredEntry};
use super::line;
use super::loader::Loader;
use super::search::{RecordedPrediction, Search};
use super::segments::Segments;
use super::writer::{Append, Writer};
use crate::ids;
use crate::store::{RecordedFlag, Store};

/// How long a reader waits for the database to catch up before it takes what is there. A list has to be read after it, in
/// the time that a list may take.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(2);

/// So much is written to see whether the disk takes writes again: more than most answers.
const TRIAL_BYTES: usize = 64 << 10;

/// The journal of a running server.
#[derive(Debug)]
pub(crate) struct Journal {
    appends: mpsc::Sender<Append>,
    written: watch::Receiver<u64>,
    loaded: watch::Receiver<u64>,
    hurry: Arc<Notify>,
    search: Search,
    /// Whether the last write failed.
    is_failing: AtomicBool,
    folder: PathBuf,
}

/// Loads what servers that are gone have left behind in a data folder, as a server does when it starts.
#[cfg(test)]
pub(crate) async fn recover(store: &Store, data: &Path) -> Result<()> {
    loader(store, data)?.recover().await
}

/// Returns the loader of a data folder.
pub(super) fn loader(store: &Store, data: &Path) -> Result<Loader> {
    let folder = data.join("journal");
    plumb_lake::create_folder(&folder)?;
    Ok(Loader { store: store.clone(), folder, captures: data.join("capture") })
}

impl Journal {
    /// Loads what earlier servers left behind, and begins a file of its own in the data folder's `journal`.
    pub(crate) async fn open(store: &Store, data: &Path) -> Result<Journal> {
        let loader = loader(store, data)?;
        loader.recover().await?;
        let (folder, search) = (loader.folder.clone(), Search::new(store.clone(), loader.folder.clone()));
        let segments = Arc::new(Segments::default());
        let (written_sender, written) = watch::channel(0);
        let (loaded_sender, loaded) = watch::channel(0);
        let (appends, received) = mpsc::channel();
        let writer = Writer::begin(folder.clone(), segments.clone(), written_sender)?;
        let run = move || writer.run(&received);
        std::thread::Builder::new().name("journal".to_owned()).spawn(run).context("no thread for the journal")?;
        let hurry = Arc::new(Notify::new());
        tokio::spawn(loader.run(segments, written.clone(), loaded_sender, hurry.clone()));
        Ok(Journal { appends, written, loaded, hurry, search, is_failing: AtomicBool::new(false), folder })
    }

    /// Appends an entry; when this returns, it is on the disk.
    pub(crate) async fn append(&self, entry: &JournalEntry<'_>) -> Result<()> {
        self.append_line(line::write(entry).context("a prediction cannot be written as JSON")?).await
    }

    /// Appends a flag; when this returns, it is on the disk.
    pub(crate) async fn append_flag(&self, flag: &RecordedFlag) -> Result<()> {
        self.append_line(line::write_flag(flag).context("feedback cannot be written as JSON")?).await
    }

    /// Returns what was predicted under an id, if the prediction is recorded: in the database, or in the journal of any
    /// server on this data folder.
    pub(crate) async fn recorded_prediction(&self, prediction_id: &str) -> Result<Option<RecordedPrediction>> {
        self.search.find(prediction_id).await
    }

    async fn append_line(&self, (line, entry): (Vec<u8>, StoredEntry)) -> Result<()> {
        let (done, outcome) = oneshot::channel();
        let stopped = || anyhow!("the journal's thread has stopped");
        self.appends.send(Append { line, entry, done }).map_err(|_| stopped())?;
        let outcome = outcome.await.map_err(|_| stopped())?;
        if self.is_failing.load(Ordering::Relaxed) != outcome.is_err() {
            self.is_failing.store(outcome.is_err(), Ordering::Relaxed);
        }
        outcome.map_err(|error| anyhow!("cannot write the journal: {error}"))
    }

    /// Returns why nothing can be appended now, if the last append failed. Nobody may be sent here while that is so, and then
    /// no append would ever show that the disk takes writes again: so another file is written beside the journal. It blocks.
    pub(crate) fn problem(&self) -> Option<String> {
        if !self.is_failing.load(Ordering::Relaxed) {
            return None;
        }
        let trial = self.folder.join(format!("{}.trial", ids::new_id()));
        let written = File::create_new(&trial).and_then(|mut file| {
            file.write_all(&[0; TRIAL_BYTES])?;
            file.sync_data()
        });
        // It may not be there at all.
        let _ = std::fs::remove_file(&trial);
        match written {
            Ok(()) => {
                self.is_failing.store(false, Ordering::Relaxed);
                None
            }
            Err(error) => Some(format!("the journal cannot be written: {error}")),
        }
    }

    /// Waits until all that was appended before is in the database too.
    pub(crate) async fn settle(&self) {
        let written = *self.written.borrow();
        let mut loaded = self.loaded.clone();
        if *loaded.borrow() >= written {
            return;
        }
        self.hurry.notify_one();
        let waited = timeout(SETTLE_TIME_MAX, loaded.wait_for(|loaded| *loaded >= written)).await;
        if !matches!(waited, Ok(Ok(_))) {
            tracing::warn!("the database is behind the journal");
        }
    }
}
