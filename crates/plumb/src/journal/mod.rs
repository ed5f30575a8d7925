//! The journal: what was answered survives, whatever happens to the program a moment later.
//!
//! A request's predictions are appended to a file and forced to the disk before they are answered (`writer`; requests that
//! wait at the same time share one such force). In the background they are loaded into the operational database
//! (`loader`), each exactly once: how far a file is loaded stands in the same transaction as what was loaded. What a
//! server left behind is loaded by the next that starts.

mod line;
mod writer;
mod segments;
mod loader;
mod capture;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use plumb_lead::Prediction;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::timeout;

use crate::store::{PredictionRow, Store};
use segments::Segments;

pub(crate) use capture::{Capture, Payload};

/// How long somebody waits for the database to catch up before they take what is there.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(5);

/// What is to be said by one call: a line of the journal.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    /// The variant that says it.
    pub(crate) variant: &'a str,
    /// Whether it is only said to us, and not to the caller.
    pub(crate) shadow: bool,
    /// The name under which a label may speak of it later: the caller's own, or ours where calls are captured.
    pub(crate) event_id: Option<&'a str>,
    /// What is said, a prediction a row.
    pub(crate) predictions: &'a [Prediction],
    /// What goes over the wire, where that is kept.
    pub(crate) capture: Option<&'a Capture>,
}

/// What was said by one call, as it goes into the database.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    /// The variant that said it.
    pub(crate) variant: String,
    /// Whether it was only said to us, and not to the caller.
    pub(crate) shadow: bool,
    /// The name under which a label may speak of it later.
    pub(crate) event_id: Option<String>,
    /// What was said, a prediction a row.
    pub(crate) rows: Vec<PredictionRow>,
    /// What went over the wire, where that is kept.
    pub(crate) capture: Option<Capture>,
}

/// The journal of a running server.
#[derive(Debug)]
pub(crate) struct Journal {
    appends: mpsc::Sender<Append>,
    written: watch::Receiver<u64>,
    loaded: watch::Receiver<u64>,
    hurry: Arc<Notify>,
}

/// A line that has to be on the disk before `done` is told, and what the loader needs of it afterwards.
struct Append {
    line: Vec<u8>,
    record: Record,
    done: oneshot::Sender<Result<(), String>>,
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
        let (line, record) = line::write(said).context("a prediction cannot be written as JSON")?;
        let (done, outcome) = oneshot::channel();
        let stopped = || anyhow!("the journal's thread has stopped");
        self.appends.send(Append { line, record, done }).map_err(|_| stopped())?;
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

#[cfg(test)]
mod tests;
