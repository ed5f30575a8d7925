//! The journal: what was answered survives, whatever happens to the program a moment later.
//!
//! A request's predictions are appended to a file and forced to the disk before they are answered (`writer`; requests that
//! wait at the same time share one such force). In the background they are loaded into the operational database
//! (`loader`), each exactly once: how far a file is loaded stands in the same transaction as what was loaded. What a
//! server left behind is loaded by the next that starts.

mod writer;
mod loader;
mod capture;

use std::path::Path;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use plumb_lead::Prediction;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::timeout;

use crate::store::Store;

pub(crate) use capture::{Capture, Payload};

/// How long somebody waits for the database to catch up before they take what is there.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(5);

/// What was said by one call: a line of the journal.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Record {
    /// The variant that said it.
    pub(crate) variant: String,
    /// Whether it was only said to us, and not to the caller.
    #[serde(default)]
    pub(crate) shadow: bool,
    /// The name under which a label may speak of it later: the caller's own, or ours where calls are captured.
    #[serde(default)]
    pub(crate) event_id: Option<String>,
    /// What was said, a prediction a row.
    pub(crate) predictions: Vec<Prediction>,
    /// What went over the wire, where that is kept.
    pub(crate) capture: Option<Capture>,
}

/// A [`Record`] that is about to be written, of parts that belong to others.
#[derive(Debug, Serialize)]
pub(crate) struct Said<'a> {
    pub(crate) variant: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) shadow: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event_id: Option<&'a str>,
    pub(crate) predictions: &'a [Prediction],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) capture: Option<&'a Capture>,
}

/// The journal of a running server.
#[derive(Debug)]
pub(crate) struct Journal {
    appends: mpsc::Sender<Append>,
    written: watch::Receiver<u64>,
    loaded: watch::Receiver<u64>,
    hurry: Arc<Notify>,
}

/// A line that has to be on the disk before `done` is told.
struct Append {
    line: Vec<u8>,
    done: oneshot::Sender<Result<(), String>>,
}

/// The files that are not loaded whole yet, oldest first; the last is being written.
#[derive(Debug, Default)]
struct Segments(Mutex<Vec<Segment>>);

/// A file, as far as it is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    /// Its name without the ending, under which the database knows how far it is loaded.
    name: String,
    bytes: u64,
}

impl Journal {
    /// Loads what earlier servers left behind, and begins a file of its own in the data folder's `journal`.
    pub(crate) async fn open(store: &Store, data: &Path) -> Result<Journal> {
        let folder = data.join("journal");
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        let loader = loader::Loader { store: store.clone(), folder: folder.clone(), captures: data.join("capture") };
        loader.recover().await?;
        let segments = Arc::new(Segments::default());
        let (written_sender, written) = watch::channel(0);
        let (loaded_sender, loaded) = watch::channel(0);
        let (appends, received) = mpsc::channel();
        let writer = writer::Writer::begin(folder, segments.clone(), written_sender)?;
        let run = move || writer.run(&received);
        std::thread::Builder::new().name("journal".to_owned()).spawn(run).context("no thread for the journal")?;
        let hurry = Arc::new(Notify::new());
        tokio::spawn(loader.run(segments, written.clone(), loaded_sender, hurry.clone()));
        Ok(Journal { appends, written, loaded, hurry })
    }

    /// Appends what was said; when this returns, it is on the disk.
    pub(crate) async fn append(&self, said: &Said<'_>) -> Result<()> {
        let mut line = serde_json::to_vec(said).context("a prediction cannot be written as JSON")?;
        line.push(b'\n');
        let (done, outcome) = oneshot::channel();
        let stopped = || anyhow!("the journal's thread has stopped");
        self.appends.send(Append { line, done }).map_err(|_| stopped())?;
        outcome.await.map_err(|_| stopped())?.map_err(|error| anyhow!("cannot write the journal: {error}"))
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

impl Segments {
    fn with<T>(&self, change: impl FnOnce(&mut Vec<Segment>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests;
